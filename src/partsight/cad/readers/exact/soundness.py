"""Whether a product's exact surfaces enclose what they should: asked of the faces themselves, never of triangles.

Faces that share no edges are sewn first, as IGES never joins them: what is still open afterwards is a hole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from partsight.cad.readers.exact.exploring import explore
from partsight.structures.arrays import FloatArray

_SAME_VOLUME = 1e-4
"""Surfaces whose volumes from two points differ by less than this share are closed and face one way."""
Signature: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A closed body of a product, by its integrals, in the document's unit."""

    volume: float
    center: FloatArray
    inertia: FloatArray
    """(3, 3), about the center."""


@dataclass(frozen=True, slots=True, eq=False)
class Soundness:
    """What is right and wrong about the surfaces of a product."""

    solids: tuple[Solid, ...]
    loose_volume: float | None
    """Enclosed by surfaces that belong to no solid; None when they are open."""
    num_open_edges: int
    """Edges of one face only, after sewing."""
    num_unjoined_edges: int
    """Edges that lie on each other and are not joined in the file."""
    num_flipped_edges: int
    """Edges between faces that face opposite ways."""
    num_inside_out: int
    """Solids whose faces all face inwards."""

    @property
    def volume(self) -> float | None:
        """Enclosed volume, None when something is open."""
        if self.loose_volume is None or self.num_open_edges:
            return None
        return self.loose_volume + sum(solid.volume for solid in self.solids)


def examine_shape(shape: Any, tolerance: float) -> Soundness:
    """Examine a product's shape; gaps below the tolerance, in the document's unit, are none."""
    from OCP.TopAbs import TopAbs_ShapeEnum

    kinds = TopAbs_ShapeEnum
    solids, loose, num_flipped, num_inside_out = list[Solid](), list[Any](), 0, 0
    for body in explore(shape, kinds.TopAbs_SOLID):
        num_free, num_bad = _count_edges(body)
        num_flipped += num_bad
        if num_free:
            loose.append(body)
            continue
        found = _integrals(body)
        num_inside_out += found.volume < 0
        solids.append(Solid(abs(found.volume), found.center, found.inertia * np.sign(found.volume or 1.0)))
    for body in (
        *explore(shape, kinds.TopAbs_SHELL, kinds.TopAbs_SOLID), *explore(shape, kinds.TopAbs_FACE, kinds.TopAbs_SHELL)
    ):  # fmt: skip
        loose.append(body)
    num_free = sum(_count_edges(body)[0] for body in loose)
    num_open = _count_open_when_sewn(loose, tolerance) if num_free else 0
    volume = _loose_volume(loose) if not num_open else None
    return Soundness(tuple(solids), volume, num_open, num_free - num_open, num_flipped, num_inside_out)


def signature(solid: Solid, world_from_product: FloatArray) -> Signature:
    """Return what two solids share when they are the same one in the same place: volume, center and inertia in the world."""
    rotation = world_from_product[:3, :3]
    length = max(solid.volume, 1e-30) ** (1 / 3)
    center = (rotation @ solid.center + world_from_product[:3, 3]) / length
    inertia = rotation @ solid.inertia @ rotation.T / length**5
    return tuple(f"{value + 0.0:.4f}" for value in (np.log(length) * 100, *center, *inertia[np.triu_indices(3)]))


def _count_edges(body: Any) -> tuple[int, int]:
    """Return how many edges of a body border one face only, and how many two that face opposite ways."""
    from OCP.BRep import BRep_Builder, BRep_Tool
    from OCP.ShapeAnalysis import ShapeAnalysis_Shell
    from OCP.TopAbs import TopAbs_ShapeEnum
    from OCP.TopoDS import TopoDS, TopoDS_Shell

    analysis = ShapeAnalysis_Shell()
    if body.ShapeType() == TopAbs_ShapeEnum.TopAbs_FACE:
        builder, shell = BRep_Builder(), TopoDS_Shell()
        builder.MakeShell(shell)
        builder.Add(shell, body)
        body = shell
    for shell in explore(body, TopAbs_ShapeEnum.TopAbs_SHELL):
        analysis.LoadShells(shell)
    analysis.CheckOrientedShells(body, True)
    edge = TopAbs_ShapeEnum.TopAbs_EDGE
    free = explore(analysis.FreeEdges(), edge) if analysis.HasFreeEdges() else iter(())
    bad = explore(analysis.BadEdges(), edge) if analysis.HasBadEdges() else iter(())
    return sum(not BRep_Tool.Degenerated_s(TopoDS.Edge(one)) for one in free), sum(1 for _ in bad)


def _count_open_when_sewn(bodies: Sequence[Any], tolerance: float) -> int:
    from OCP.BRepBuilderAPI import BRepBuilderAPI_Sewing

    sewing = BRepBuilderAPI_Sewing(tolerance)
    for body in bodies:
        sewing.Add(body)
    sewing.Perform()
    return int(sewing.NbFreeEdges())


def _loose_volume(bodies: Sequence[Any]) -> float | None:
    """Return the volume between faces as they are oriented in the file; None where it depends on the point it is taken from."""
    from OCP.Bnd import Bnd_Box
    from OCP.BRepBndLib import BRepBndLib

    if not bodies:
        return 0.0
    box = Bnd_Box()
    for body in bodies:
        BRepBndLib.Add_s(body, box, False)
    here, there = (_integrals(_as_seen_from(bodies, apex)).volume for apex in (0.0, float(np.sqrt(box.SquareExtent()))))
    return abs(here) if abs(here - there) <= _SAME_VOLUME * abs(here) else None


def _as_seen_from(bodies: Sequence[Any], apex: float) -> Any:
    """Return bodies, where they are, as one shape with its origin at (apex, apex, apex): the kernel integrates from there."""
    from OCP.BRep import BRep_Builder
    from OCP.gp import gp_Trsf, gp_Vec
    from OCP.TopLoc import TopLoc_Location
    from OCP.TopoDS import TopoDS_Compound

    shift = gp_Trsf()
    shift.SetTranslation(gp_Vec(apex, apex, apex))
    place = TopLoc_Location(shift)
    builder, compound = BRep_Builder(), TopoDS_Compound()
    builder.MakeCompound(compound)
    for body in bodies:
        builder.Add(compound, body.Moved(place.Inverted(), False))
    return compound.Located(place, False)


def _integrals(body: Any) -> Solid:
    """Integrate over the cones from the body's origin to its faces."""
    from OCP.BRepGProp import BRepGProp
    from OCP.GProp import GProp_GProps

    properties = GProp_GProps()
    BRepGProp.VolumeProperties_s(body, properties, False)
    center, inertia = properties.CentreOfMass(), properties.MatrixOfInertia()
    matrix = np.array([[inertia.Value(row, column) for column in (1, 2, 3)] for row in (1, 2, 3)])
    return Solid(float(properties.Mass()), np.array([center.X(), center.Y(), center.Z()]), matrix)
