"""What is wrong with many meshes and can be mended without a doubt: it is mended, and told.

    corners beyond any size            the triangles at them are left out, if they are few; else the file is refused
    triangles that stand twice         one of each is left out
    triangles that face the other way than their neighbors, bodies that face inwards: turned round

A body that faces inwards within another one is a cavity: it stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from partsight.cad.facts import weld
from partsight.cad.readers.pieces import Piece
from partsight.errors import CadError
from partsight.structures.arrays import BoolArray, FloatArray, IntArray

FARTHEST_M = 1e5
"""Corners farther from the middle of the others than this (100 km) are broken numbers."""
MOST_BROKEN = 0.001
"""Share of the triangles that may be left out for their corners."""


@dataclass(frozen=True, slots=True)
class Mended:
    """Pieces in order, and what was done to them."""

    pieces: tuple[Piece, ...]
    remarks: tuple[str, ...]


def mend(path: Path, pieces: Sequence[Piece]) -> Mended:
    """Return the pieces mended. Raises CadError for those that cannot be, without a guess."""
    pieces, num_broken = _without_broken_corners(path, pieces)
    kept: list[Piece] = []
    num_doubled = num_turned = num_inverted = 0
    for _, group in groupby(pieces, key=lambda piece: piece.node.ids):
        body = _body(list(group))
        doubled = _repeated(body.corners)
        body = body.only(~doubled)
        turned, inverted = _turned(body)
        num_doubled, num_turned = num_doubled + int(doubled.sum()), num_turned + int((turned & ~inverted).sum())
        num_inverted += int(inverted.sum())
        kept.extend(body.pieces(turned | inverted))
    told = {
        f"{num_broken} triangles with a corner beyond any size: left out": num_broken,
        f"{num_doubled} triangles stood twice: one of each is left out": num_doubled,
        f"{num_turned} triangles faced the other way than their neighbors: turned round": num_turned,
        f"{num_inverted} triangles of bodies that faced inwards: turned round": num_inverted,
    }
    return Mended(tuple(kept), tuple(remark for remark, count in told.items() if count))


@dataclass(frozen=True, slots=True, eq=False)
class _Body:
    """All triangles of one node, whatever their colors."""

    parts: tuple[Piece, ...]
    part_ids: IntArray
    """(T,) index into `parts`."""
    corners: IntArray
    """(T, 3) numbers of places: corners at one place have one number."""
    places_m: FloatArray
    """(P, 3)"""
    rows: IntArray
    """(T,) of the triangle in its part."""

    def only(self, kept: BoolArray) -> "_Body":
        return replace(self, part_ids=self.part_ids[kept], corners=self.corners[kept], rows=self.rows[kept])

    def pieces(self, turned: BoolArray) -> list[Piece]:
        """Return the parts with the triangles that are left, some of them turned round."""
        found = []
        for number, part in enumerate(self.parts):
            own = np.flatnonzero(self.part_ids == number)
            triangles = part.triangles[self.rows[own]]
            triangles = np.where(turned[own, None], triangles[:, ::-1], triangles)
            if len(triangles):
                # Shading normals of corners that turned and unturned triangles share cannot be right for both.
                found.append(replace(part, triangles=triangles, normals=None if turned[own].any() else part.normals))
        return found


def _body(parts: list[Piece]) -> _Body:
    offsets = np.cumsum([0, *(len(part.vertices_m) for part in parts[:-1])])
    vertices = np.concatenate([part.vertices_m for part in parts])
    triangles = np.concatenate([part.triangles + offset for part, offset in zip(parts, offsets, strict=True)])
    used, renumbered = np.unique(triangles, return_inverse=True)
    numbers = weld(vertices[used])
    places = np.zeros((numbers.max() + 1, 3))
    places[numbers] = vertices[used]
    counts = [len(part.triangles) for part in parts]
    return _Body(
        parts=tuple(parts),
        part_ids=np.repeat(np.arange(len(parts)), counts),
        corners=numbers[renumbered.reshape(-1, 3)],
        places_m=places,
        rows=np.concatenate([np.arange(count) for count in counts]),
    )


def _without_broken_corners(path: Path, pieces: Sequence[Piece]) -> tuple[Sequence[Piece], int]:
    """Leave out the few triangles at corners that are no numbers or beyond any size. Raises CadError when they are not few."""
    with np.errstate(over="ignore", invalid="ignore"):
        middle = np.median(
            np.concatenate([np.nan_to_num(piece.vertices_m[piece.triangles[:, 0]]) for piece in pieces]), axis=0
        )
        is_broken = [~(np.abs(piece.vertices_m - middle) < FARTHEST_M).all(axis=1) for piece in pieces]
    at_broken = [broken[piece.triangles].any(axis=1) for piece, broken in zip(pieces, is_broken, strict=True)]
    num_broken, num_all = int(sum(at.sum() for at in at_broken)), sum(len(at) for at in at_broken)
    if num_broken > MOST_BROKEN * num_all:
        raise CadError(_refusal(path, pieces, is_broken, f"{num_broken} of {num_all} triangles"))
    if not any(broken.any() for broken in is_broken):
        return pieces, 0
    sound = (
        replace(piece, vertices_m=np.where(broken[:, None], middle, piece.vertices_m), triangles=piece.triangles[~at])
        for piece, broken, at in zip(pieces, is_broken, at_broken, strict=True)
    )
    return [piece for piece in sound if len(piece.triangles)], num_broken


def _refusal(path: Path, pieces: Sequence[Piece], is_broken: Sequence[BoolArray], share: str) -> str:
    piece, broken = next((piece, broken) for piece, broken in zip(pieces, is_broken, strict=True) if broken.any())
    x, y, z = piece.vertices_m[broken][0].tolist()
    return (
        f"{path}: {share} have a corner that is no number or beyond any size, as ({x:.3g}, {y:.3g}, {z:.3g}) m in "
        f"'{piece.node.names[-1]}'. Mend the mesh in the program that made it, or export it again."
    )


def _repeated(corners: IntArray) -> BoolArray:
    """Return which triangles stand where an earlier one stands, whichever way they face; slivers without an area aside."""
    ordered = np.sort(corners, axis=1)
    order = np.lexsort(ordered.T)  # stable: of equal ones the first stays first
    repeated = np.zeros(len(corners), bool)
    repeated[order[1:]] = (ordered[order[1:]] == ordered[order[:-1]]).all(axis=1)
    has_area = (ordered[:, 0] != ordered[:, 1]) & (ordered[:, 1] != ordered[:, 2])
    doubled: BoolArray = repeated & has_area
    return doubled


def _turned(body: _Body) -> tuple[BoolArray, BoolArray]:
    """Return which triangles face the other way than most of their surface, and which belong to a surface that faces inwards."""
    neighbors, is_alike, num_users = _neighbors(body.corners)
    surface_ids, against = _sides(len(body.corners), neighbors, is_alike)
    minority = _smaller_side(surface_ids, against)
    signs = np.where(minority, -1.0, 1.0)
    a, b, c = np.moveaxis(body.places_m[body.corners] - body.places_m.mean(axis=0), 1, 0)
    volumes = np.bincount(surface_ids, signs * np.einsum("td,td->t", a, np.cross(b, c)))
    is_open = np.bincount(surface_ids, num_users, minlength=len(volumes)) > 0
    is_inverted = (volumes < 0) & ~is_open & _is_outermost(body, surface_ids, len(volumes))
    inverted = is_inverted[surface_ids]
    return minority & ~inverted, inverted & ~minority


def _neighbors(corners: IntArray) -> tuple[IntArray, BoolArray, IntArray]:
    """Return (N, 2) pairs of triangles at an edge that no other shares, whether both face alike, and (T,) edges of none or many."""
    starts, ends = corners.ravel(), np.roll(corners, -1, axis=1).ravel()
    keys = np.minimum(starts, ends) * (corners.max(initial=0) + 1) + np.maximum(starts, ends)
    order = np.argsort(keys, kind="stable")
    _, begins, counts = np.unique(keys[order], return_index=True, return_counts=True)
    firsts = begins[counts == 2]
    one, other = order[firsts], order[firsts + 1]
    alone = np.ones(len(keys), bool)
    alone[one] = alone[other] = False
    alone &= starts != ends
    pairs = np.stack([one // 3, other // 3], axis=1)
    return pairs, starts[one] != starts[other], alone.reshape(-1, 3).sum(axis=1)


def _sides(num_triangles: int, neighbors: IntArray, is_alike: BoolArray) -> tuple[IntArray, BoolArray]:
    """Return the number of each triangle's surface, and whether it faces the other way than the surface's first triangle.

    Each triangle is two points of a graph, one for each way it may face; neighbors that agree are joined on equal sides, others
    crosswise. A surface with one side only (Möbius) falls into one piece, and none of it is turned.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, other = neighbors.T
    crossed = np.where(is_alike, 0, num_triangles)
    rows = np.concatenate([one, one + num_triangles])
    columns = np.concatenate([other + crossed, other + num_triangles - crossed])
    joined = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(2 * num_triangles,) * 2)
    _, labels = connected_components(joined, directed=False)
    front, back = labels[:num_triangles], labels[num_triangles:]
    _, surface_ids = np.unique(np.minimum(front, back), return_inverse=True)
    return surface_ids.reshape(-1), front > back


