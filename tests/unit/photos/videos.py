"""Videos made on the spot: a camera that moves over a textured scene."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageFilter

SIZE_WH = (320, 240)
RATE = 20


def texture(seed: int = 0, size_wh: tuple[int, int] = (1600, 400)) -> np.ndarray:
    """Return a scene with large and small details."""
    generator = np.random.default_rng(seed)
    layers = [_noise(generator, size_wh, step) for step in (64, 16, 2)]
    return sum(layer * share for layer, share in zip(layers, (0.5, 0.3, 0.2), strict=True)).astype(np.uint8)


def _noise(generator: np.random.Generator, size_wh: tuple[int, int], step: int) -> np.ndarray:
    values = generator.integers(0, 256, (size_wh[1] // step, size_wh[0] // step, 3), np.uint8)
    return np.asarray(Image.fromarray(values).resize(size_wh))


def pan(num_frames: int, step_px: int = 8, seed: int = 0, size_wh: tuple[int, int] = SIZE_WH) -> list[np.ndarray]:
    """Return frames of a camera that moves to the right."""
    scene = texture(seed, (size_wh[0] + step_px * num_frames, size_wh[1]))
    return [scene[:, step_px * number : step_px * number + size_wh[0]].copy() for number in range(num_frames)]


def blurred(image: np.ndarray, radius: float = 4) -> np.ndarray:
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def write_video(
    path: Path,
    frames: Iterable[np.ndarray],
    times_s: Sequence[float] | None = None,
    *,
    codec: str = "libx264",
    rotation_deg: int = 0,
    options: dict[str, str] | None = None,
    bt709: bool = False,
) -> Path:
    """Write a video; `times_s` makes its frame rate vary."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = list(frames)
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.width, stream.height, stream.pix_fmt = images[0].shape[1], images[0].shape[0], "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "crf": "12", "g": "10"}
        if rotation_deg:
            stream.set_display_rotation(rotation_deg)
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            if bt709:
                frame = frame.reformat(format="yuv420p", src_colorspace="ITU709", dst_colorspace="ITU709")
            time_s = number / RATE if times_s is None else times_s[number]
            frame.pts, frame.time_base = round(time_s * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
