"""Exact geometry → triangles through Open CASCADE: STEP, IGES, BREP and the shapes in FreeCAD files.

Runs in the worker process only. Each reader fills a document of the kernel (shapes, names, colors, places), which is tessellated
and handed over as binary glTF: written by the kernel in C++, hundreds of times faster than asking for each triangle from Python.
"""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from partsight.cad.readers.companions import Companions, find_companions
from partsight.cad.readers.encodings import NAMES, as_utf8
from partsight.cad.readers.exact.bodies import examine_bodies
from partsight.cad.readers.exact.exploring import bodies_of, count_solids, without_wires
from partsight.cad.readers.exact.face_overrides import paint_single_faces
from partsight.cad.readers.exact.labels import hidden_by_layer, items, shape_of
from partsight.cad.readers.exact.meshes import make_pieces
from partsight.cad.readers.exact.occurrences import Occurrence, find_occurrences, told_hidden
from partsight.cad.readers.exact.step_styles import occurrence_styles
from partsight.cad.readers.exact.tessellation import diagonal_mm, tessellate
from partsight.cad.readers.formats import (
    BREP_SUFFIXES,
    IGES_SUFFIXES,
    METERS_PER,
    PACKED_STEP_SUFFIXES,
)
from partsight.cad.readers.packed import unpack_step
from partsight.cad.readers.pieces import ReadFile
from partsight.cad.readers.plain_text import has_mark, unmarked
from partsight.cad.readers.statements import step_schema, why_empty, why_unread
from partsight.cad.readers.step_notes import step_notes
from partsight.cad.readers.xcaf import add_shape, read_brep, set_length_unit
from partsight.errors import CadError

_IGES_SURFACES = frozenset((114, 118, 120, 122, 128, 140, 143, 144, *range(150, 187), 402, 408, 514))
"""Entity types that are drawn: surfaces, solids, shells, and groups and instances of them."""
GAP_SHARE = 0.1
"""Faces nearer to each other than this share of the tolerance of tessellation touch: nobody can see between them."""
_UNIT_NAMES = {"millimetre": "mm", "centimetre": "cm", "metre": "m", "inch": "inch", "micrometre": "µm", "foot": "foot"}


def read_exact(path: Path, linear_tolerance: float, angular_tolerance_deg: float, unit: str | None) -> ReadFile:
    """Read and tessellate a file of exact surfaces; the tolerance is a share of the diagonal. Raises CadError."""
    suffix = path.suffix.lower()
    document = new_document()
    if suffix in IGES_SUFFIXES:
        file = _from_unmarked(path, lambda source: _fill_from_iges(document, path, source))
    elif suffix in BREP_SUFFIXES:
        file = _from_unmarked(path, lambda source: _fill_from_brep(document, source, unit))
    else:
        file = _fill_from_step(document, path)
    read = tessellate_document(path, document, linear_tolerance, angular_tolerance_deg)
    remarks = (*file.remarks, *read.remarks)
    return replace(read, format=file.format, unit=file.unit, remarks=remarks, notes=file.notes)


def tessellate_document(path: Path, document: Any, linear_tolerance: float, angular_tolerance_deg: float) -> ReadFile:
    """Tessellate and examine what is in a document of the kernel. Raises CadError when that is nothing, or has no end."""
    found = find_occurrences(document, _free_labels(document), path.stem)
    shapes = [shape for one in found.shown if (shape := _standing(one)) is not None]
    diagonal = diagonal_mm(path, shapes)
    remarks = tessellate(shapes, linear_tolerance * diagonal, angular_tolerance_deg)
    bodies = examine_bodies(document, found.shown, GAP_SHARE * linear_tolerance * diagonal)
    pieces = tuple(
        replace(piece, stated_material=bodies[piece.node.ids].material)
        for piece in make_pieces(document, found.shown, hidden_by_layer(document))
    )
    if not pieces:
        raise CadError(f"{path}: {why_empty(path)}")
    remarks += told_hidden(found.hidden)
    return ReadFile(pieces, "", "", sum(map(count_solids, shapes)), remarks, bodies)


def _standing(occurrence: Occurrence) -> Any:
    """Return the bodies of an occurrence where they stand; None for points and curves alone."""
    from OCP.gp import gp_Trsf
    from OCP.TopLoc import TopLoc_Location

    bodies = without_wires(shape_of(occurrence.product))
    if next(bodies_of(bodies), None) is None:
        return None
    transform = gp_Trsf()
    transform.SetValues(*occurrence.world_from_product[:3].ravel().tolist())
    return bodies.Moved(TopLoc_Location(transform), False)


def new_document() -> Any:
    """Return an empty document; its lengths are millimeters."""
    from OCP.TCollection import TCollection_ExtendedString
    from OCP.TDocStd import TDocStd_Document

    return TDocStd_Document(TCollection_ExtendedString("BinXCAF"))


# Readers --------------------------------------------------------------------------------------------------------------


def _fill_from_step(document: Any, path: Path) -> ReadFile:
    """Read STEP and the files it refers to; return what is said of the file, yet without pieces."""
    from OCP.STEPCAFControl import STEPCAFControl_Reader

    with tempfile.TemporaryDirectory(prefix="partsight-step-") as folder:
        source, companions, told = _with_companions(path, Path(folder))
        reader = STEPCAFControl_Reader()
        for switch in (
            reader.SetNameMode, reader.SetColorMode, reader.SetLayerMode, reader.SetSHUOMode, reader.SetPropsMode,
            reader.SetMatMode,
        ):  # fmt: skip
            switch(True)
        _check_read(path, reader.ReadFile(str(source)), "STEP")
        units = _step_units(reader)
        if not reader.Transfer(document):
            raise CadError(f"{path}: {why_empty(source)}")
        content = source.read_bytes()
        paint_single_faces(reader, document, occurrence_styles(content))
        schema, notes = step_schema(source), step_notes(content)
    missing = tuple(f"refers to {name}, which is not there" for name in companions.missing)
    return ReadFile((), schema, units, remarks=(*missing, *told), notes=notes)


