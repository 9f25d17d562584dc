"""What every reader returns: the triangles of one color of one node, with the names on the way to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from partsight.structures.arrays import FloatArray, IntArray

BaseColor = tuple[float, float, float]
"""Linear RGB, 0…1."""
FAINTEST = 0.02
"""Alphas below this are a fault of exporters that take transparency for opacity: nobody draws what cannot be seen."""


@dataclass(frozen=True, slots=True)
class Node:
    """One place in the assembly tree."""

    names: tuple[str, ...]
    """From the file's root to this node; the last is its own."""
    ids: tuple[int, ...]
    """Numbers of the same nodes, unique in the file: two nodes may have one name."""
    product: str = ""
    """Name of the shape that stands here, when it differs from the node's; instances share it."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Triangles in meters, z up, in the file's frame."""

    node: Node
    shape_id: int
    """Equal for nodes that show the same shape at different places."""
    vertices_m: FloatArray
    """(V, 3)"""
    normals: FloatArray | None
    """(V, 3) shading normals where the format knows them."""
    triangles: IntArray
    """(T, 3)"""
    base_color: BaseColor | None
    """None where the file gives no color."""
    material_name: str = ""
    stated_material: str = ""
    """What the file says the piece is made of, not merely how its look is called."""
    opacity: float = 1.0
    """Alpha as the file states it; below `FAINTEST` it is not believed. What transmits light physically has at least .1."""

    @property
    def is_faint(self) -> bool:
        """Whether the file states that nothing of this can be seen."""
        return self.opacity < FAINTEST


@dataclass(frozen=True, slots=True)
class ExactBody:
    """What the exact surfaces of one node are, asked of the kernel."""

    volume_m3: float | None
    """None where the surfaces are open."""
    num_open_edges: int
    num_unjoined_edges: int
    """Of faces that lie together without being joined."""
    num_flipped_edges: int
    num_inside_out: int
    """Solids whose faces face inwards."""
    marks: tuple[tuple[str, ...], ...]
    """One for each solid: equal where equal solids lie in one place."""
    material: str = ""
    """As the file states it."""
    density_kg_m3: float | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The contents of one CAD file."""

    pieces: tuple[Piece, ...]
    format: str
    """As a person would say it: 'STEP AP214'."""
    unit: str
    """The unit that the file states, or that was assumed, said so."""
    num_solids: int | None = None
    """Closed bodies of exact formats, each instance counted; None where the format knows none."""
    remarks: tuple[str, ...] = ()
    exact: Mapping[tuple[int, ...], ExactBody] = field(default_factory=dict)
    """By the numbers of their nodes; empty for formats of triangles."""
    notes: tuple[tuple[str, str], ...] = ()
    """What the file tells people beside shapes: title and text."""
