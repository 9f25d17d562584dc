"""What the camera sees where no part is: the background picture, or the environment itself."""

import numpy as np

from partsight.errors import RenderError
from partsight.structures.arrays import BoolArray, Float32Array, FloatArray, IntArray
from partsight.structures.world.camera import Camera, pixel_centers, pixel_rays
from partsight.structures.world.light import EnvironmentMap
from partsight.structures.world.material import linear_from_srgb
from partsight.structures.world.scene import Scene

_LINEAR_FROM_BYTE = linear_from_srgb(np.arange(256) / 255).astype(np.float32)


def backdrop_radiance(scene: Scene, is_wanted: BoolArray | None = None) -> Float32Array:
    """Return the (H, W, 3) linear radiance behind all geometry; where it is not wanted it may be zero.

    Raises RenderError for a background of another size.
    """
    if scene.background is None:
        return environment_radiance(scene.environment, scene.camera, is_wanted)
    width, height = scene.camera.intrinsics.size_wh
    image_rgb = scene.background.image_rgb
    if image_rgb.shape[:2] != (height, width):
        raise RenderError(
            f"the scene's background is {image_rgb.shape[1]}×{image_rgb.shape[0]} pixels, expected the camera's "
            f"{width}×{height}; crop or resize it before it goes into the scene"
        )
    radiance: Float32Array = _LINEAR_FROM_BYTE[image_rgb]
    return radiance


def environment_radiance(
    environment: EnvironmentMap, camera: Camera, is_wanted: BoolArray | None = None
) -> Float32Array:
    """Return the (H, W, 3) radiance of the environment along the rays through the pixel centers; zero where not wanted."""
    width, height = camera.intrinsics.size_wh
    pixels = pixel_centers(camera.intrinsics.size_wh)
    wanted = np.ones(len(pixels), bool) if is_wanted is None else is_wanted.ravel()
    radiance = np.zeros((len(pixels), 3), np.float32)
    radiance[wanted] = sampled_environment(environment, pixel_rays(camera, pixels[wanted]))
    return radiance.reshape(height, width, 3)


def sampled_environment(environment: EnvironmentMap, directions: FloatArray) -> Float32Array:
    """Return the (N, 3) radiance, interpolated bilinearly, from (N, 3) unit directions in the world."""
    num_rows, num_columns = environment.radiance.shape[:2]
    azimuth = np.arctan2(directions[:, 1], directions[:, 0])
    polar = np.arccos(np.clip(directions[:, 2], -1.0, 1.0))
    columns = (0.5 - azimuth / (2 * np.pi)) * num_columns - 0.5
    rows = np.clip(polar / np.pi * num_rows - 0.5, 0, num_rows - 1)
    left, above = np.floor(columns).astype(np.int64), np.floor(rows).astype(np.int64)
    right_share = (columns - left).astype(np.float32)[:, None]
    below_share = (rows - above).astype(np.float32)[:, None]
    upper = _mixed_columns(environment.radiance, above, left, right_share)
    lower = _mixed_columns(environment.radiance, np.minimum(above + 1, num_rows - 1), left, right_share)
    radiance: Float32Array = upper * (1 - below_share) + lower * below_share
    return radiance


def _mixed_columns(radiance: Float32Array, rows: IntArray, left: IntArray, right_share: Float32Array) -> Float32Array:
    """Interpolate along rows of the map; its left side continues its right side."""
    num_columns = radiance.shape[1]
    here, there = radiance[rows, left % num_columns], radiance[rows, (left + 1) % num_columns]
    mixed: Float32Array = here * (1 - right_share) + there * right_share
    return mixed
