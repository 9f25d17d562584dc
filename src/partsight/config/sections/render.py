"""Settings of `render`: how many pictures, of what size, by which renderer."""

from typing import Annotated, Literal

from pydantic import Field

from partsight.config.section import Section
from partsight.config.values import Number, PathText, Workers


class RenderSection(Section):
    """How scenes are drawn as pictures."""

    count: Number = 1000
    """Number of pictures."""
    width: Annotated[int, Field(ge=32, le=8192)] = 640
    """Picture width in pixels."""
    height: Annotated[int, Field(ge=32, le=8192)] = 640
    """Picture height in pixels."""
    renderer: Literal["mitsuba", "pyvista", "blender"] = "mitsuba"
    """`mitsuba` traces paths; `pyvista` (extra [pyvista]) rasterizes: draft quality; `blender` is Cycles, for comparison."""
    variant: Annotated[str, Field(pattern="^[a-z0-9_]+$", max_length=64)] = "auto"
    """Mitsuba variant: `auto`, `scalar_rgb`, `llvm_ad_rgb` or `cuda_ad_rgb`."""
    samples_per_pixel: Annotated[int, Field(ge=1, le=4096)] = 4
    """Paths per pixel. Detectors learned as much from 4 as from 12; more make calmer pictures for people
    (docs/reference/render.md)."""
    denoise: bool = False
    """Whether Open Image Denoise (extra [denoise]) takes out the grain that few paths leave; `mitsuba` only."""
    blender: PathText = ""
    """Blender's executable, or a Python that has bpy; empty looks for them. For the `blender` renderer only.
    As trusted as a script: asked about once (docs/background/security.md)."""
    max_depth: Annotated[int, Field(ge=2, le=64)] = 4
    """Longest path, in segments."""
    workers: Workers = 0
    """Worker processes; 0 means one per core."""
