"""Path-traced pictures by Mitsuba 3 (Jakob et al., https://mitsuba-renderer.org)."""

from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import numpy as np

from partsight.config.sections.render import RenderSection
from partsight.render.backdrop import backdrop_radiance
from partsight.render.backends.mitsuba_palette import PaintedMesh, paint_meshes
from partsight.render.backends.mitsuba_scene import describe_integrator, load_scene, surface_number
from partsight.render.backends.mitsuba_variant import choose_variant, explain_speed, mitsuba_version
from partsight.render.denoiser import Denoiser, denoiser_version
from partsight.render.lens import straight_pixels
from partsight.render.surfaces import SurfaceCache
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.world.rendering import Rendering
from partsight.structures.world.scene import Scene

__all__ = ["explain_speed", "open_backend"]


def open_backend(section: RenderSection, num_threads: int) -> "MitsubaRenderer":
    """Open Mitsuba in the wanted variant. Raises RenderError when it cannot draw here."""
    return MitsubaRenderer(section, num_threads)


class MitsubaRenderer:
    """Draws scenes with Mitsuba; equal scenes give equal pixels on any number of threads."""

    def __init__(self, section: RenderSection, num_threads: int) -> None:
        variant = choose_variant(section.variant)
        self.variant = f"mitsuba-{mitsuba_version()}/{variant}"
        self._denoiser: Denoiser | None = None
        if section.denoise:
            self._denoiser = Denoiser(num_threads)
            self.variant = f"mitsuba-{mitsuba_version()}+oidn-{denoiser_version()}/{variant}"
        self._section = section
        self._surfaces = SurfaceCache()
        self._mi = _set_up_mitsuba(variant, num_threads)

    def render(self, scene: Scene) -> Rendering:
        """Draw one scene. Raises RenderError for a background of another size than the camera's."""
        seed = scene.render_seed % 2**32
        traced = self._mi.render(self._loaded(scene), spp=self._section.samples_per_pixel, seed=seed)
        channels = np.asarray(traced, dtype=np.float32).reshape(*scene.camera.intrinsics.size_wh[::-1], -1)
        uncovered = 1 - channels[..., 3:4]
        backdrop = backdrop_radiance(scene, uncovered[..., 0] > 0)
        radiance = channels[..., :3] + uncovered * backdrop
        if self._denoiser is not None:
            albedo = np.where(np.isfinite(channels[..., 4:7]), channels[..., 4:7], 0.0) + uncovered * backdrop
            normals = np.where(np.isfinite(channels[..., 7:10]), channels[..., 7:10], 0.0)
            radiance = self._denoiser.denoise(radiance, albedo, normals)
        return Rendering(radiance)

    def instance_index(self, scene: Scene) -> IntArray:
        """Return which of `Scene.instances` Mitsuba's own camera meets at each pixel center, (H, W); −1 for none."""
        meshes = self._meshes(scene)
        first_triangles = np.cumsum([0, *(len(mesh.triangles) for mesh in meshes)])
        instances = np.concatenate([*(mesh.instance_ids for mesh in meshes), [-1]])
        on_film = straight_pixels(scene.camera.intrinsics).reshape(-1, 2) / scene.camera.intrinsics.size_wh
        numbers, triangles = self._first_hits(self._loaded(replace(scene, lamps=())), on_film)
        is_hit = (numbers >= 0) & (numbers < len(meshes))
        places = np.where(is_hit, first_triangles[np.where(is_hit, numbers, 0)] + triangles, -1)
        return instances[places].reshape(scene.camera.intrinsics.size_wh[::-1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._surfaces = SurfaceCache()
        if self._denoiser is not None:
            self._denoiser.__exit__(kind, error, trace)
            self._denoiser = None

    def _meshes(self, scene: Scene) -> list[PaintedMesh]:
        return paint_meshes(self._surfaces.surfaces(scene))

    def _loaded(self, scene: Scene) -> Any:
        meshes = self._meshes(scene)
        through_walls = any(mesh.wall_opacity < 1 for mesh in meshes)
        integrator = describe_integrator(
            self._section.max_depth, with_guides=self._section.denoise, through_walls=through_walls
        )
        return load_scene(self._mi, scene, meshes=meshes, integrator=integrator)

    def _first_hits(self, loaded: Any, on_film: FloatArray) -> tuple[IntArray, IntArray]:
        """Return the number of the surface at each of (N, 2) film positions in 0…1, −1 for none, and of its triangle."""
        if self._mi.variant().startswith("scalar"):
            hits = [self._first_hit(loaded, point) for point in on_film]
            return np.array([surface_number(hit.shape) for hit in hits]), np.array([hit.prim_index for hit in hits])
        import drjit

        def registered(pointers: Any) -> list[int]:
            numbers: list[int] = np.asarray(drjit.reinterpret_array(self._mi.UInt32, pointers)).tolist()
            return numbers

        surface_numbers = {registered(self._mi.ShapePtr(shape))[0]: surface_number(shape) for shape in loaded.shapes()}
        hit = self._first_hit(loaded, on_film.T.astype(np.float32))
        numbers = [surface_numbers.get(pointer, -1) for pointer in registered(hit.shape)]
        return np.array(numbers), np.asarray(hit.prim_index, np.int64)

    def _first_hit(self, loaded: Any, on_film: FloatArray) -> Any:
        """Return where the camera's rays through these film positions end."""
        center = self._mi.Point2f(0.5, 0.5)
        ray, _ = loaded.sensors()[0].sample_ray(0.0, 0.5, self._mi.Point2f(on_film), center)
        return loaded.ray_intersect(ray)


def _set_up_mitsuba(variant: str, num_threads: int) -> Any:
    """Return the mitsuba module, set to this variant and number of threads."""
    import drjit
    import mitsuba

    mitsuba.set_variant(variant)
    mitsuba.set_log_level(mitsuba.LogLevel.Error)
    drjit.set_thread_count(num_threads)
    return mitsuba
