"""The seam between scenes and the libraries that draw them."""

from collections.abc import Callable
from importlib import import_module
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from partsight.config.sections.render import RenderSection
from partsight.errors import RenderError
from partsight.render.lens import draw_through_lens
from partsight.render.reach import within_reach
from partsight.structures.world.rendering import Rendering
from partsight.structures.world.scene import Scene


class Renderer(Protocol):
    """Draws scenes; a context manager, so that device memory is returned."""

    variant: str
    """What draws, in full: pictures of two variants are never mixed in one dataset."""

    def render(self, scene: Scene) -> Rendering:
        """Draw one scene as a pinhole sees it; the result depends on the scene alone. For cameras with a lens: `draw_scene`."""
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


def explain_speed(section: RenderSection) -> str:
    """Return what keeps the recipe's renderer from being as fast as it could be here, and what to do; empty for nothing."""
    module = import_module(f"partsight.render.backends.{section.renderer}")
    explain: Callable[[], str] | None = getattr(module, "explain_speed", None)
    return explain() if explain is not None else ""


def draw_scene(renderer: Renderer, scene: Scene) -> Rendering:
    """Return the scene's light as its camera sees it, whatever its size, through its lens if it has one. Raises RenderError."""
    scene = within_reach(scene)
    if scene.camera.intrinsics.lens is None:
        return check_rendering(renderer.render(scene), scene)
    return check_rendering(draw_through_lens(renderer.render, scene), scene)


def check_rendering(rendering: Rendering, scene: Scene) -> Rendering:
    """Return the rendering if it has the camera's size and finite light. Raises RenderError."""
    width, height = scene.camera.intrinsics.size_wh
    if rendering.radiance.shape != (height, width, 3):
        raise RenderError(f"the renderer returned {rendering.radiance.shape}, expected {(height, width, 3)}")
    if not np.isfinite(rendering.radiance).all():
        raise RenderError("the renderer returned light that is not a number; report the scene and its seed")
    return rendering
