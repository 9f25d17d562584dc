"""Settings of `cad`: which files are which class, and how finely they are tessellated."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from partsight.config.section import Section
from partsight.config.values import ClassName, FilePath, Millimeters, Seconds, TextLine

MaterialKind: TypeAlias = Literal[
    "steel", "stainless", "iron", "aluminium", "copper", "brass", "gold", "chrome", "paint", "plastic", "rubber", "glass"
]  # fmt: skip
"""Metals bring their own color; the others keep the file's."""
METAL_KINDS = frozenset[MaterialKind](("steel", "stainless", "iron", "aluminium", "copper", "brass", "gold", "chrome"))
"""Those that bring their own."""
_KINDS = get_args(MaterialKind)
WebLink: TypeAlias = Annotated[str, Field(pattern=r"^[hH][tT][tT][pP][sS]?://\S+$", max_length=2000)]
"""An http or https address."""


KeypointPlace: TypeAlias = tuple[Millimeters, Millimeters, Millimeters] | tuple[TextLine, ...]
"""CAD coordinates in millimeters, or patterns of node names."""


def _as_places(value: Any) -> Any:
    """Take a single pattern for a list of one."""
    if not isinstance(value, Mapping):
        return value
    return {name: (place,) if isinstance(place, str) else place for name, place in value.items()}


def _check_material(text: str) -> str:
    kind, _, color = text.partition(" ")
    if kind not in _KINDS or (color and re.fullmatch(r"#[0-9a-fA-F]{6}", color) is None) or text != text.strip():
        raise ValueError(
            f"expected one of {', '.join(_KINDS)}, with a color after it if it has one of its own ('plastic #f2c200'); found '{text}'"
        )
    return text


ColoredMaterial: TypeAlias = Annotated[
    str,
    AfterValidator(_check_material),
    Field(json_schema_extra={"pattern": f"^({'|'.join(_KINDS)})( #[0-9a-fA-F]{{6}})?$"}),
]
"""A kind, and a color where it is neither the kind's own nor the file's: `steel`, `plastic #f2c200`."""


def _check_places(places: Mapping[str, KeypointPlace]) -> Mapping[str, KeypointPlace]:
    empty = [name for name, place in places.items() if not place]
    if empty:
        raise ValueError(
            f"keypoint '{empty[0]}': expected [x, y, z] in millimeters or patterns of node names, found []"
        )
    return places


def _as_tuple(value: Any) -> Any:
    """Take a single document for a list of one."""
    return (value,) if isinstance(value, str) else value


def _with_text_values(value: Any) -> Any:
    """Take numbers for text: a serial number needs no quotes."""
    if not isinstance(value, Mapping):
        return value
    return {key: str(item) if isinstance(item, int | float) else item for key, item in value.items()}


class PartSection(Section):
    """One class of parts."""

    files: Annotated[tuple[FilePath, ...], Field(min_length=1)]
    """CAD files of this class; several files are variants, drawn in turn."""
    node: tuple[TextLine, ...] = ()
    """Take only the sub-assemblies whose name matches one of these patterns (`COIL*`); different shapes become variants."""
    hide: tuple[TextLine, ...] = ()
    """Leave out the nodes whose name matches one of these patterns (`*SCREW*`), with all that is below them."""
    labels: Annotated[dict[ClassName, tuple[TextLine, ...]], Field(default_factory=dict)]
    """Classes to label on this part, by patterns of node names: `{ Hose = ["HOSE*"] }`; each node that matches gets its own box."""
    keypoints: Annotated[
        dict[ClassName, KeypointPlace],
        BeforeValidator(_as_places),
        AfterValidator(_check_places),
        Field(default_factory=dict),
    ]
    """Named points for exports: CAD coordinates in millimeters, or patterns of node names, whose center is taken:
    `{ tip = [0, 12.5, 3], valve = "VALVE*" }`."""
    unit: Literal["m", "cm", "mm", "inch"] | None = None
    """Unit of files that state none (STL, OBJ, PLY, OFF, BREP; 3MF states its own); without it millimeters are assumed."""
    color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    """Color that replaces those of the files, as #rrggbb."""
    materials: Annotated[dict[TextLine, ColoredMaterial], Field(default_factory=dict)]
    """Materials by patterns of node names, the first that matches counts, with a color where the file's is wrong:
    `{ "COIL*" = "copper", "HANDLE*" = "plastic #f2c200", "*" = "steel" }`."""
    description: TextLine = ""
    """One line shown beside the part in reports and, once exported, beside the recognized part."""
    document: Annotated[tuple[WebLink | FilePath, ...], BeforeValidator(_as_tuple)] = ()
    """What to read about the part, one or a list: files (relative to the recipe) or http(s) links; exported with the detector."""
    details: Annotated[dict[TextLine, TextLine], BeforeValidator(_with_text_values), Field(default_factory=dict)]
    """Shown beside the recognized part: `{ serial = "4711", sector = "B3" }`; exported with the detector."""


class CadSection(Section):
    """How CAD files become meshes."""

    linear_tolerance: Annotated[float, Field(ge=1e-6, le=0.1)] | None = None
    """Largest distance between surface and triangles, as a share of the bounding-box diagonal.

    By default half a pixel of a picture that the part fills.
    """
    angular_tolerance_deg: Annotated[float, Field(ge=0.1, le=90)] = 20.0
    """Largest angle between neighboring triangles of a curved face, in degrees."""
    remove_hidden: bool = True
    """Whether triangles that no ray from outside reaches are left out."""
    max_triangles: Annotated[int, Field(ge=100, le=100_000_000)] | None = None
    """Most triangles of a part; a mesh is simplified down to this as long as no outline moves by more than `linear_tolerance`."""
    timeout_s: Seconds = 120.0
    """Longest time one file may take, in seconds."""
    memory_limit_gb: Annotated[float, Field(ge=0.5, le=4096)] = 6.0
    """Most memory that reading one file may take, in gigabytes (not enforced on Windows)."""
