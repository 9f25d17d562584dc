"""Meshes of 3MF objects: corners, triangles, and what each triangle refers to for its color."""

from collections.abc import Callable
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
    vertices = np.array(_columns(entry.find("{*}mesh/{*}vertices"), ("x", "y", "z"), float), float).reshape(3, -1).T
    listed = entry.find("{*}mesh/{*}triangles")
    triangles = np.array(_columns(listed, ("v1", "v2", "v3"), int), np.int64).reshape(3, -1).T
    if len(triangles) and not 0 <= triangles.min() <= triangles.max() < len(vertices):
        raise ValueError(f"a triangle names corner {triangles.max()}, but there are {len(vertices)}")
    own = _own_look(entry)
    numbers: dict[Look, int] = {own: 0}
    look_ids = np.zeros(len(triangles), np.int64)
    if listed is not None and listed.xpath("boolean(*/@p1)"):
        looks = (_look(element, own) for element in listed)
        look_ids = np.array([numbers.setdefault(look, len(numbers)) for look in looks], np.int64)
    return ThreeMfMesh(vertices, triangles, tuple(numbers), look_ids)


def _columns(parent: Any, names: tuple[str, ...], kind: Callable[[str], float]) -> list[list[float]]:
    """Return attributes of an element's children, one column for each name."""
    if parent is None:
        return [[] for _ in names]
    columns = [list(map(kind, parent.xpath(f"*/@{name}", smart_strings=False))) for name in names]
    if any(len(column) != len(parent) for column in columns):
        raise ValueError(f"a corner or triangle lacks one of {', '.join(names)}")
    return columns


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
