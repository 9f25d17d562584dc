"""Exact geometry → triangles through Open CASCADE: STEP, IGES, BREP, and whatever shapes are put into a document.

Runs in the worker process only. Each reader fills a document of the kernel (shapes, names, colors, places), which is tessellated
and handed over as binary glTF: written by the kernel in C++, hundreds of times faster than asking for each triangle from Python.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.readers.companions import Companions, find_companions
from partsight.cad.readers.formats import (
    BREP_SUFFIXES,
    IGES_SUFFIXES,
    METERS_PER,
    PACKED_STEP_SUFFIXES,
)
from partsight.cad.readers.glb import read_kernel_glb
from partsight.cad.readers.packed import unpack_step
from partsight.cad.readers.pieces import Piece, ReadFile
from partsight.cad.readers.plain_text import has_mark, unmarked
from partsight.cad.readers.statements import step_schema, why_empty, why_unread
from partsight.cad.readers.xcaf import LONGEST_MM, add_shape, explore, read_brep, set_length_unit
from partsight.errors import CadError

COARSEST_ANGLE = np.deg2rad(60.0)
"""Six chords a circle: what is round stays so to the eye."""
_UNIT_NAMES = {"millimetre": "mm", "centimetre": "cm", "metre": "m", "inch": "inch", "micrometre": "µm", "foot": "foot"}


def read_exact(path: Path, linear_tolerance: float, angular_tolerance_deg: float, unit: str | None) -> ReadFile:
    """Read and tessellate a file of exact surfaces; the tolerance is a share of the diagonal. Raises CadError."""
    suffix = path.suffix.lower()
    document = new_document()
    remarks: tuple[str, ...] = ()
    if suffix in IGES_SUFFIXES:
        format_name, stated = "IGES", _from_unmarked(path, lambda source: _fill_from_iges(document, path, source))
    elif suffix in BREP_SUFFIXES:
        format_name, stated = "BREP", _from_unmarked(path, lambda source: _fill_from_brep(document, source, unit))
    else:
        format_name, stated, remarks = _fill_from_step(document, path)
    read = tessellate_document(path, document, linear_tolerance, angular_tolerance_deg)
    return replace(read, format=format_name, unit=stated, remarks=(*remarks, *read.remarks))


def tessellate_document(path: Path, document: Any, linear_tolerance: float, angular_tolerance_deg: float) -> ReadFile:
    """Tessellate what is in a document of the kernel. Raises CadError when that is nothing, or has no end."""
    shapes = _free_shapes(document)
    diagonal_mm = _diagonal_mm(path, shapes)
    remarks = _tessellate(shapes, linear_tolerance * diagonal_mm, angular_tolerance_deg)
    pieces = _pieces(document, path.stem)
    if not pieces:
        raise CadError(f"{path}: {why_empty(path)}")
    return ReadFile(tuple(pieces), "", "", sum(map(_count_solids, shapes)), remarks)


def new_document() -> Any:
    """Return an empty document; its lengths are millimeters."""
    from OCP.TCollection import TCollection_ExtendedString
    from OCP.TDocStd import TDocStd_Document

    return TDocStd_Document(TCollection_ExtendedString("BinXCAF"))


# Readers --------------------------------------------------------------------------------------------------------------


def _fill_from_step(document: Any, path: Path) -> tuple[str, str, tuple[str, ...]]:
    """Read STEP and the files it refers to; return the schema, the unit, and what is missing."""
    from OCP.STEPCAFControl import STEPCAFControl_Reader

    with tempfile.TemporaryDirectory(prefix="partsight-step-") as folder:
        source, companions = _with_companions(path, Path(folder))
        reader = STEPCAFControl_Reader()
        for switch in (reader.SetNameMode, reader.SetColorMode, reader.SetMatMode):
            switch(True)
        _check_read(path, reader.ReadFile(str(source)), "STEP")
        units = _step_units(reader)
        if not reader.Transfer(document):
            raise CadError(f"{path}: {why_empty(source)}")
        schema = step_schema(source)
    missing = tuple(f"refers to {name}, which is not there" for name in companions.missing)
    return schema, units, missing


def _with_companions(path: Path, folder: Path) -> tuple[Path, Companions]:
    """Return the file to read: itself, or a copy unpacked or among companions that go by the very names it uses."""
    packed = path.suffix.lower() in PACKED_STEP_SUFFIXES or has_mark(path)
    source = unpack_step(path, folder) if packed else path.resolve()  # the kernel follows references from there only
    companions = find_companions(source, folder=path.parent)
    misnamed = any(companion != path.parent / name for name, companion in companions.found.items())
    if packed or misnamed:
        source = source if packed else _linked(path, folder / path.name)
        for name, companion in companions.found.items():
            _linked(companion, folder / Path(name.replace("\\", "/")).name)
    return source, companions


def _linked(target: Path, link: Path) -> Path:
    if not link.exists():
        link.symlink_to(target.resolve())
    return link


def _from_unmarked(path: Path, read: Callable[[Path], str]) -> str:
    """Read a file, or a copy of it without the byte order mark that the kernel stumbles over."""
    with tempfile.TemporaryDirectory(prefix="partsight-text-") as folder:
        return read(unmarked(path, Path(folder)))


def _fill_from_iges(document: Any, path: Path, source: Path) -> str:
    from OCP.IGESCAFControl import IGESCAFControl_Reader

    reader = IGESCAFControl_Reader()
    reader.SetNameMode(True)
    reader.SetColorMode(True)
    _check_read(path, reader.ReadFile(str(source)), "IGES")
    unit = reader.IGESModel().GlobalSection().UnitName()
    reader.Transfer(document)
    name = unit.ToCString().lower() if unit else "unknown"
    return {"in": "inch"}.get(name, name)


def _fill_from_brep(document: Any, path: Path, unit: str | None) -> str:
    shape = read_brep(path)
    add_shape(document, shape, path.stem)
    set_length_unit(document, METERS_PER[unit or "mm"])
    return unit or "mm (assumed)"


def _free_shapes(document: Any) -> list[Any]:
    from OCP.collections import Sequence_TDF_Label
    from OCP.XCAFDoc import XCAFDoc_DocumentTool, XCAFDoc_ShapeTool

    labels = Sequence_TDF_Label()
    XCAFDoc_DocumentTool.ShapeTool_s(document.Main()).GetFreeShapes(labels)
    return [XCAFDoc_ShapeTool.GetShape_s(label) for label in labels]


def _count_solids(shape: Any) -> int:
    from OCP.TopAbs import TopAbs_ShapeEnum

    return sum(1 for _ in explore(shape, TopAbs_ShapeEnum.TopAbs_SOLID))


# Triangles ------------------------------------------------------------------------------------------------------------


def _diagonal_mm(path: Path, shapes: Sequence[Any]) -> float:
    """Return the diagonal of the bounding box in the document's unit. Raises CadError for none, or an endless one."""
    from OCP.Bnd import Bnd_Box
    from OCP.BRepBndLib import BRepBndLib

    box = Bnd_Box()
    for shape in shapes:
        BRepBndLib.Add_s(shape, box, False)
    if box.IsVoid():
        raise CadError(f"{path}: {why_empty(path)}")
    diagonal = float(np.sqrt(box.SquareExtent()))
    if box.IsOpen() or not 0 < diagonal < LONGEST_MM:
        raise CadError(
            f"{path}: holds surfaces without an end, or numbers beyond any size ({diagonal:.3g} units). "
            "Export solids only."
        )
    return diagonal


