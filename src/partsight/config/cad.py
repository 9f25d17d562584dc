"""Settings of `cad`: which files are which class, and how finely they are tessellated."""

from typing import Annotated, Literal

from pydantic import Field

from partsight.config.section import FilePath, Section


class PartSection(Section):
    """One class of parts."""

    files: Annotated[tuple[FilePath, ...], Field(min_length=1)]
    """CAD files of this class; several files are variants, drawn in turn."""
    unit: Literal["m", "cm", "mm", "inch"] | None = None
    """Unit of files that do not state one (STL, OBJ, PLY, 3MF keeps its own); without it millimetres are assumed."""
    color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    """Color that replaces those of the files, as #rrggbb."""
    description: str = ""
    """One line shown beside the part in reports."""


class CadSection(Section):
    """How CAD files become meshes."""

    linear_tolerance: Annotated[float, Field(gt=0, le=0.1)] = 0.001
    """Largest distance between surface and triangles, as a share of the part's bounding-box diagonal."""
    angular_tolerance_deg: Annotated[float, Field(gt=0, le=90)] = 20.0
    """Largest angle between neighbouring triangles of a curved face, in degrees."""
    timeout_s: Annotated[float, Field(gt=0)] = 120.0
    """Longest time one file may take, in seconds."""