def _with_companions(path: Path, folder: Path) -> tuple[Path, Companions, tuple[str, ...]]:
    """Return the file to read: itself, or a copy that is unpacked, in UTF-8, or among companions that go by the names it uses.

    And what is said of their encodings.
    """
    packed = path.suffix.lower() in PACKED_STEP_SUFFIXES or has_mark(path)
    source = unpack_step(path, folder) if packed else path.resolve()  # the kernel follows references from there only
    companions = find_companions(source, folder=path.parent)
    misnamed = any(companion != path.parent / name for name, companion in companions.found.items())
    texts = [as_utf8(file.read_bytes()) for file in (source, *companions.found.values())]
    if packed or misnamed or any(encoding for _, encoding in texts):
        source = _provided(source, texts[0], folder / source.name)
        for (name, companion), text in zip(companions.found.items(), texts[1:], strict=True):
            _provided(companion, text, folder / Path(name.replace("\\", "/")).name)
    return source, companions, _told_encodings(text[1] for text in texts)


def _provided(source: Path, text: tuple[bytes, str | None], target: Path) -> Path:
    """Put a file where the kernel looks for it: a link, or a copy in UTF-8."""
    content, encoding = text
    if encoding:
        target.write_bytes(content)
    elif not target.exists():
        target.symlink_to(source.resolve())
    return target


def _told_encodings(encodings: Iterable[str | None]) -> tuple[str, ...]:
    """Say which encodings names were taken for, where they are not in the standard's."""
    guessed = dict.fromkeys(NAMES[encoding] for encoding in encodings if encoding)
    return (f"names are not in UTF-8: read as {' and '.join(guessed)}, which is a guess",) if guessed else ()


def _from_unmarked(path: Path, read: Callable[[Path], ReadFile]) -> ReadFile:
    """Read a file, or a copy of it without the byte order mark that the kernel stumbles over."""
    with tempfile.TemporaryDirectory(prefix="partsight-text-") as folder:
        return read(unmarked(path, Path(folder)))


def _fill_from_iges(document: Any, path: Path, source: Path) -> ReadFile:
    """Read what is not blanked; return what is said of the file, yet without pieces. Where everything is blanked all is read."""
    from OCP.IGESCAFControl import IGESCAFControl_Reader

    reader = IGESCAFControl_Reader()
    reader.SetNameMode(True)
    reader.SetColorMode(True)
    _check_read(path, reader.ReadFile(str(source)), "IGES")
    unit = reader.IGESModel().GlobalSection().UnitName()
    hidden = _blanked(reader.IGESModel())
    reader.SetReadVisible(bool(hidden))
    reader.Transfer(document)
    name = unit.ToCString().lower() if unit else "unknown"
    return ReadFile((), "IGES", {"in": "inch"}.get(name, name), remarks=told_hidden(hidden))


def _blanked(model: Any) -> list[str]:
    """Return the names of independent solids, surfaces and groups that are blanked; none where all are."""
    entities = [model.Entity(number) for number in range(1, model.NbEntities() + 1)]
    drawn = [one for one in entities if not one.SubordinateStatus() and one.TypeNumber() in _IGES_SURFACES]
    blanked = [one for one in drawn if one.BlankStatus()]
    return [_iges_name(one) for one in blanked] if len(blanked) < len(drawn) else []


def _iges_name(entity: Any) -> str:
    unnamed = f"an entity of type {entity.TypeNumber()}"
    name = entity.NameValue() or entity.ShortLabel()
    try:
        return (str(name.ToCString()).strip() if name else "") or unnamed
    except UnicodeDecodeError:
        return unnamed


def _fill_from_brep(document: Any, path: Path, unit: str | None) -> ReadFile:
    shape = read_brep(path)
    add_shape(document, shape, path.stem)
    set_length_unit(document, METERS_PER[unit or "mm"])
    return ReadFile((), "BREP", unit or "mm (assumed)")


def _free_labels(document: Any) -> list[Any]:
    from OCP.collections import Sequence_TDF_Label
    from OCP.XCAFDoc import XCAFDoc_DocumentTool

    labels = Sequence_TDF_Label()
    XCAFDoc_DocumentTool.ShapeTool_s(document.Main()).GetFreeShapes(labels)
    return items(labels)


# What the file says of itself -----------------------------------------------------------------------------------------


def _check_read(path: Path, status: Any, kind: str) -> None:
    from OCP.IFSelect import IFSelect_ReturnStatus

    if status != IFSelect_ReturnStatus.IFSelect_RetDone:
        raise CadError(f"{path}: {why_unread(path, kind)}")


def _step_units(reader: Any) -> str:
    """Return the length units that the file states, as a person writes them."""
    from OCP.collections import Sequence_TCollection_AsciiString

    lengths, angles, solid_angles = (Sequence_TCollection_AsciiString() for _ in range(3))
    reader.ChangeReader().FileUnits(lengths, angles, solid_angles)
    names = dict.fromkeys(length.ToCString().lower() for length in lengths)
    return ", ".join(_UNIT_NAMES.get(name, name) for name in names) or "mm (assumed)"