def _tessellate(shapes: Sequence[Any], deflection: float, angle_deg: float) -> tuple[str, ...]:
    """Tessellate each different body once; return what could not be.

    Small bodies in a large assembly get no finer angles than can be seen.
    """
    from OCP.BRepMesh import BRepMesh_IncrementalMesh
    from OCP.BRepTools import BRepTools

    for shape in shapes:
        BRepTools.Clean_s(shape, True)  # triangles that the file brought along may be of any coarseness
    for body in _different_bodies(shapes):
        angle = max(np.deg2rad(angle_deg), min(COARSEST_ANGLE, _sufficient_angle(body, deflection)))
        BRepMesh_IncrementalMesh(body, deflection, False, float(angle), False)
    lost = [face for shape in shapes for face in _bare_faces(shape) if not _tessellate_as_nurbs(face, deflection)]
    return (f"{len(lost)} face(s) cannot be tessellated and are missing",) if lost else ()


def _bare_faces(shape: Any) -> Iterator[Any]:
    """Yield the faces that the kernel failed to tessellate."""
    from OCP.BRep import BRep_Tool
    from OCP.TopAbs import TopAbs_ShapeEnum
    from OCP.TopLoc import TopLoc_Location
    from OCP.TopoDS import TopoDS

    for face in explore(shape, TopAbs_ShapeEnum.TopAbs_FACE):
        if BRep_Tool.Triangulation_s(TopoDS.Face(face), TopLoc_Location()) is None:
            yield TopoDS.Face(face)


