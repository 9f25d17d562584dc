"""Writes the five sample magnets of `partsight.samples` as STEP assemblies.

Original, simplified designs: a yoke with four or six poles, a coil around each pole, terminal block, hoses, feet.
Millimeters; the beam runs along y, z is up. The same call always writes the same bytes.

    python tools/make_sample_parts.py src/partsight/samples
"""

import itertools
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from OCP.BRepAlgoAPI import BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
from OCP.BRepBuilderAPI import (
    BRepBuilderAPI_MakeEdge,
    BRepBuilderAPI_MakeFace,
    BRepBuilderAPI_MakePolygon,
    BRepBuilderAPI_MakeWire,
    BRepBuilderAPI_Transform,
)
from OCP.BRepFilletAPI import BRepFilletAPI_MakeFillet
from OCP.BRepOffsetAPI import BRepOffsetAPI_MakePipe
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox, BRepPrimAPI_MakeCylinder, BRepPrimAPI_MakePrism, BRepPrimAPI_MakeTorus
from OCP.GC import GC_MakeArcOfCircle
from OCP.gp import gp_Ax1, gp_Ax2, gp_Circ, gp_Dir, gp_Pnt, gp_Trsf, gp_Vec
from OCP.Interface import Interface_Static
from OCP.Quantity import Quantity_Color, Quantity_TOC_sRGB
from OCP.ShapeUpgrade import ShapeUpgrade_UnifySameDomain
from OCP.STEPCAFControl import STEPCAFControl_Writer
from OCP.TCollection import TCollection_ExtendedString
from OCP.TDataStd import TDataStd_Name
from OCP.TDocStd import TDocStd_Document
from OCP.TopAbs import TopAbs_EDGE
from OCP.TopExp import TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Shape
from OCP.XCAFDoc import XCAFDoc_ColorSurf, XCAFDoc_DocumentTool

Point = tuple[float, float, float]
Color = tuple[float, float, float]

BLUE = (0.10, 0.26, 0.55)
GREEN = (0.10, 0.42, 0.27)
OCHRE = (0.85, 0.62, 0.12)
VIOLET = (0.45, 0.25, 0.60)
WHITE = (0.86, 0.87, 0.88)
COPPER = (0.72, 0.40, 0.22)
STEEL = (0.66, 0.67, 0.69)
BRASS = (0.78, 0.62, 0.28)
CREAM = (0.88, 0.84, 0.70)
RED = (0.75, 0.10, 0.08)
BLACK = (0.08, 0.08, 0.09)
CLEAR_BLUE = (0.15, 0.40, 0.80)


@dataclass(frozen=True, slots=True)
class Magnet:
    """The dimensions that tell one magnet from another, in millimeters."""

    name: str
    num_poles: int
    length: float
    yoke: tuple[tuple[float, float], ...]
    """Outer outline in (x, z)."""
    wall: float
    bore_radius: float
    pole_width: float
    coil_width: float
    coil_span: tuple[float, float]
    """Radial extent of the coils."""
    paint: Color
    terminal_side: int
    """-1 left, +1 right, 0 top."""
    num_studs: int
    hose_color: Color


@dataclass(frozen=True, slots=True)
class Piece:
    """A named, colored solid."""

    name: str
    shape: TopoDS_Shape
    color: Color


def regular_outline(num_sides: int, apothem: float) -> tuple[tuple[float, float], ...]:
    """Return a regular polygon that stands on a flat side."""
    radius = apothem / math.cos(math.pi / num_sides)
    angles = [math.pi * (2 * i + 1) / num_sides - math.pi / 2 for i in range(num_sides)]
    return tuple((radius * math.cos(angle), radius * math.sin(angle)) for angle in angles)


def chamfered_outline(half_width: float, half_height: float, chamfer: float) -> tuple[tuple[float, float], ...]:
    """Return a rectangle with cut corners."""
    w, h, c = half_width, half_height, chamfer
    return ((c - w, -h), (w - c, -h), (w, c - h), (w, h - c), (w - c, h), (c - w, h), (-w, h - c), (-w, c - h))


