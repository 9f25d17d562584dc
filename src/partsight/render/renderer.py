"""The seam between scenes and the libraries that draw them."""

from importlib import import_module
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from partsight.config.render import RenderSection
from partsight.errors import RenderError
from partsight.structures.rendering import Rendering
from partsight.structures.scene import Scene


class Renderer(Protocol):
    """Draws scenes; a context manager, so that device memory is returned."""

    variant: str
    """What draws, in full: pictures of two variants are never mixed in one dataset."""

    def render(self, scene: Scene) -> Rendering:
        """Draw one scene. The result depends on the scene alone."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_renderer(section: RenderSection, num_threads: int) -> Renderer:
    """Open the recipe's renderer with that many threads. Raises RenderError when its library is missing."""
    module = import_module(f"partsight.render.backends.{section.renderer}")
    renderer: Renderer = module.open_backend(section, num_threads)
    return renderer


def check_rendering(rendering: Rendering, scene: Scene) -> Rendering:
    """Return the rendering if it has the camera's size and finite light. Raises RenderError."""
    width, height = scene.camera.intrinsics.size_wh
    if rendering.radiance.shape != (height, width, 3):
        raise RenderError(f"the renderer returned {rendering.radiance.shape}, expected {(height, width, 3)}")
    if not np.isfinite(rendering.radiance).all():
        raise RenderError("the renderer returned light that is not a number; report the scene and its seed")
    return rendering
