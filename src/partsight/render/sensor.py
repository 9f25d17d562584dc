"""Light → picture: what lens, sensor and image processor of a camera do, one function each.

The order is the order of nature: lens (motion, defocus, color fringes, vignetting), exposure, noise, mosaic, white balance,
clipping, encoding, tone, sharpening, compression. No step moves the green of a pixel, so that labels stay exact; fringes move red
and blue by less than a pixel or two. A neutral setting skips its step.
"""

from io import BytesIO

import numpy as np

from partsight.structures.arrays import Float32Array, Image
from partsight.structures.world.material import srgb_from_linear
from partsight.structures.world.rendering import Rendering
from partsight.structures.world.sensor import Sensor

MIDDLE_GRAY = 0.18
"""Reflectance of the photographer's gray card, in linear light."""
MIDDLE_TONE = 0.4614
"""The same, sRGB-encoded."""
_LUMINANCE_WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Of linear and, as usual in image processors, of encoded red, green and blue (ITU-R BT.709)."""
_SHARPENING_RADIUS_PX = 1.0
_FILL_QUARTER = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / 4
_FILL_HALF = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]], np.float32) / 4
_FILLING = (_FILL_QUARTER, _FILL_HALF, _FILL_QUARTER)
"""Weights by which colors known at every fourth, every second and every fourth pixel are spread over all of them."""


def expose(rendering: Rendering, sensor: Sensor) -> Image:
    """Return the (H, W, 3) sRGB picture that this exposure makes of the light."""
    light = _blurred_by_motion(rendering.radiance, sensor)
    light = _blurred_by_lens(light, sensor)
    light = _fringed(light, sensor)
    light = _vignetted(light, sensor)
    light = _exposed(light, sensor)
    light = _with_noise(light, sensor)
    light = _interpolated_mosaic(light, sensor)
    light = np.clip(light * np.array(sensor.white_balance, np.float32), 0.0, 1.0)
    encoded: Float32Array = srgb_from_linear(light)
    encoded = _toned(encoded, sensor)
    encoded = _sharpened(encoded, sensor)
    return np.rint(np.clip(encoded, 0.0, 1.0) * 255).astype(np.uint8)


def encode_picture(image: Image, sensor: Sensor) -> tuple[str, bytes]:
    """Return the file suffix and the file: JPEG of the sensor's quality, or PNG where it compresses nothing."""
    from PIL import Image as PillowImage

    stream = BytesIO()
    picture = PillowImage.fromarray(image)
    if sensor.jpeg_quality is None:
        picture.save(stream, "PNG")
        return ".png", stream.getvalue()
    picture.save(stream, "JPEG", quality=sensor.jpeg_quality)
    return ".jpg", stream.getvalue()