MAGNETS = (
    Magnet("QF", 4, 340, regular_outline(8, 235), 58, 34, 74, 36, (92, 158), BLUE, 1, 4, CLEAR_BLUE),
    Magnet("QD", 4, 190, regular_outline(8, 235), 58, 34, 74, 36, (92, 158), OCHRE, 1, 4, CLEAR_BLUE),
    Magnet("QFA", 4, 270, chamfered_outline(190, 265, 75), 50, 30, 66, 32, (84, 150), WHITE, 0, 6, BLACK),
    Magnet("SD", 6, 210, regular_outline(12, 225), 46, 40, 50, 22, (98, 162), GREEN, -1, 4, RED),
    Magnet("SHD", 6, 150, regular_outline(6, 215), 46, 40, 50, 26, (88, 152), VIOLET, 0, 6, RED),
)


def build_pieces(magnet: Magnet) -> list[Piece]:
    """Return every solid of a magnet."""
    angles = [360.0 * (i + 0.5) / magnet.num_poles for i in range(magnet.num_poles)]
    coils = [Piece(f"COIL_{number}", turn(coil(magnet), angle), COPPER) for number, angle in enumerate(angles, start=1)]
    return [
        Piece("YOKE", yoke(magnet, angles), magnet.paint),
        *coils,
        *terminal_pieces(magnet),
        *hose_pieces(magnet),
        *feet_pieces(magnet),
        *trim_pieces(magnet),
    ]


def yoke(magnet: Magnet, angles_deg: list[float]) -> TopoDS_Shape:
    """Return the frame with its poles."""
    half_width, half_height = extent(magnet)
    inner = tuple((x * (1 - magnet.wall / half_width), z * (1 - magnet.wall / half_height)) for x, z in magnet.yoke)
    frame = BRepAlgoAPI_Cut(prism(magnet.yoke, magnet.length), prism(inner, magnet.length + 2)).Shape()
    for angle in angles_deg:
        frame = BRepAlgoAPI_Fuse(frame, turn(pole(magnet), angle)).Shape()
    unify = ShapeUpgrade_UnifySameDomain(frame, True, True, False)
    unify.Build()
    return unify.Shape()


def pole(magnet: Magnet) -> TopoDS_Shape:
    """Return the pole that points up: straight in the coil, tapered towards the beam."""
    half, tip = magnet.pole_width / 2, magnet.pole_width * 0.36
    low, high = magnet.bore_radius, min(extent(magnet)) - magnet.wall * 0.5
    outline = (
        (-tip, low),
        (tip, low),
        (half, magnet.coil_span[0]),
        (half, high),
        (-half, high),
        (-half, magnet.coil_span[0]),
    )
    return prism(outline, magnet.length)


def coil(magnet: Magnet) -> TopoDS_Shape:
    """Return the winding around the pole that points up: a rounded ring, wider than the yoke is long."""
    low, high = magnet.coil_span
    inside = (magnet.pole_width / 2 + 1.5, magnet.length / 2 + 4)
    outside = (inside[0] + magnet.coil_width, inside[1] + magnet.coil_width)
    body = rounded_upright(
        box((-outside[0], -outside[1], low), (outside[0], outside[1], high)), magnet.coil_width * 0.8
    )
    hole = box((-inside[0], -inside[1], low - 1), (inside[0], inside[1], high + 1))
    groove = box(
        (-outside[0] - 1, -outside[1] - 1, (low + high) / 2 - 2), (outside[0] + 1, outside[1] + 1, (low + high) / 2 + 2)
    )
    core = rounded_upright(
        box((3 - outside[0], 3 - outside[1], low - 2), (outside[0] - 3, outside[1] - 3, high + 2)),
        magnet.coil_width * 0.7,
    )
    return BRepAlgoAPI_Cut(BRepAlgoAPI_Cut(body, hole).Shape(), BRepAlgoAPI_Cut(groove, core).Shape()).Shape()