def _smaller_side(surface_ids: IntArray, against: BoolArray) -> BoolArray:
    """Return the triangles on the side of their surface that has fewer."""
    num_all, num_against = np.bincount(surface_ids), np.bincount(surface_ids, against)
    is_majority_against = num_against * 2 > num_all
    minority: BoolArray = against != is_majority_against[surface_ids]
    return minority


def _is_outermost(body: _Body, surface_ids: IntArray, num_surfaces: int) -> BoolArray:
    """Return which surfaces lie in the box of no other one: what is inside another may be its cavity."""
    lows, highs = (
        _boxes(body, surface_ids, num_surfaces, np.minimum),
        _boxes(body, surface_ids, num_surfaces, np.maximum),
    )
    order = np.argsort(-np.prod(highs - lows, axis=1), kind="stable")[:_MOST_CONTAINERS]
    outermost = np.ones(num_surfaces, bool)
    for container in order:
        within = (lows >= lows[container]).all(axis=1) & (highs <= highs[container]).all(axis=1)
        within[container] = False
        outermost &= ~within
    return outermost


_MOST_CONTAINERS = 200
"""The largest surfaces are looked at for what lies within them; smaller ones hold next to nothing."""


def _boxes(body: _Body, surface_ids: IntArray, num_surfaces: int, extreme: Callable[..., FloatArray]) -> FloatArray:
    start = np.inf if extreme is np.minimum else -np.inf
    found = np.full((num_surfaces, 3), start)
    of_triangles = extreme.reduce(body.places_m[body.corners], axis=1)  # type: ignore[attr-defined]
    extreme.at(found, surface_ids, of_triangles)  # type: ignore[attr-defined]
    return found
