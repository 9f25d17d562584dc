"""Where the time of a picture goes, step by step as a render worker does it: CPU seconds, so that a busy machine does not count."""

import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from partsight.annotate.annotating import annotate_traced
from partsight.cad.reading import read_parts
from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.labels.formats.rendered import describe_render, encode_masks
from partsight.pipeline.stages.render.scene_choice import choose_scene
from partsight.randomize.sampler import SceneSampler, open_sampler
from partsight.render.backdrop import backdrop_radiance
from partsight.render.backends.mitsuba_palette import paint_meshes
from partsight.render.backends.mitsuba_scene import describe_integrator, load_scene
from partsight.render.lens import draw_through_lens
from partsight.render.renderer import open_renderer
from partsight.render.sensor import encode_picture, expose
from partsight.render.surfaces import SurfaceCache
from partsight.structures.world.rendering import Rendering
from partsight.structures.world.scene import Scene

ROOT = Path(__file__).resolve().parents[1]
RECIPES = {"demo": ROOT / "src" / "partsight" / "samples" / "demo.toml", "default": ROOT / "recipes" / "default.toml"}


class Clock:
    """CPU seconds of each step, all threads together, and how often it was done."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.counts: dict[str, int] = defaultdict(int)

    def time(self, step: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what the function returns, its time counted as this step's."""
        start = time.process_time()
        result = function(*arguments)
        self.seconds[step] += time.process_time() - start
        self.counts[step] += 1
        return result

    def rename(self, step: str, other: str, seconds: float) -> None:
        """Count some seconds of one step as another's."""
        self.seconds[step] -= seconds
        self.seconds[other] += seconds
        self.counts[other] += 1


def print_parts(num_pictures: int, num_threads: int, settings: list[str]) -> None:
    """Print the table for a picture of the demo and for one of the default recipe."""
    for name, path in RECIPES.items():
        print_recipe(name, read_recipe(path, settings), num_pictures, num_threads)


def print_recipe(name: str, recipe: Recipe, num_pictures: int, num_threads: int) -> None:
    painter = Painter(recipe, num_threads)
    clock = Clock()
    painter.make(0, clock)
    first_s, clock = sum(clock.seconds.values()), Clock()
    for index in range(1, num_pictures + 1):
        painter.make(index, clock)
    render, total = recipe.render, sum(clock.seconds.values()) / num_pictures
    print(f"\n{name}: {render.width} × {render.height}, {render.samples_per_pixel} paths, {painter.variant}")
    print(f"{'step':<22}{'times':>8}{'CPU s per picture':>20}{'share':>9}")
    for step, seconds in clock.seconds.items():
        times = clock.counts[step] / num_pictures
        print(f"{step:<22}{times:>8.2f}{seconds / num_pictures:>20.4f}{seconds / num_pictures / total:>9.1%}")
    print(f"{'all':<30}{total:>20.4f}; the first picture {first_s:.2f}")


class Painter:
    """Makes pictures as `shard` does, one step after the other under the clock."""

    def __init__(self, recipe: Recipe, num_threads: int) -> None:
        import mitsuba

        renderer = open_renderer(recipe.render, num_threads)
        self.variant, self._recipe, self._mi = renderer.variant, recipe, mitsuba
        found = read_parts(recipe.parts, recipe.cad_section)
        self._parts = {name: [item.part for item in items] for name, items in found.items()}
        self._surfaces = SurfaceCache()

    def make(self, index: int, clock: Clock) -> None:
        """Make one picture and its labels, and forget them."""
        recipe, section = self._recipe, self._recipe.randomize
        traced = clock.time(
            "choosing the scene", choose_scene, self._timed_sampler(clock), recipe.seed, index, section.max_occlusion
        )
        clock.rename("choosing the scene", "drawing layouts, looks", clock.seconds.pop("sampling", 0.0))
        scene = traced.scene
        annotation = clock.time("labels", annotate_traced, traced, recipe.annotate)

        def render(seen: Scene) -> Rendering:
            return self._rendered(seen, clock)

        has_lens = scene.camera.intrinsics.lens is not None
        rendering = draw_through_lens(render, scene) if has_lens else render(scene)
        image = clock.time("lens, sensor", expose, rendering, scene.sensor)
        clock.time("encoding", encode_picture, image, scene.sensor)
        clock.time("encoding", lambda: (encode_masks(annotation), describe_render(scene, annotation)))

    def _timed_sampler(self, clock: Clock) -> Callable[[int], Any]:
        size_wh = (self._recipe.render.width, self._recipe.render.height)

        class Timed:
            def __init__(self, sampler: SceneSampler) -> None:
                self._sampler = sampler

            def sample(self, index: int) -> Scene:
                scene: Scene = clock.time("sampling", self._sampler.sample, index)
                return scene

        return lambda seed: Timed(open_sampler(self._recipe.randomize, self._parts, size_wh, seed))

    def _rendered(self, scene: Scene, clock: Clock) -> Rendering:
        meshes = clock.time("surfaces", lambda: paint_meshes(self._surfaces.surfaces(scene)))
        walls = any(mesh.wall_opacity < 1 for mesh in meshes)
        integrator = describe_integrator(self._recipe.render.max_depth, with_guides=False, through_walls=walls)
        loaded = clock.time(
            "building the scene", lambda: load_scene(self._mi, scene, meshes=meshes, integrator=integrator)
        )
        self._kernel_seconds()
        channels = clock.time("rays", self._traced, loaded)
        clock.rename("rays", "compiling kernels", self._kernel_seconds())
        uncovered = 1 - channels[..., 3:4]
        backdrop = clock.time("backdrop", backdrop_radiance, scene, uncovered[..., 0] > 0)
        return Rendering(channels[..., :3] + uncovered * backdrop)

    def _traced(self, loaded: Any) -> Any:
        return np.asarray(self._mi.render(loaded, spp=self._recipe.render.samples_per_pixel, seed=1), np.float32)

    def _kernel_seconds(self) -> float:
        """Return the seconds of compiling since the last call, 0 for a variant that compiles nothing."""
        if "scalar" in self.variant:
            return 0.0
        import drjit

        drjit.set_flag(drjit.JitFlag.KernelHistory, True)
        kernels = drjit.kernel_history()
        return sum(kernel.get("backend_time", 0.0) + kernel.get("codegen_time", 0.0) for kernel in kernels) / 1000
