"""How sharp a frame is, and what it looks like in a few numbers.

Sharpness is the variance of the Laplacian (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000; the
steadiest of the simple operators in Pertuz et al., Pattern Recognition 46, 2013). It depends on the scene as much as on the focus, so
it compares frames of one scene only.

Looks are the lowest frequencies of the discrete cosine transform of a 32 × 32 gray picture, as in the perceptual hash of Zauner
("Implementation and benchmarking of perceptual image hash functions", 2010). The mean is left out and the length set to 1, so that
exposure and contrast do not count.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from partsight.photos.footage import GrayImage, PreviewFrame
from partsight.structures.arrays import Float32Array

FrameAppearance: TypeAlias = npt.NDArray[np.float16]
"""(256,) of length 1; zero for a picture of one color. Half precision: an hour of video is 100,000 of them."""

SIDE = 32
NUM_FREQUENCIES = 16
"""Per axis, of the descriptor: details down to a 16th of the picture."""
HASH_FREQUENCIES = 8
"""Per axis, of the hash: 64 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """What is kept of a frame while a video is looked through: half a kilobyte."""

    number: int
    time_s: float | None
    sharpness: float
    """Variance of the Laplacian at the small size, in gray levels squared."""
    look: FrameAppearance
    hash64: int


def measure(preview: PreviewFrame) -> Measurement:
    """Measure one frame."""
    frequencies = _frequencies(preview.gray)
    return Measurement(
        number=preview.number,
        time_s=preview.time_s,
        sharpness=sharpness(preview.gray),
        look=_look(frequencies),
        hash64=_hash64(frequencies),
    )


def sharpness(gray: GrayImage) -> float:
    """Return the variance of the Laplacian; 0 for pictures of fewer than 3 × 3 pixels."""
    if min(gray.shape) < 3:
        return 0.0
    values = gray.astype(np.int16)
    around = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:]
    return float((around - 4 * values[1:-1, 1:-1]).astype(np.float32).var())


def _frequencies(gray: GrayImage) -> Float32Array:
    """Return the (16, 16) lowest coefficients of the cosine transform (DCT-II) of the 32 × 32 picture."""
    small = PillowImage.fromarray(gray).resize((SIDE, SIDE), PillowImage.Resampling.BOX)
    values: Float32Array = _COSINES @ np.asarray(small, dtype=np.float32) @ _COSINES.T
    return values


def _cosines() -> Float32Array:
    rows, columns = np.arange(NUM_FREQUENCIES)[:, None], np.arange(SIDE)[None]
    matrix = np.sqrt(2 / SIDE) * np.cos(np.pi * rows * (2 * columns + 1) / (2 * SIDE))
    matrix[0] /= np.sqrt(2)
    cosines: Float32Array = matrix.astype(np.float32)
    return cosines


_COSINES = _cosines()
_PLAIN = 8.0
"""Length of a look below which a picture is of one color: a quarter of a gray level per pixel."""


def _look(frequencies: Float32Array) -> FrameAppearance:
    flat = frequencies.ravel().copy()
    flat[0] = 0.0
    length = float(np.linalg.norm(flat))
    return (flat / length if length > _PLAIN else np.zeros_like(flat)).astype(np.float16)


def _hash64(frequencies: Float32Array) -> int:
    """Return a bit per low frequency: above the median or not."""
    low = frequencies[:HASH_FREQUENCIES, :HASH_FREQUENCIES].ravel()
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
