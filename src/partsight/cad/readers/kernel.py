"""Exact geometry → triangles through Open CASCADE: STEP, IGES, BREP and the shapes in FreeCAD files.

Runs in the worker process only. Each reader fills a document of the kernel (shapes, names, colors, places), which is tessellated
and handed over as binary glTF: written by the kernel in C++, hundreds of times faster than asking for each triangle from Python.
"""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.readers.companions import Companions, find_companions
from partsight.cad.readers.encodings import NAMES, as_utf8
from partsight.cad.readers.exact.bodies import examine_bodies
from partsight.cad.readers.exact.exploring import bodies_of, count_solids, explore, without_wires
from partsight.cad.readers.exact.labels import hidden_by_layer, shape_of
from partsight.cad.readers.exact.meshes import make_pieces
from partsight.cad.readers.exact.occurrences import Occurrence, find_occurrences, told_hidden
from partsight.cad.readers.exact.tessellation import diagonal_mm, tessellate
from partsight.cad.readers.formats import (
    BREP_SUFFIXES,
    FREECAD_SUFFIXES,
    IGES_SUFFIXES,
    METERS_PER,
    PACKED_STEP_SUFFIXES,
)
from partsight.cad.readers.freecad import FreecadShape, read_freecad_shapes
from partsight.cad.readers.packed import unpack_step
from partsight.cad.readers.pieces import ReadFile
from partsight.cad.readers.step_notes import step_notes
from partsight.cad.readers.statements import step_schema, why_empty, why_unread
from partsight.errors import CadError

_IGES_SURFACES = frozenset((114, 118, 120, 122, 128, 140, 143, 144, *range(150, 187), 402, 408, 514))
"""Entity types that are drawn: surfaces, solids, shells, and groups and instances of them."""
GAP_SHARE = 0.1
"""Faces nearer to each other than this share of the tolerance of tessellation touch: nobody can see between them."""
_UNIT_NAMES = {"millimetre": "mm", "centimetre": "cm", "metre": "m", "inch": "inch", "micrometre": "µm", "foot": "foot"}


def read_exact(path: Path, linear_tolerance: float, angular_tolerance_deg: float, unit: str | None) -> ReadFile:
    """Read and tessellate a file of exact surfaces; the tolerance is a share of the diagonal. Raises CadError."""
    suffix = path.suffix.lower()
    document = _new_document()
    remarks: tuple[str, ...] = ()
    if suffix in IGES_SUFFIXES:
        format_name, (stated, remarks) = "IGES", _fill_from_iges(document, path)
    elif suffix in BREP_SUFFIXES:
        format_name, stated = "BREP", _fill_from_brep(document, path, unit)
    elif suffix in FREECAD_SUFFIXES:
        format_name, stated, remarks = "FreeCAD", "mm", _fill_from_freecad(document, path)
    else:
        format_name, stated, remarks = _fill_from_step(document, path)
    found = find_occurrences(document, _free_labels(document), path.stem)
    shapes = [shape for one in found.shown if (shape := _standing(one)) is not None]
    diagonal = diagonal_mm(path, shapes)
    remarks += tessellate(shapes, linear_tolerance * diagonal, angular_tolerance_deg)
    pieces = make_pieces(document, found.shown, hidden_by_layer(document))
    if not pieces:
        raise CadError(f"{path}: {why_empty(path)}")
    remarks += told_hidden(found.hidden)
    bodies = examine_bodies(document, found.shown, GAP_SHARE * linear_tolerance * diagonal)
    pieces = [replace(piece, stated_material=bodies[piece.node.ids].material) for piece in pieces]
    return ReadFile(tuple(pieces), format_name, stated, sum(map(count_solids, shapes)), remarks, bodies)


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


def _new_document() -> Any:
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
        schema, notes = step_schema(source), step_notes(source.read_bytes())
    missing = tuple(f"refers to {name}, which is not there" for name in companions.missing)
    return ReadFile((), schema, units, remarks=(*missing, *told), notes=notes)


def _with_companions(path: Path, folder: Path) -> tuple[Path, Companions, tuple[str, ...]]:
    """Return the file to read: itself, or a copy that is unpacked, in UTF-8, or among companions that go by the names it uses.

    And what is said of their encodings.
    """
    packed = path.suffix.lower() in PACKED_STEP_SUFFIXES
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


def _fill_from_iges(document: Any, path: Path) -> tuple[str, tuple[str, ...]]:
    """Read what is not blanked; return the unit, and what is left out. Where everything is blanked all is read."""
    from OCP.IGESCAFControl import IGESCAFControl_Reader

    reader = IGESCAFControl_Reader()
    reader.SetNameMode(True)
    reader.SetColorMode(True)
    _check_read(path, reader.ReadFile(str(path)), "IGES")
    unit = reader.IGESModel().GlobalSection().UnitName()
    hidden = _blanked(reader.IGESModel())
    reader.SetReadVisible(bool(hidden))
    reader.Transfer(document)
    name = unit.ToCString().lower() if unit else "unknown"
    return {"in": "inch"}.get(name, name), told_hidden(hidden)


