"""Our scene → Mitsuba's scene.

All scenes get the same structure, because Dr.Jit then runs the kernels that it compiled for the first one: every base color is a
bitmap, as are metallic and roughness, every mesh has normals and texture coordinates, things come in a fixed order, their numbers are
rounded up, one lamp is always dark, and arrays lie where vector registers load from.
Lamps give light and are seen in reflections, but the camera looks through them: they would hide parts that the labels call visible.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from partsight.render.backends.mitsuba_palette import PaintedMesh
from partsight.structures.arrays import Float32Array, FloatArray, IntArray
from partsight.structures.world.camera import Camera
from partsight.structures.world.light import EnvironmentMap, Lamp
from partsight.structures.world.scene import Scene
from partsight.structures.world.transform import moved

_CAMERA_FROM_OPENCV = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Mitsuba's cameras look along z with x to the left and y up."""
_WORLD_FROM_ENVMAP = np.array([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
"""Mitsuba's maps have y up and −z at their left side."""
ALIGNMENT_BYTES = 64
"""Of the widest vector registers (AVX-512)."""
_NEAR_M, _FAR_M = 1e-3, 1e3
_NO_MESH = PaintedMesh(
    vertices_m=np.zeros((3, 3)),
    normals=np.tile(np.array([0, 0, 1], np.float32), (3, 1)),
    uvs=np.zeros((3, 2), np.float32),
    triangles=np.array([[0, 1, 2]]),
    base_color=np.zeros((1, 1, 3), np.float32),
    metallic=np.zeros((1, 1, 1), np.float32),
    roughness=np.ones((1, 1, 1), np.float32),
    instance_ids=np.array([-1]),
)
_WALL_IOR = 1.33
"""Mitsuba's thin panes mirror on both sides; at this index both together mirror 4 %, as one side of glass or acrylic does."""
_SURFACE_NAME = "surface_"
_Thing = TypeVar("_Thing")


def describe_integrator(max_depth: int, *, with_guides: bool, through_walls: bool = False) -> Mapping[str, Any]:
    """Return the path tracer, which gives RGBA; with guides also three channels of albedo and three of normals.

    Through see-through walls light is sampled by another one, which counts no segment for them.
    """
    path = {"type": "volpath" if through_walls else "path", "max_depth": max_depth, "hide_emitters": True}
    return {"type": "aov", "aovs": "albedo:albedo,normal:sh_normal", "image": path} if with_guides else path


def load_scene(mi: Any, scene: Scene, *, meshes: Sequence[PaintedMesh], integrator: Mapping[str, Any]) -> Any:
    """Build Mitsuba's scene with the module `mi`, one thing after the other: their numbers are part of the kernels."""
    shapes = [_mesh(mi, painted) for painted in _padded(meshes, to_at_least=8, filler=_NO_MESH)]
    dark = _no_lamp(
        scene.camera
    )  # always one, because Mitsuba draws among equally weighted emitters by another program
    lamps = [_lamp(lamp) for lamp in _padded((*scene.lamps, dark), to_at_least=8, filler=dark)]
    description = {
        "type": "scene",
        "integrator": dict(integrator),
        "sensor": _sensor(mi, scene.camera),
        "environment": _environment(mi, scene.environment),
        **{f"lamp_{number}": lamp for number, lamp in enumerate(lamps)},
        **{f"{_SURFACE_NAME}{number}": mesh for number, mesh in enumerate(shapes)},
    }
    return mi.load_dict(description, parallel=False)


def surface_number(shape: Any) -> int:
    """Return which surface a shape of a loaded scene is; −1 for lamps and for None."""
    name = shape.id() if shape else ""
    return int(name.removeprefix(_SURFACE_NAME)) if name.startswith(_SURFACE_NAME) else -1


def _padded(things: Sequence[_Thing], *, to_at_least: int, filler: _Thing) -> list[_Thing]:
    """Fill up to a power of two."""
    length = max(to_at_least, 1 << max(len(things) - 1, 0).bit_length())
    return [*things, *[filler] * (length - len(things))]


def _no_lamp(camera: Camera) -> Lamp:
    """Return a speck without light behind the camera."""
    x, y, z = moved(camera.world_from_camera, np.array([[0.0, 0.0, -0.1]]))[0]
    return Lamp((x, y, z), 1e-6, (0.0, 0.0, 0.0))


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


def _sensor(mi: Any, camera: Camera) -> Mapping[str, Any]:
    (width, height), focal_px = camera.intrinsics.size_wh, camera.intrinsics.focal_px
    center_x, center_y = camera.intrinsics.principal_point_px
    film = {
        "type": "hdrfilm",
        "width": width,
        "height": height,
        "pixel_format": "rgba",
        "component_format": "float32",
        "rfilter": {"type": "box"},
    }
    return {
        "type": "perspective",
        "fov": float(np.rad2deg(2 * np.arctan(width / (2 * focal_px)))),
        "fov_axis": "x",
        "principal_point_offset_x": 0.5 - center_x / width,
        "principal_point_offset_y": 0.5 - center_y / height,
        "near_clip": _NEAR_M,
        "far_clip": _FAR_M,
        "to_world": mi.ScalarTransform4f(camera.world_from_camera @ _CAMERA_FROM_OPENCV),
        "film": film,
        "sampler": {"type": "multijitter"},
    }


def _environment(mi: Any, environment: EnvironmentMap) -> Mapping[str, Any]:
    return {
        "type": "envmap",
        "bitmap": mi.Bitmap(environment.radiance.copy()),
        "to_world": mi.ScalarTransform4f(_WORLD_FROM_ENVMAP),
    }


def _mesh(mi: Any, painted: PaintedMesh) -> Any:
    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict(_bsdf(mi, painted), parallel=False)
    num_vertices, num_triangles = len(painted.vertices_m), len(painted.triangles)
    mesh = mi.Mesh(
        "surface", num_vertices, num_triangles, props=properties, has_vertex_normals=True, has_vertex_texcoords=True
    )
    buffers = mi.traverse(mesh)
    buffers["vertex_positions"] = _aligned(painted.vertices_m, np.float32)
    buffers["vertex_normals"] = _aligned(painted.normals, np.float32)
    buffers["vertex_texcoords"] = _aligned(painted.uvs, np.float32)
    buffers["faces"] = _aligned(painted.triangles, np.uint32)
    buffers.update()
    return mesh


def _aligned(values: FloatArray | Float32Array | IntArray, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """Return a flat copy that begins where vector registers load from: Dr.Jit compiles another kernel for one that does not."""
    num_bytes = values.size * np.dtype(dtype).itemsize
    room = np.empty(num_bytes + ALIGNMENT_BYTES, np.uint8)
    start = -room.ctypes.data % ALIGNMENT_BYTES
    flat: npt.NDArray[Any] = room[start : start + num_bytes].view(dtype)
    flat[:] = values.ravel()
    return flat


def _bsdf(mi: Any, painted: PaintedMesh) -> Mapping[str, Any]:
    principled = {
        "type": "principled",
        "base_color": _bitmap(mi, painted.base_color),
        "metallic": _bitmap(mi, painted.metallic),
        "roughness": _bitmap(mi, painted.roughness),
        "specular": 0.5,
    }
    opaque = {"type": "twosided", "material": principled}
    return opaque if painted.wall_opacity == 1 else _see_through(mi, painted, opaque)


def _see_through(mi: Any, painted: PaintedMesh, opaque: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a wall that light passes straight on, tinted, as labels have it; it mirrors as one side of a pane does."""
    hue = painted.base_color / np.maximum(painted.base_color.max(axis=2, keepdims=True), np.float32(1e-3))
    clear = {
        "type": "thindielectric",
        "int_ior": _WALL_IOR,
        "specular_transmittance": _bitmap(mi, hue ** np.float32(painted.wall_opacity)),
    }
    return {"type": "blendbsdf", "weight": painted.wall_opacity, "clear": clear, "opaque": opaque}


def _bitmap(mi: Any, values: Float32Array) -> Mapping[str, Any]:
    return {"type": "bitmap", "raw": True, "bitmap": mi.Bitmap(np.ascontiguousarray(values))}
