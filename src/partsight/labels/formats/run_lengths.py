"""Masks as tools pack them by run lengths.

COCO           runs of 0 and 1 in turn down the columns, as a list or as text of 6-bit groups with 5 bits of value
               (pycocotools, `rleToString`: from the third run on the difference to the run before the last)
Label Studio   bits: length (32), bits of a value - 1 (5), bits of four run lengths - 1 (4 each); then blocks: whether it repeats
               one value (1), which of the four (2), length - 1, and the value once or that often; RGBA row by row
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from partsight.structures.mask import Mask


def packed_mask(mask: Mask) -> dict[str, Any]:
    """Return a mask as COCO writes it: `size` (height, width) and `counts` as text."""
    return {"size": [mask.size_wh[1], mask.size_wh[0]], "counts": _as_text(mask.counts.tolist())}


def unpacked_mask(packed: Mapping[str, Any]) -> Mask:
    """Return the mask that COCO's entry holds, its runs as text or numbers. Raises ValueError where runs and size do not agree."""
    (height, width), counts = packed["size"], packed["counts"]
    runs = _coco_runs(counts) if isinstance(counts, str) else counts
    return Mask.from_counts(np.array(runs, np.int64), (int(width), int(height)))


def label_studio_mask(packed: Sequence[int], size_wh: tuple[int, int]) -> np.ndarray:
    """Return the (H, W) pixels of a brush stroke. Raises ValueError for damaged data."""
    values = _label_studio_values(bytes(packed))
    if len(values) != 4 * size_wh[0] * size_wh[1]:
        raise ValueError(f"{len(values)} values for a mask of {size_wh[0]}×{size_wh[1]}")
    return np.asarray(values.reshape(size_wh[1], size_wh[0], 4)[:, :, 3] > 0)


def _as_text(runs: Sequence[int]) -> str:
    return "".join(_packed(run - (runs[place - 2] if place > 2 else 0)) for place, run in enumerate(runs))


def _coco_runs(text: str) -> list[int]:
    runs: list[int] = []
    value, shift = 0, 0
    for letter in text:
        group = ord(letter) - 48
        value |= (group & 31) << shift
        shift += 5
        if group & 32:
            continue
        if group & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value, shift = 0, 0
    return runs


def _packed(value: int) -> str:
    """Return a number as groups of five bits, the lowest first, each with a sixth that says whether more follow."""
    letters = ""
    while True:
        group, value = value & 31, value >> 5
        is_last = value == (-1 if group & 16 else 0)
        letters += chr(48 + group + (0 if is_last else 32))
        if is_last:
            return letters


class _BitReader:
    """Reads numbers of any number of bits, highest first."""

    def __init__(self, content: bytes) -> None:
        self._bits = np.unpackbits(np.frombuffer(content, np.uint8))
        self._place = 0

    def number(self, num_bits: int) -> int:
        """Return the next number. Raises ValueError at the end."""
        bits = self._bits[self._place : self._place + num_bits]
        if len(bits) < num_bits:
            raise ValueError("ends too early")
        self._place += num_bits
        return int(bits @ (1 << np.arange(num_bits - 1, -1, -1, dtype=np.int64)))


def _label_studio_values(content: bytes) -> np.ndarray:
    bits = _BitReader(content)
    total, value_bits = bits.number(32), bits.number(5) + 1
    length_bits = [bits.number(4) + 1 for _ in range(4)]
    if total > 64 * len(content) * 2**16:
        raise ValueError(f"{total} values in {len(content)} bytes")
    values, place = np.zeros(total, np.int64), 0
    while place < total:
        is_run = bits.number(1)
        end = place + 1 + bits.number(length_bits[bits.number(2)])
        if is_run:
            values[place:end] = bits.number(value_bits)
        else:
            values[place:end] = [bits.number(value_bits) for _ in range(min(end, total) - place)]
        place = end
    return values