def _blurred_by_motion(light: Float32Array, sensor: Sensor) -> Float32Array:
    """Smear the light along a line that is centered on each pixel."""
    if sensor.motion_px <= 0:
        return light
    from scipy.signal import oaconvolve

    kernel = _line_kernel(sensor.motion_px, sensor.motion_angle_deg)
    margin = kernel.shape[0] // 2
    framed = np.pad(light, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    blurred = oaconvolve(framed, kernel[:, :, None], mode="valid", axes=(0, 1))
    positive: Float32Array = np.maximum(blurred, 0.0).astype(np.float32)
    return positive


def _line_kernel(length_px: float, angle_deg: float) -> Float32Array:
    """Return a square kernel with a centered line of this length, spread bilinearly, summing to one."""
    margin = int(np.ceil(length_px / 2)) + 1
    steps = np.linspace(-0.5, 0.5, 8 * margin + 1) * length_px
    columns, rows = steps * np.cos(np.deg2rad(angle_deg)), -steps * np.sin(np.deg2rad(angle_deg))
    cells = np.arange(-margin, margin + 1)
    column_shares = np.maximum(1 - np.abs(columns[:, None] - cells), 0)
    row_shares = np.maximum(1 - np.abs(rows[:, None] - cells), 0)
    total = row_shares.T @ column_shares
    kernel: Float32Array = (total / total.sum()).astype(np.float32)
    return kernel


def _blurred_by_lens(light: Float32Array, sensor: Sensor) -> Float32Array:
    """Spread each point of light as a Gaussian."""
    if sensor.defocus_px <= 0:
        return light
    return _gaussian(light, sensor.defocus_px)


def _gaussian(values: Float32Array, sigma_px: float) -> Float32Array:
    from scipy.ndimage import gaussian_filter

    blurred: Float32Array = gaussian_filter(values, sigma=(sigma_px, sigma_px, 0), mode="nearest")
    return blurred


def _fringed(light: Float32Array, sensor: Sensor) -> Float32Array:
    """Draw red larger and blue smaller about the middle, as a lens does that bends colors differently."""
    if sensor.chromatic_px == 0:
        return light
    from scipy.ndimage import affine_transform

    middle = (np.array(light.shape[:2]) - 1) / 2
    share = sensor.chromatic_px / 2 / float(np.linalg.norm(middle))
    fringed = light.copy()
    for channel, zoom in ((0, 1 + share), (2, 1 - share)):
        shift = middle - middle / zoom
        fringed[..., channel] = affine_transform(light[..., channel], (1 / zoom,) * 2, shift, order=1, mode="nearest")
    return fringed


def _interpolated_mosaic(light: Float32Array, sensor: Sensor) -> Float32Array:
    """Keep one color of each pixel, in the pattern RG over GB (Bayer, US patent 3971065), and fill in the others bilinearly."""
    if not sensor.has_mosaic:
        return light
    from scipy.ndimage import convolve

    mosaic = np.zeros_like(light)
    mosaic[0::2, 0::2, 0] = light[0::2, 0::2, 0]
    mosaic[0::2, 1::2, 1] = light[0::2, 1::2, 1]
    mosaic[1::2, 0::2, 1] = light[1::2, 0::2, 1]
    mosaic[1::2, 1::2, 2] = light[1::2, 1::2, 2]
    full = [convolve(mosaic[..., channel], _FILLING[channel], mode="mirror") for channel in range(3)]
    filled: Float32Array = np.stack(full, axis=-1)
    return filled


def _vignetted(light: Float32Array, sensor: Sensor) -> Float32Array:
    """Darken with the square of the distance from the middle; the corners lose the stated share."""
    if sensor.vignetting == 0:
        return light
    height, width = light.shape[:2]
    rows = (np.arange(height, dtype=np.float32) + 0.5) / height * 2 - 1
    columns = (np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1
    aspect = width / height
    distance_squared = (rows[:, None] ** 2 + (columns * aspect) ** 2) / (1 + aspect**2)
    darkened: Float32Array = light * (1 - sensor.vignetting * distance_squared)[..., None]
    return darkened


def _exposed(light: Float32Array, sensor: Sensor) -> Float32Array:
    """Scale the light by the exposure; the automatic first brings its mean luminance to middle gray."""
    gain = 2.0**sensor.exposure_ev
    mean_luminance = float((light.mean(axis=(0, 1)) * _LUMINANCE_WEIGHTS).sum())
    if sensor.auto_exposure and mean_luminance > 0:
        gain *= MIDDLE_GRAY / mean_luminance
    return light * np.float32(gain)


def _with_noise(light: Float32Array, sensor: Sensor) -> Float32Array:
    """Add photon noise, whose variance grows with the light, and the noise of the electronics."""
    if sensor.shot_noise == 0 and sensor.read_noise == 0:
        return light
    deviation = np.sqrt(sensor.shot_noise**2 * np.maximum(light, 0.0) + sensor.read_noise**2).astype(np.float32)
    generator = np.random.default_rng(sensor.noise_seed)
    noisy: Float32Array = light + deviation * generator.standard_normal(light.shape, dtype=np.float32)
    return noisy


def _toned(encoded: Float32Array, sensor: Sensor) -> Float32Array:
    """Steepen the tones around middle gray, then move the colors away from gray."""
    if sensor.contrast != 1:
        middle = np.float32(MIDDLE_TONE)
        encoded = np.clip(middle + np.float32(sensor.contrast) * (encoded - middle), 0.0, 1.0)
    if sensor.saturation != 1:
        gray = (encoded @ _LUMINANCE_WEIGHTS)[..., None]
        encoded = np.clip(gray + np.float32(sensor.saturation) * (encoded - gray), 0.0, 1.0)
    return encoded


def _sharpened(encoded: Float32Array, sensor: Sensor) -> Float32Array:
    """Add what a slight blur takes away (unsharp mask)."""
    if sensor.sharpening == 0:
        return encoded
    return encoded + np.float32(sensor.sharpening) * (encoded - _gaussian(encoded, _SHARPENING_RADIUS_PX))