def terminal_pieces(magnet: Magnet) -> list[Piece]:
    """Return the terminal block and its brass studs, on a side of the yoke or on top."""
    width = 34.0 * magnet.num_studs / 2 + 16
    pieces = [("TERMINAL_BLOCK", box((-width / 2, -28, 0), (width / 2, 28, 38)), CREAM)]
    pieces.append(("TERMINAL_PLATE", box((-width / 2 - 8, -36, -4), (width / 2 + 8, 36, 0)), STEEL))
    for i in range(magnet.num_studs):
        x = (i // 2 - (magnet.num_studs / 2 - 1) / 2) * 34
        stud = cylinder((x, -13 if i % 2 else 13, 38), (0, 0, 1), 7, 18)
        pieces.append((f"STUD_{i + 1}", stud, BRASS))
    half_width, half_height = extent(magnet)
    quarter, reach = (magnet.terminal_side, half_width) if magnet.terminal_side else (0, half_height)
    return [Piece(name, turn(moved(shape, (0, 0, reach + 4)), 90.0 * quarter), color) for name, shape, color in pieces]


def hose_pieces(magnet: Magnet) -> list[Piece]:
    """Return cooling hoses that bow from coil to coil in front of the yoke, and the manifold that feeds them."""
    front = -(magnet.length / 2 + 4 + magnet.coil_width)
    radius = sum(magnet.coil_span) / 2
    ends = [360.0 * (i + 0.5) / magnet.num_poles for i in range(magnet.num_poles)]
    pieces = []
    for number, (angle, following) in enumerate(itertools.pairwise(ends), start=1):
        start, end = polar(radius, angle + 9, front), polar(radius, following - 9, front)
        middle = polar(radius * 1.02, (angle + following) / 2, front - 48)
        pieces.append(Piece(f"HOSE_{number}", hose(start, middle, end), magnet.hose_color))
    half_width, _ = extent(magnet)
    x = -half_width * 0.72
    manifold = cylinder((x, front + 8, -half_width * 0.55), (0, 0, 1), 11, half_width * 1.1)
    return [*pieces, Piece("MANIFOLD", manifold, BRASS)]


def feet_pieces(magnet: Magnet) -> list[Piece]:
    """Return two feet under the yoke, each a plate with a web."""
    _, half_height = extent(magnet)
    pieces = []
    for number, x in enumerate((-75.0, 75.0), start=1):
        depth = magnet.length / 2 - 12
        web = box((x - 14, -depth, -half_height - 36), (x + 14, depth, -half_height))
        plate = box((x - 34, -depth - 8, -half_height - 50), (x + 34, depth + 8, -half_height - 36))
        pieces.append(Piece(f"FOOT_{number}", BRepAlgoAPI_Fuse(web, plate).Shape(), STEEL))
    return pieces


def trim_pieces(magnet: Magnet) -> list[Piece]:
    """Return what tells look-alikes apart at second glance: lifting eyes, or spacers of the alternating magnet."""
    half_width, half_height = extent(magnet)
    if magnet.name == "QFA":
        bar = (18.0, magnet.length / 2 + 10, 60.0)
        return [
            Piece(f"SPACER_{number}", box((x - bar[0], -bar[1], -bar[2]), (x + bar[0], bar[1], bar[2])), STEEL)
            for number, x in enumerate((6 - half_width, half_width - 6), start=1)
        ]
    x = 0.0 if magnet.terminal_side else half_width * 0.45
    height = half_height if x < half_width * 0.4 else half_height - 0.5
    eye = BRepPrimAPI_MakeTorus(gp_Ax2(gp_Pnt(x, 0, height + 26), gp_Dir(0, 1, 0)), 20, 6).Shape()
    return [Piece("LIFTING_EYE", eye, STEEL)]


def extent(magnet: Magnet) -> tuple[float, float]:
    """Return half the width and half the height of the yoke."""
    return max(x for x, _ in magnet.yoke), max(z for _, z in magnet.yoke)


def prism(outline_xz: tuple[tuple[float, float], ...], length: float) -> TopoDS_Shape:
    """Extrude an outline along the beam, centered."""
    polygon = BRepBuilderAPI_MakePolygon()
    for x, z in outline_xz:
        polygon.Add(gp_Pnt(x, -length / 2, z))
    polygon.Close()
    face = BRepBuilderAPI_MakeFace(polygon.Wire(), True).Face()
    return BRepPrimAPI_MakePrism(face, gp_Vec(0, length, 0)).Shape()


def box(low: Point, high: Point) -> TopoDS_Shape:
    """Return the box between two corners."""
    return BRepPrimAPI_MakeBox(gp_Pnt(*low), gp_Pnt(*high)).Shape()


def cylinder(start: Point, direction: Point, radius: float, height: float) -> TopoDS_Shape:
    """Return a solid cylinder."""
    return BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(*start), gp_Dir(*direction)), radius, height).Shape()


def rounded_upright(shape: TopoDS_Shape, radius: float) -> TopoDS_Shape:
    """Round the edges of a box that run along z."""
    fillet = BRepFilletAPI_MakeFillet(shape)
    explorer = TopExp_Explorer(shape, TopAbs_EDGE)
    seen: list[TopoDS_Shape] = []
    while explorer.More():
        edge = explorer.Current()
        if is_upright(edge) and not any(edge.IsSame(other) for other in seen):
            fillet.Add(radius, TopoDS.Edge(edge))
            seen.append(edge)
        explorer.Next()
    return fillet.Shape()


