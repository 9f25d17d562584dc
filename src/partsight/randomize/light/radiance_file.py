"""Reader of Radiance pictures (.hdr, RGBE; Ward, "Real Pixels", Graphics Gems II, 1991)."""

import re
from pathlib import Path

import numpy as np

from partsight.errors import SceneError
from partsight.structures.arrays import Float32Array, Image

_SIZE_LINE = re.compile(rb"-Y (\d+) \+X (\d+)\n")


def read_radiance(path: Path) -> Float32Array:
    """Return the (H, W, 3) linear radiance of a .hdr file. Raises SceneError when it is none or cut off."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SceneError(f"{path}: cannot be read ({error.strerror}). Mend or remove the file.") from error
    size = _SIZE_LINE.search(content[:4096])
    if not content.startswith(b"#?") or size is None:
        raise SceneError(
            f"{path}: no Radiance picture with rows from top to bottom (-Y … +X …). Save it as such, or remove it."
        )
    height, width = int(size[1]), int(size[2])
    try:
        rgbe = _read_rows(content[size.end() :], height, width)
    except (IndexError, ValueError) as error:
        raise SceneError(
            f"{path}: the Radiance picture is cut off or broken ({error}). Mend or remove the file."
        ) from error
    scale = np.ldexp(1.0, rgbe[..., 3:].astype(np.int64) - 136)
    return np.where(rgbe[..., 3:] == 0, 0.0, (rgbe[..., :3] + 0.5) * scale).astype(np.float32)


def _read_rows(data: bytes, height: int, width: int) -> Image:
    """Return (H, W, 4) bytes from rows that are run-length encoded by channel, or from flat pixels."""
    if not (8 <= width < 32768 and data[:2] == b"\x02\x02"):
        return np.frombuffer(data, np.uint8, height * width * 4).reshape(height, width, 4)
    rows, position = np.empty((height, 4, width), np.uint8), 0
    for row in rows:
        if data[position : position + 4] != bytes([2, 2, width >> 8, width & 255]):
            raise ValueError(f"no start of a row at byte {position}")
        position += 4
        for channel in row:
            position = _read_channel(data, position, channel)
    return rows.transpose(0, 2, 1)


def _read_channel(data: bytes, position: int, channel: Image) -> int:
    """Fill one channel of one row from runs and literal stretches; return where it ends in the data."""
    filled = 0
    while filled < len(channel):
        count = data[position]
        if count > 128:
            channel[filled : filled + count - 128] = data[position + 1]
            filled, position = filled + count - 128, position + 2
        else:
            channel[filled : filled + count] = np.frombuffer(data, np.uint8, count, position + 1)
            filled, position = filled + count, position + 1 + count
    return position