def _blanked(model: Any) -> list[str]:
    """Return the names of independent solids, surfaces and groups that are blanked; none where all are."""
    entities = [model.Entity(number) for number in range(1, model.NbEntities() + 1)]
    drawn = [one for one in entities if not one.SubordinateStatus() and one.TypeNumber() in _IGES_SURFACES]
    blanked = [one for one in drawn if one.BlankStatus()]
    return [_iges_name(one) for one in blanked] if len(blanked) < len(drawn) else []


def _iges_name(entity: Any) -> str:
    name = entity.NameValue() or entity.ShortLabel()
    return (str(name.ToCString()).strip() if name else "") or f"an entity of type {entity.TypeNumber()}"


def _fill_from_brep(document: Any, path: Path, unit: str | None) -> str:
    shape = _read_brep(path)
    _add_shape(document, shape, path.stem)
    _set_length_unit(document, METERS_PER[unit or "mm"])
    return unit or "mm (assumed)"


def _read_brep(path: Path) -> Any:
    from OCP.BinTools import BinTools
    from OCP.BRep import BRep_Builder
    from OCP.BRepTools import BRepTools
    from OCP.TopoDS import TopoDS_Shape

    shape = TopoDS_Shape()
    is_binary = path.read_bytes()[:64].lstrip().startswith(b"Open CASCADE Topology")
    read = BinTools.Read_s(shape, str(path)) if is_binary else BRepTools.Read_s(shape, str(path), BRep_Builder())
    if not read or shape.IsNull():
        raise CadError(f"{path}: not a BREP file, or a damaged one. Export it again, or as STEP.")
    return shape


def _fill_from_freecad(document: Any, path: Path) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="partsight-freecad-") as folder:
        found = read_freecad_shapes(path, Path(folder))
        for entry in found.shapes:
            _add_freecad_shape(document, entry)
    _set_length_unit(document, METERS_PER["mm"])
    return found.remarks


def _add_freecad_shape(document: Any, entry: FreecadShape) -> None:
    shape = _read_brep(entry.brep_path)
    label = _add_shape(document, _placed(shape, entry.world_from_shape), entry.label)
    colors = entry.colors_srgb
    if len(colors) == 1:
        _paint(document, label, colors[0])
    elif colors:
        _paint_faces(document, label, colors)


# The kernel's document ------------------------------------------------------------------------------------------------


def _add_shape(document: Any, shape: Any, name: str) -> Any:
    from OCP.TCollection import TCollection_ExtendedString
    from OCP.TDataStd import TDataStd_Name
    from OCP.XCAFDoc import XCAFDoc_DocumentTool

    label = XCAFDoc_DocumentTool.ShapeTool_s(document.Main()).AddShape(shape, False)
    TDataStd_Name.Set_s(label, TCollection_ExtendedString(name, True))
    return label


def _placed(shape: Any, world_from_shape: Any) -> Any:
    """Return a copy of a shape at another place; the matrix is rigid, in millimeters.

    A copy without places of its own faces: the kernel loses the color of a face that has one.
    """
    from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
    from OCP.gp import gp_Trsf
    from OCP.ShapeUpgrade import ShapeUpgrade_RemoveLocations
    from OCP.TopLoc import TopLoc_Location

    transform = gp_Trsf()
    transform.SetValues(*np.asarray(world_from_shape, float)[:3].ravel().tolist())
    total = transform.Multiplied(shape.Location().Transformation())
    remover = ShapeUpgrade_RemoveLocations()
    remover.Remove(BRepBuilderAPI_Transform(shape.Located(TopLoc_Location()), total, True).Shape())
    return remover.GetResult()


def _paint(document: Any, label: Any, color_srgb: tuple[float, float, float]) -> None:
    from OCP.Quantity import Quantity_Color, Quantity_TypeOfColor
    from OCP.XCAFDoc import XCAFDoc_ColorType, XCAFDoc_DocumentTool

    color = Quantity_Color(*color_srgb, Quantity_TypeOfColor.Quantity_TOC_sRGB)
    tool = XCAFDoc_DocumentTool.ColorTool_s(document.Main())
    tool.SetColor(label, color, XCAFDoc_ColorType.XCAFDoc_ColorSurf)


def _paint_faces(document: Any, label: Any, colors_srgb: Sequence[tuple[float, float, float]]) -> None:
    from OCP.TopAbs import TopAbs_ShapeEnum
    from OCP.XCAFDoc import XCAFDoc_DocumentTool, XCAFDoc_ShapeTool

    tool = XCAFDoc_DocumentTool.ShapeTool_s(document.Main())
    faces = explore(XCAFDoc_ShapeTool.GetShape_s(label), TopAbs_ShapeEnum.TopAbs_FACE)
    for face, color in zip(faces, colors_srgb, strict=False):
        _paint(document, tool.AddSubShape(label, face), color)


def _set_length_unit(document: Any, meters_per_unit: float) -> None:
    from OCP.XCAFDoc import XCAFDoc_DocumentTool

    XCAFDoc_DocumentTool.SetLengthUnit_s(document, meters_per_unit)


def _free_labels(document: Any) -> list[Any]:
    from OCP.collections import Sequence_TDF_Label
    from OCP.XCAFDoc import XCAFDoc_DocumentTool

    labels = Sequence_TDF_Label()
    XCAFDoc_DocumentTool.ShapeTool_s(document.Main()).GetFreeShapes(labels)
    return list(labels)


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