def is_upright(edge: TopoDS_Shape) -> bool:
    """Tell whether a straight edge runs along z."""
    from OCP.BRepAdaptor import BRepAdaptor_Curve

    return abs(BRepAdaptor_Curve(TopoDS.Edge(edge)).Line().Direction().Z()) > 0.999


def hose(start: Point, middle: Point, end: Point) -> TopoDS_Shape:
    """Return a round hose along the arc through three points."""
    arc = GC_MakeArcOfCircle(gp_Pnt(*start), gp_Pnt(*middle), gp_Pnt(*end)).Value()
    wire = BRepBuilderAPI_MakeWire(BRepBuilderAPI_MakeEdge(arc).Edge()).Wire()
    tangent = gp_Vec()
    point = gp_Pnt()
    arc.D1(arc.FirstParameter(), point, tangent)
    circle = BRepBuilderAPI_MakeEdge(gp_Circ(gp_Ax2(point, gp_Dir(tangent)), 7.0)).Edge()
    disk = BRepBuilderAPI_MakeFace(BRepBuilderAPI_MakeWire(circle).Wire()).Face()
    return BRepOffsetAPI_MakePipe(wire, disk).Shape()


def polar(radius: float, angle_deg: float, y: float) -> Point:
    """Return the point at an angle from up, clockwise seen from the front."""
    angle = math.radians(angle_deg)
    return (radius * math.sin(angle), y, radius * math.cos(angle))


def turn(shape: TopoDS_Shape, angle_deg: float) -> TopoDS_Shape:
    """Rotate about the beam, from up towards +x."""
    rotation = gp_Trsf()
    rotation.SetRotation(gp_Ax1(gp_Pnt(0, 0, 0), gp_Dir(0, 1, 0)), math.radians(angle_deg))
    return BRepBuilderAPI_Transform(shape, rotation, True).Shape()


def moved(shape: TopoDS_Shape, offset: Point) -> TopoDS_Shape:
    """Translate a shape."""
    translation = gp_Trsf()
    translation.SetTranslation(gp_Vec(*offset))
    return BRepBuilderAPI_Transform(shape, translation, True).Shape()


def write_assembly(name: str, pieces: list[Piece], path: Path) -> None:
    """Write named, colored pieces as one STEP assembly (AP214) without time stamp."""
    document = TDocStd_Document(TCollection_ExtendedString("XmlOcaf"))
    shapes = XCAFDoc_DocumentTool.ShapeTool_s(document.Main())
    colors = XCAFDoc_DocumentTool.ColorTool_s(document.Main())
    assembly = shapes.NewShape()
    TDataStd_Name.Set_s(assembly, TCollection_ExtendedString(name))
    for piece in pieces:
        label = shapes.AddShape(piece.shape, False)
        TDataStd_Name.Set_s(label, TCollection_ExtendedString(piece.name))
        colors.SetColor(label, Quantity_Color(*piece.color, Quantity_TOC_sRGB), XCAFDoc_ColorSurf)
        component = shapes.AddComponent(assembly, label, TopLoc_Location())
        TDataStd_Name.Set_s(component, TCollection_ExtendedString(piece.name))
    shapes.UpdateAssemblies()
    Interface_Static.SetCVal_s("write.step.schema", "AP214IS")
    Interface_Static.SetIVal_s("write.surfacecurve.mode", 0)
    writer = STEPCAFControl_Writer()
    writer.Transfer(document)
    writer.Write(str(path))
    path.write_text(without_time_stamp(path.read_text(), name))


def without_time_stamp(step: str, name: str) -> str:
    """Replace the header's FILE_NAME, which holds the time, by one that says the same every time."""
    header = f"FILE_NAME('{name}.step','2025-01-01T00:00:00',('Partsight'),('Partsight'),'','make_sample_parts','');"
    return re.sub(r"FILE_NAME\(.*?\);", header, step, count=1, flags=re.DOTALL)


def main(folder: Path) -> None:
    """Write every magnet into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for magnet in MAGNETS:
        path = folder / f"{magnet.name}.step"
        write_assembly(magnet.name, build_pieces(magnet), path)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
