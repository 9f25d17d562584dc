"""Walks through the kernel's shapes."""

from collections.abc import Iterator, Sequence
from typing import Any


def explore(shape: Any, kind: Any, outside: Any = None) -> Iterator[Any]:
    """Yield the sub-shapes of a kind, those within another kind left out."""
    from OCP.TopExp import TopExp_Explorer

    explorer = TopExp_Explorer(shape, kind) if outside is None else TopExp_Explorer(shape, kind, outside)
    while explorer.More():
        yield explorer.Current()
        explorer.Next()


def bodies_of(shape: Any) -> Iterator[Any]:
    """Yield the solids of a shape, and the shells and faces that belong to none."""
    from OCP.TopAbs import TopAbs_ShapeEnum

    kinds = TopAbs_ShapeEnum.TopAbs_SOLID, TopAbs_ShapeEnum.TopAbs_SHELL, TopAbs_ShapeEnum.TopAbs_FACE
    for kind, beyond in zip(kinds, (None, *kinds), strict=False):
        yield from explore(shape, kind, beyond)


def different_bodies(shapes: Sequence[Any]) -> Iterator[Any]:
    """Yield the bodies of shapes, once each however often they are placed, at the origin."""
    from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher as ShapeSet
    from OCP.TopLoc import TopLoc_Location

    seen = ShapeSet()
    for shape in shapes:
        for body in bodies_of(shape):
            at_origin = body.Located(TopLoc_Location())
            if not seen.Contains(at_origin):
                seen.Add(at_origin)
                yield at_origin


def count_solids(shape: Any) -> int:
    """Return the number of solids, each instance counted."""
    from OCP.TopAbs import TopAbs_ShapeEnum

    return sum(1 for _ in explore(shape, TopAbs_ShapeEnum.TopAbs_SOLID))


def without_wires(shape: Any) -> Any:
    """Return the bodies of a shape, without sketches, axes and points beside them; the shape itself where there are none."""
    from OCP.BRep import BRep_Builder
    from OCP.TopAbs import TopAbs_ShapeEnum
    from OCP.TopoDS import TopoDS_Compound

    loose = explore(shape, TopAbs_ShapeEnum.TopAbs_VERTEX, TopAbs_ShapeEnum.TopAbs_FACE)
    if next(loose, None) is None:
        return shape
    builder, compound = BRep_Builder(), TopoDS_Compound()
    builder.MakeCompound(compound)
    for body in bodies_of(shape):
        builder.Add(compound, body)
    return compound
