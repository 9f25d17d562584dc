"""What a CAD file holds, in figures a person can check, and what looks wrong about it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.exact_facts import exact_bodies, exact_warnings
from partsight.cad.readers.formats import UNITLESS_SUFFIXES
from partsight.cad.readers.pieces import ExactBody, Piece, ReadFile
from partsight.errors import StorageError
from partsight.files import read_json, write_json
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.plain import as_plain
from partsight.structures.world.part import Part, bounding_box_m

LARGEST_M, SMALLEST_M = 20.0, 0.0005
MOST_NODES = 2000
"""Longer trees are cut in reports."""


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One line of the assembly tree, parents before children."""

    name: str
    depth: int
    num_triangles: int
    """Of this node itself, as read."""


@dataclass(frozen=True, slots=True)
class MeshHealth:
    """Defects of exact surfaces, or of a triangle mesh, where corners at one place are taken for one."""

    num_open_edges: int
    """Edges of one triangle only: the surface has a hole there."""
    num_flipped_edges: int
    """Edges that two neighbors run through in the same direction: one of them faces inwards."""
    num_crowded_edges: int
    """Edges of more than two triangles: walls that meet, or solids that touch."""
    num_degenerate: int
    """Triangles without an area."""


@dataclass(frozen=True, slots=True)
class PartFacts:
    """Figures of one part and of the file it comes from."""

    name: str
    format: str
    unit: str
    size_m: tuple[float, float, float]
    volume_m3: float | None
    """Enclosed: by exact surfaces where the format has them, else by the triangles as read. None where exact ones are open."""
    area_m2: float
    num_solids: int | None
    """Of the whole file; None where the format knows none."""
    num_nodes: int
    num_triangles_read: int
    num_triangles: int
    """After hidden triangles were left out and the mesh was simplified."""
    health: MeshHealth
    colors: tuple[tuple[str, float], ...]
    """#rrggbb and share of the area, largest first."""
    materials: tuple[str, ...]
    repeated: tuple[tuple[str, int], ...]
    """Shapes that occur more than once, with their number."""
    tree: tuple[TreeNode, ...]
    key: str
    stated_materials: tuple[str, ...] = ()
    """What the file says it is made of."""
    mass_kg: float | None = None
    """Of exact volumes and stated densities; None where one is missing."""
    notes: tuple[tuple[str, str], ...] = ()
    """What the file tells people beside shapes: title and text."""
    num_faint: int = 0
    """Colors that the file states to be invisible; they are drawn opaque."""
    warnings: tuple[str, ...] = field(default=())

    @property
    def is_watertight(self) -> bool:
        """Whether every edge borders two triangles, or more where solids touch."""
        return self.health.num_open_edges == 0


def describe(file: ReadFile, path: Path, body: Sequence[Piece], read: Part, final: Part) -> PartFacts:
    """Return the figures of one part: as read from the pieces of its body, and as it is used."""
    low, high = bounding_box_m(read.mesh)
    x, y, z = (high - low).tolist()
    corners = read.mesh.vertices_m[read.mesh.triangles]
    crosses = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(crosses, axis=1) / 2
    exact = exact_bodies(file, body)
    facts = PartFacts(
        name=final.name,
        format=file.format,
        unit=file.unit,
        size_m=(x, y, z),
        volume_m3=_volume_m3(exact) if exact else float(np.einsum("td,td->t", corners[:, 0], crosses).sum() / 6),
        area_m2=float(areas.sum()),
        num_solids=file.num_solids,
        num_nodes=len(read.node_names),
        num_triangles_read=sum(len(piece.triangles) for piece in body),
        num_triangles=len(final.mesh.triangles),
        health=exact_health(exact) if exact else examine_mesh(read.mesh.vertices_m, read.mesh.triangles, body),
        colors=_colors(read, areas),
        materials=tuple(dict.fromkeys(material.name for material in read.materials)),
        repeated=_repeated(body),
        tree=_tree(body),
        key=final.key,
        stated_materials=tuple(dict.fromkeys(one.material for one in exact if one.material)),
        mass_kg=_mass_kg(exact),
        notes=file.notes,
        num_faint=len({(piece.base_color, piece.material_name) for piece in body if piece.is_faint}),
    )
    told = exact_warnings(exact, is_joined_late=file.format == "IGES")
    return replace(facts, warnings=(*file.remarks, *_warnings(facts, path), *told))


def examine_mesh(vertices_m: FloatArray, triangles: IntArray, body: Sequence[Piece]) -> MeshHealth:
    """Count the defects of a mesh; degenerate triangles are counted in the pieces as they were read."""
    corners = weld(vertices_m)[triangles]
    corners = corners[(corners != np.roll(corners, 1, axis=1)).all(axis=1)]
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    low_high = edges.min(axis=1) * (corners.max(initial=0) + 1) + edges.max(axis=1)
    different, inverse = np.unique(low_high, return_inverse=True)
    users = np.bincount(inverse, minlength=len(different))
    forward = np.bincount(inverse, weights=edges[:, 0] < edges[:, 1], minlength=len(different))
    num_read = sum(len(piece.triangles) for piece in body)
    return MeshHealth(
        num_open_edges=int((users % 2 == 1).sum()),
        num_flipped_edges=int(((users == 2) & (forward != 1)).sum()),
        num_crowded_edges=int((users > 2).sum()),
        num_degenerate=num_read - len(corners) if num_read else len(triangles) - len(corners),
    )


