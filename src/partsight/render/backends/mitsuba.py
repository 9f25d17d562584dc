"""Path-traced pictures by Mitsuba 3 (Jakob et al., https://mitsuba-renderer.org).

All scenes are given the same structure (every base color is a bitmap, every light a plugin of the same kind), because Dr.Jit then
re-uses the compiled kernels of the first scene for all others. Lamps light and are seen in reflections, but never by the camera
itself: they would hide parts that the labels call visible.
"""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np

from partsight.config.render import RenderSection
from partsight.render.backdrop import backdrop_radiance
from partsight.render.backends.mitsuba_variant import choose_variant, mitsuba_version
from partsight.render.surfaces import Surface, SurfaceCache
from partsight.structures.arrays import Float32Array, IntArray
from partsight.structures.camera import Camera, pixel_centers, pixel_rays
from partsight.structures.light import EnvironmentMap, Lamp
from partsight.structures.material import Material, linear_from_srgb
from partsight.structures.rendering import Rendering
from partsight.structures.scene import Scene

_CAMERA_FROM_OPENCV = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Mitsuba's cameras look along z with x to the left and y up."""
_WORLD_FROM_ENVMAP = np.array([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
"""Mitsuba's maps have y up and −z at their left side."""
_NEAR_M, _FAR_M = 1e-3, 1e3
_SMALLEST_METALLIC = 1e-4
"""Zero would be compiled as another kind of material."""
_NO_LAMP = Lamp((0.0, 0.0, 0.0), 1e-6, (0.0, 0.0, 0.0))
_NO_SURFACE = Surface(
    vertices_m=np.zeros((3, 3)),
    normals=np.tile(np.array([0, 0, 1], np.float32), (3, 1)),
    uvs=np.zeros((3, 2), np.float32),
    triangles=np.array([[0, 1, 2]]),
    material=Material("nothing", (0.0, 0.0, 0.0)),
    instance_index=-1,
)
_Thing = TypeVar("_Thing")


def open_backend(section: RenderSection, num_threads: int) -> "MitsubaRenderer":
    """Open Mitsuba in the wanted variant. Raises RenderError when it cannot draw here."""
    return MitsubaRenderer(section, num_threads)


class MitsubaRenderer:
    """Draws scenes with Mitsuba; equal scenes give equal pixels on any number of threads."""

    def __init__(self, section: RenderSection, num_threads: int) -> None:
        variant = choose_variant(section.variant)
        self.variant = f"mitsuba-{mitsuba_version()}/{variant}"
        self._section = section
        self._surfaces = SurfaceCache()
        self._mi = _loaded_mitsuba(variant, num_threads)

    def render(self, scene: Scene) -> Rendering:
        """Draw one scene. Raises RenderError for a background of another size than the camera's."""
        seed = scene.render_seed % 2**32
        traced = self._mi.render(self._loaded(scene), spp=self._section.samples_per_pixel, seed=seed)
        rgba = np.asarray(traced, dtype=np.float32).reshape(*scene.camera.intrinsics.size_wh[::-1], 4)
        return Rendering(rgba[..., :3] + (1 - rgba[..., 3:]) * backdrop_radiance(scene))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._surfaces = SurfaceCache()

    def _loaded(self, scene: Scene) -> Any:
        """Build Mitsuba's scene, one thing after the other: the numbers that things get are part of Dr.Jit's kernels."""
        surfaces = self._surfaces.surfaces(scene)
        meshes = [self._mesh(surface) for surface in _padded(surfaces, to_at_least=16, filler=_NO_SURFACE)]
        lamps = [_lamp(lamp) for lamp in _padded(scene.lamps, to_at_least=4, filler=_NO_LAMP)]
        description = {
            "type": "scene",
            "integrator": {"type": "path", "max_depth": self._section.max_depth, "hide_emitters": True},
            "sensor": self._sensor(scene.camera),
            "environment": self._environment(scene.environment),
            **{f"lamp_{number}": lamp for number, lamp in enumerate(lamps)},
            **{f"surface_{number}": mesh for number, mesh in enumerate(meshes)},
        }
        return self._mi.load_dict(description, parallel=False)

    def _sensor(self, camera: Camera) -> Mapping[str, Any]:
        (width, height), focal_px = camera.intrinsics.size_wh, camera.intrinsics.focal_px
        center_x, center_y = camera.intrinsics.principal_point_px
        return {
            "type": "perspective",
            "fov": float(np.rad2deg(2 * np.arctan(width / (2 * focal_px)))),
            "fov_axis": "x",
            "principal_point_offset_x": center_x / width - 0.5,
            "principal_point_offset_y": center_y / height - 0.5,
            "near_clip": _NEAR_M,
            "far_clip": _FAR_M,
            "to_world": self._mi.ScalarTransform4f(camera.world_from_camera @ _CAMERA_FROM_OPENCV),
            "film": {
                "type": "hdrfilm",
                "width": width,
                "height": height,
                "pixel_format": "rgba",
                "component_format": "float32",
                "rfilter": {"type": "box"},
            },
            "sampler": {"type": "independent"},
        }

    def _environment(self, environment: EnvironmentMap) -> Mapping[str, Any]:
        return {
            "type": "envmap",
            "bitmap": self._mi.Bitmap(environment.radiance.copy()),
            "to_world": self._mi.ScalarTransform4f(_WORLD_FROM_ENVMAP),
        }

    def _mesh(self, surface: Surface) -> Any:
        properties = self._mi.Properties()
        properties["bsdf"] = self._mi.load_dict(self._bsdf(surface.material))
        mesh = self._mi.Mesh(
            "surface",
            len(surface.vertices_m),
            len(surface.triangles),
            props=properties,
            has_vertex_normals=True,
            has_vertex_texcoords=True,
        )
        buffers = self._mi.traverse(mesh)
        buffers["vertex_positions"] = surface.vertices_m.astype(np.float32).ravel()
        buffers["vertex_normals"] = surface.normals.ravel()
        buffers["vertex_texcoords"] = surface.uvs.ravel()
        buffers["faces"] = surface.triangles.astype(np.uint32).ravel()
        buffers.update()
        return mesh

    def _bsdf(self, material: Material) -> Mapping[str, Any]:
        return {
            "type": "twosided",
            "material": {
                "type": "principled",
                "base_color": {"type": "bitmap", "raw": True, "bitmap": self._mi.Bitmap(_base_color_map(material))},
                "metallic": max(material.metallic, _SMALLEST_METALLIC),
                "roughness": material.roughness,
                "specular": 0.5,
            },
        }


def _loaded_mitsuba(variant: str, num_threads: int) -> Any:
    """Return the mitsuba module, set to this variant and number of threads."""
    import drjit
    import mitsuba

    mitsuba.set_variant(variant)
    mitsuba.set_log_level(mitsuba.LogLevel.Error)
    drjit.set_thread_count(num_threads)
    return mitsuba


def _padded(things: Sequence[_Thing], *, to_at_least: int, filler: _Thing) -> list[_Thing]:
    """Fill up to a power of two, so that scenes with a few things more or less share their kernels."""
    length = max(to_at_least, 1 << (len(things) - 1).bit_length()) if things else to_at_least
    return [*things, *[filler] * (length - len(things))]


def _lamp(lamp: Lamp) -> Mapping[str, Any]:
    return {
        "type": "sphere",
        "center": list(lamp.position_m),
        "radius": lamp.radius_m,
        "emitter": {
            "type": "area",
            "radiance": {"type": "rgb", "value": list(lamp.radiance)},
            "sampling_weight": 1.0 if any(lamp.radiance) else 0.0,
        },
    }


def _base_color_map(material: Material) -> Float32Array:
    """Return the material's base color as a linear picture; a single pixel without a texture."""
    if material.texture is None:
        return np.asarray(material.base_color, np.float32).reshape(1, 1, 3)
    linear = linear_from_srgb(material.texture.image_rgb / 255.0)
    return (linear * material.base_color).astype(np.float32)