def _tessellate_as_nurbs(face: Any, deflection: float) -> bool:
    """Tessellate a face by way of a spline surface: the kernel stumbles over the tips of some cones otherwise."""
    from OCP.BRep import BRep_Builder, BRep_Tool
    from OCP.BRepBuilderAPI import BRepBuilderAPI_NurbsConvert
    from OCP.BRepLib import BRepLib_ToolTriangulatedShape
    from OCP.BRepMesh import BRepMesh_IncrementalMesh
    from OCP.TopLoc import TopLoc_Location
    from OCP.TopoDS import TopoDS

    spline = TopoDS.Face(BRepBuilderAPI_NurbsConvert(face.Located(TopLoc_Location()), True).Shape())
    BRepMesh_IncrementalMesh(spline, deflection, False, 0.35, False)
    triangles = BRep_Tool.Triangulation_s(spline, TopLoc_Location())
    if triangles is None:
        return False
    BRepLib_ToolTriangulatedShape.ComputeNormals_s(spline, triangles)
    BRep_Builder().UpdateFace(face, triangles)
    return True


def _different_bodies(shapes: Sequence[Any]) -> Iterator[Any]:
    """Yield solids, and the shells and faces that belong to none, once each however often they are placed."""
    from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher as ShapeSet
    from OCP.TopAbs import TopAbs_ShapeEnum
    from OCP.TopLoc import TopLoc_Location

    seen = ShapeSet()
    kinds = TopAbs_ShapeEnum.TopAbs_SOLID, TopAbs_ShapeEnum.TopAbs_SHELL, TopAbs_ShapeEnum.TopAbs_FACE
    for shape in shapes:
        for kind, beyond in zip(kinds, (None, *kinds), strict=False):
            for body in explore(shape, kind, beyond):
                at_origin = body.Located(TopLoc_Location())
                if not seen.Contains(at_origin):
                    seen.Add(at_origin)
                    yield at_origin


def _sufficient_angle(body: Any, deflection: float) -> float:
    """Return the angle between neighboring chords at which the roundest thing in a body strays by the deflection."""
    from OCP.Bnd import Bnd_Box
    from OCP.BRepBndLib import BRepBndLib

    box = Bnd_Box()
    BRepBndLib.Add_s(body, box, False)
    if box.IsVoid() or box.IsOpen():
        return 0.0
    radius = float(np.sqrt(box.SquareExtent())) / 2
    return float(2 * np.arccos(max(-1.0, 1 - deflection / max(radius, 1e-9))))


def _pieces(document: Any, root_name: str) -> list[Piece]:
    from OCP.collections import IndexedDataMap_TCollection_AsciiString_TCollection_AsciiString as FileInfo
    from OCP.Message import Message_ProgressRange
    from OCP.RWGltf import RWGltf_CafWriter
    from OCP.RWMesh import RWMesh_CoordinateSystem
    from OCP.TCollection import TCollection_AsciiString

    with tempfile.TemporaryDirectory(prefix="partsight-glb-") as folder:
        target = Path(folder) / "shape.glb"
        writer = RWGltf_CafWriter(TCollection_AsciiString(str(target)), True)
        writer.SetMergeFaces(True)
        converter = writer.ChangeCoordinateSystemConverter()
        converter.SetOutputCoordinateSystem(RWMesh_CoordinateSystem.RWMesh_CoordinateSystem_Zup)
        writer.SetCoordinateSystemConverter(converter)
        if not writer.Perform(document, FileInfo(), Message_ProgressRange()) or not target.exists():
            return []
        return read_kernel_glb(target.read_bytes(), root_name)


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