def exact_health(bodies: Sequence[ExactBody]) -> MeshHealth:
    """Return the defects of exact surfaces; their triangles are the kernel's own and count for nothing."""
    return MeshHealth(
        num_open_edges=sum(one.num_open_edges for one in bodies),
        num_flipped_edges=sum(one.num_flipped_edges for one in bodies),
        num_crowded_edges=0,
        num_degenerate=0,
    )


def weld(vertices_m: FloatArray) -> IntArray:
    """Return a number for each vertex, equal for those at one place: within a millionth of the largest side."""
    size = max(float(np.ptp(vertices_m, axis=0).max()), 1e-12)
    x, y, z = np.round((vertices_m - vertices_m.min(axis=0)) / size * 1e6).astype(np.int64).T
    _, numbers = np.unique((x << 42) | (y << 21) | z, return_inverse=True)  # 21 bits hold 0…1,000,000
    return numbers.reshape(-1)


def write_facts(facts: Sequence[PartFacts], path: Path) -> None:
    """Write figures as JSON. Raises StorageError."""
    write_json(path, [as_plain(entry) for entry in facts])


def read_facts(path: Path) -> tuple[PartFacts, ...]:
    """Read figures. Raises StorageError when the file is missing or damaged."""
    try:
        return tuple(_from_plain(entry) for entry in read_json(path))
    except (OSError, TypeError, KeyError, ValueError) as error:
        raise StorageError(
            f"{path}: damaged figures of parts ({error}). Delete its folder and run the same command again."
        ) from error


def _from_plain(entry: dict[str, Any]) -> PartFacts:
    x, y, z = entry["size_m"]
    return PartFacts(
        **{
            **entry,
            "size_m": (x, y, z),
            "health": MeshHealth(**entry["health"]),
            "colors": tuple((color, share) for color, share in entry["colors"]),
            "materials": tuple(entry["materials"]),
            "notes": tuple((title, text) for title, text in entry["notes"]),
            "stated_materials": tuple(entry["stated_materials"]),
            "repeated": tuple((name, count) for name, count in entry["repeated"]),
            "tree": tuple(TreeNode(**node) for node in entry["tree"]),
            "warnings": tuple(entry["warnings"]),
        }
    )


def _volume_m3(exact: Sequence[ExactBody]) -> float | None:
    volumes = [one.volume_m3 for one in exact if one.volume_m3 is not None]
    return sum(volumes) if len(volumes) == len(exact) else None


def _mass_kg(exact: Sequence[ExactBody]) -> float | None:
    masses = [one.volume_m3 * one.density_kg_m3 for one in exact if one.volume_m3 and one.density_kg_m3]
    solid = [one for one in exact if one.volume_m3 != 0]
    return sum(masses) if masses and len(masses) == len(solid) else None


def _colors(part: Part, areas: FloatArray) -> tuple[tuple[str, float], ...]:
    from partsight.structures.world.material import srgb_from_linear

    shares: dict[str, float] = {}
    for material_id, material in enumerate(part.materials):
        red, green, blue = np.rint(srgb_from_linear(np.array(material.base_color)) * 255).astype(int)
        color = f"#{red:02x}{green:02x}{blue:02x}"
        shares[color] = shares.get(color, 0.0) + float(areas[part.material_ids == material_id].sum())
    total = max(float(areas.sum()), 1e-30)
    return tuple((color, round(share / total, 4)) for color, share in sorted(shares.items(), key=lambda item: -item[1]))


def _repeated(body: Sequence[Piece]) -> tuple[tuple[str, int], ...]:
    """Count the nodes that show the same shape, by the shape's name."""
    shown: dict[int, set[tuple[int, ...]]] = {}
    names: dict[int, str] = {}
    for piece in body:
        shown.setdefault(piece.shape_id, set()).add(piece.node.ids)
        names.setdefault(piece.shape_id, piece.node.product or piece.node.names[-1])
    counts = {names[shape]: len(nodes) for shape, nodes in shown.items() if len(nodes) > 1}
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _tree(body: Sequence[Piece]) -> tuple[TreeNode, ...]:
    counts: Counter[tuple[int, ...]] = Counter()
    names: dict[tuple[int, ...], str] = {}
    for piece in body:
        for depth, name in enumerate(piece.node.names):
            names.setdefault(piece.node.ids[: depth + 1], name)
        counts[piece.node.ids] += len(piece.triangles)
    return tuple(TreeNode(name, len(ids) - 1, counts[ids]) for ids, name in list(names.items())[:MOST_NODES])


def _warnings(facts: PartFacts, path: Path) -> tuple[str, ...]:
    longest, shortest = max(facts.size_m), min(facts.size_m)
    found = []
    if not SMALLEST_M <= longest <= LARGEST_M:
        length = f"{longest:.4g} m" if longest > 1 else f"{longest * 1e6:.4g} µm"
        found.append(f"{length} long: is the unit right?{_unit_advice(path)}")
    if facts.num_faint:
        found.append(
            f"{facts.num_faint} color(s) with an alpha of 0, which would make their parts invisible: drawn opaque. "
            "Some programs export it for opaque parts; set the transparency in the CAD program to see through them."
        )
    if shortest < 1e-4 * longest:
        found.append("flat: has no thickness")
    if facts.health.num_open_edges:
        found.append(f"{facts.health.num_open_edges} open edges: the surface has holes")
    if facts.health.num_flipped_edges:
        found.append(f"{facts.health.num_flipped_edges} edges between faces that face opposite ways")
    return tuple(found)


def _unit_advice(path: Path) -> str:
    if path.suffix.lower() in UNITLESS_SUFFIXES:
        return " This format states none: give unit = 'm', 'cm', 'mm' or 'inch' in the recipe."
    return " The file states it; mend it in the CAD program, or export STL and give the unit in the recipe."
