"""Meshes of 3MF objects: corners, triangles, and what each triangle refers to for its color."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray

Look = tuple[str, int, int, int]
"""A group of properties and its entries at the three corners; no group: "" and zeros."""
NO_LOOK: Look = ("", 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class ThreeMfMesh:
    """The triangles of one object, in the unit of its model."""

    vertices: FloatArray
    """(V, 3)"""
    triangles: IntArray
    """(T, 3)"""
    looks: tuple[Look, ...]
    """The different looks, in the order in which they occur."""
    look_ids: IntArray
    """(T,) index into `looks`."""


def read_mesh(entry: Any) -> ThreeMfMesh:
    """Read the mesh of an object element. Raises ValueError for corners and triangles that are no numbers or not there."""
    vertices = _numbers(entry.iterfind("{*}mesh/{*}vertices/{*}vertex"), ("x", "y", "z"), float)
    elements = entry.findall("{*}mesh/{*}triangles/{*}triangle")
    triangles = _numbers(iter(elements), ("v1", "v2", "v3"), int)
    if len(triangles) and not 0 <= triangles.min() <= triangles.max() < len(vertices):
        raise ValueError(f"a triangle names corner {triangles.max()}, but there are {len(vertices)}")
    own = _own_look(entry)
    numbers: dict[Look, int] = {}
    look_ids = [numbers.setdefault(_look(element, own), len(numbers)) for element in elements]
    return ThreeMfMesh(vertices, triangles, tuple(numbers), np.array(look_ids, np.int64))


def _numbers(elements: Iterator[Any], names: tuple[str, ...], kind: type) -> Any:
    rows = [[element.get(name) for name in names] for element in elements]
    if any(None in row for row in rows):
        raise ValueError(f"a corner or triangle lacks one of {', '.join(names)}")
    return np.array(rows, dtype=object).astype(kind).reshape(-1, len(names))


def _own_look(entry: Any) -> Look:
    pid, index = entry.get("pid"), int(entry.get("pindex") or 0)
    return (pid, index, index, index) if pid else NO_LOOK


def _look(triangle: Any, own: Look) -> Look:
    """Return a triangle's look: its own from p1 on, else the object's."""
    first = triangle.get("p1")
    if first is None:
        return own
    second, third = (int(triangle.get(name) or first) for name in ("p2", "p3"))
    return (triangle.get("pid") or own[0], int(first), second, third)
