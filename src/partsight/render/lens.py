"""Pictures through a lens that bends straight lines: drawn by a pinhole that sees a little more, then resampled in linear light.

Libraries that draw know pinholes only. Labels need no resampling: `annotate` sends each pixel's own ray, bent by the same lens.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from partsight.structures.arrays import Float32Array, FloatArray, Image
from partsight.structures.world.camera import Intrinsics, offsets_at, pixel_centers, pixels_at
from partsight.structures.world.material import linear_from_srgb, srgb_from_linear
from partsight.structures.world.rendering import Rendering
from partsight.structures.world.scene import Background, Scene

_STEP_PX = 16
"""Margins are multiples of this, so that few sizes of pictures occur: renderers prepare themselves for each."""


_TINY_PX = 1e-6


def draw_through_lens(render: Callable[[Scene], Rendering], scene: Scene) -> Rendering:
    """Return the picture of a scene whose camera has a lens, drawn by a renderer that knows pinholes only."""
    intrinsics = scene.camera.intrinsics
    positions = straight_pixels(intrinsics)
    margin_x, margin_y = _margins_px(positions, intrinsics.size_wh)
    wide = replace(
        scene,
        camera=replace(scene.camera, intrinsics=_widened(intrinsics, margin_x, margin_y)),
        background=_padded(scene.background, margin_x, margin_y),
    )
    return Rendering(_resampled(render(wide).radiance, positions + np.array([margin_x, margin_y])))


def straight_pixels(intrinsics: Intrinsics) -> FloatArray:
    """Return the (H, W, 2) pixel coordinates at which a pinhole of the same focal length sees what each pixel center sees."""
    width, height = intrinsics.size_wh
    straight = offsets_at(intrinsics, pixel_centers(intrinsics.size_wh)).reshape(height, width, 2)
    positions: FloatArray = straight * intrinsics.focal_px + intrinsics.principal_point_px
    return positions


def straightened_picture(image: Image, bent: Intrinsics, straight: Intrinsics) -> Image:
    """Return an (H, W, 3) picture taken through a lens as a pinhole would have taken it, interpolated bilinearly in linear light."""
    offsets = offsets_at(straight, pixel_centers(straight.size_wh))
    positions = pixels_at(bent, offsets).reshape(straight.size_wh[1], straight.size_wh[0], 2)
    light = linear_from_srgb(image / 255).astype(np.float32)
    encoded: Image = np.rint(srgb_from_linear(_resampled(light, positions).astype(np.float64)) * 255).astype(np.uint8)
    return encoded


def _margins_px(positions: FloatArray, size_wh: tuple[int, int]) -> tuple[int, int]:
    """Return how many pixels more the pinhole has to see to the left and right, and above and below."""
    low, high = positions.min(axis=(0, 1)) - 0.5, positions.max(axis=(0, 1)) + 0.5
    needed = np.maximum(0.0, np.maximum(-low, high - size_wh))
    across, down = (int(np.ceil((margin - _TINY_PX) / _STEP_PX)) * _STEP_PX for margin in needed)
    return across, down


def _widened(intrinsics: Intrinsics, margin_x: int, margin_y: int) -> Intrinsics:
    (width, height), (across, down) = intrinsics.size_wh, intrinsics.principal_point_px
    return Intrinsics(
        size_wh=(width + 2 * margin_x, height + 2 * margin_y),
        focal_px=intrinsics.focal_px,
        principal_point_px=(across + margin_x, down + margin_y),
    )


def _padded(background: Background | None, margin_x: int, margin_y: int) -> Background | None:
    """Continue a background by its mirror image: the lens bends it as everything else."""
    if background is None:
        return None
    return Background(np.pad(background.image_rgb, ((margin_y,) * 2, (margin_x,) * 2, (0, 0)), mode="symmetric"))


def _resampled(light: Float32Array, positions: FloatArray) -> Float32Array:
    """Return the light at (H, W, 2) pixel coordinates, interpolated bilinearly."""
    from scipy.ndimage import map_coordinates

    at = (positions[..., 1] - 0.5, positions[..., 0] - 0.5)
    channels = [map_coordinates(light[..., channel], at, order=1, mode="nearest") for channel in range(3)]
    resampled: Float32Array = np.stack(channels, axis=-1).astype(np.float32)
    return resampled
