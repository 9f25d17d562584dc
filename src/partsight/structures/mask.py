"""Which pixels of a picture show one thing, kept as COCO does: as runs of pixels down the columns."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from partsight.structures.arrays import BoolArray, FloatArray, IntArray, locked

Runs = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Pixels of a picture, in runs; pixels are numbered down the columns, the first column first."""

    size_wh: tuple[int, int]
    """Of the picture."""
    starts: Runs
    """(R,) number of each run's first pixel, ascending."""
    ends: Runs
    """(R,) number of the pixel after each run; before the next run's start."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", locked(self.starts, np.int32, (None,)))
        object.__setattr__(self, "ends", locked(self.ends, np.int32, (len(self.starts),)))

    @classmethod
    def of(
        cls, pixels: BoolArray, left_top: tuple[int, int] = (0, 0), size_wh: tuple[int, int] | None = None
    ) -> "Mask":
        """Return the mask of the (rows, columns) pixels of a rectangle of a picture, by default of the whole picture."""
        rows, columns = pixels.shape
        width, height = (columns, rows) if size_wh is None else size_wh
        steps = np.diff(np.pad(pixels.T.astype(np.int8), ((0, 0), (1, 1))), axis=1)
        firsts = (left_top[0] + np.arange(columns)) * height + left_top[1]
        begun, ended = np.nonzero(steps == 1), np.nonzero(steps == -1)
        starts, ends = firsts[begun[0]] + begun[1], firsts[ended[0]] + ended[1]
        is_joined = starts[1:] == ends[:-1]  # runs that go on at the top of the next column
        return cls(
            (width, height), starts[np.r_[True, ~is_joined][: len(starts)]], ends[np.r_[~is_joined, True][: len(ends)]]
        )

    @classmethod
    def from_counts(cls, counts: IntArray, size_wh: tuple[int, int]) -> "Mask":
        """Return the mask of COCO's counts: pixels outside, inside, outside … Raises ValueError where they do not fill the picture."""
        width, height = size_wh
        edges = np.concatenate([[0], np.cumsum(counts)])
        if edges[-1] != width * height or (np.asarray(counts) < 0).any():
            raise ValueError(f"runs of {edges[-1]} pixels in a mask of {width}×{height}")
        starts, ends = edges[1:-1:2], edges[2::2]
        is_run = ends > starts
        return cls(size_wh, starts[is_run], ends[is_run])

    @property
    def counts(self) -> IntArray:
        """COCO's counts."""
        edges = np.stack([self.starts, self.ends], axis=1).ravel()
        total = self.size_wh[0] * self.size_wh[1]
        counts = np.diff(np.concatenate([[0], edges, [total]])).astype(np.int64)
        whole: IntArray = counts[:-1] if len(counts) > 1 and counts[-1] == 0 else counts
        return whole

    @property
    def num_px(self) -> int:
        """How many pixels it has."""
        return int((self.ends - self.starts).sum())

    @property
    def pixels(self) -> BoolArray:
        """The (H, W) picture of it."""
        width, height = self.size_wh
        counts = self.counts
        flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
        full: BoolArray = np.ascontiguousarray(flat.reshape(width, height).T)
        return full

    @property
    def cut(self) -> tuple[BoolArray, tuple[int, int]]:
        """The (rows, columns) pixels of the least rectangle around it, and its left upper pixel; nothing for an empty mask."""
        if not len(self.starts):
            return np.zeros((0, 0), np.bool_), (0, 0)
        height = self.size_wh[1]
        left, right = int(self.starts[0]) // height, (int(self.ends[-1]) - 1) // height + 1
        flat = np.zeros((right - left) * height + 1, np.int8)
        flat[self.starts - left * height] = 1
        flat[self.ends - left * height] = -1
        columns = np.cumsum(flat[:-1]).reshape(right - left, height) > 0
        rows = np.flatnonzero(columns.any(axis=0))
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        return np.ascontiguousarray(columns[:, top:bottom].T), (left, top)

    def overlap_px(self, other: "Mask") -> int:
        """Return how many pixels both have; they must be of one picture."""
        return int((_covered(self, other.ends) - _covered(self, other.starts)).sum())


def mask_ious(masks: tuple[Mask, ...], others: tuple[Mask, ...]) -> FloatArray:
    """Return the (N, M) intersection over union of every mask with every other; 0 where they do not overlap, as pycocotools'."""
    iou = np.zeros((len(masks), len(others)))
    for row, one in enumerate(masks):
        for column, other in enumerate(others):
            iou[row, column] = mask_iou(one, other)
    return iou


def mask_iou(one: Mask, other: Mask) -> float:
    """Return the intersection over union of two masks of one picture; 0 where they do not overlap."""
    overlap = one.overlap_px(other) if _may_overlap(one, other) else 0
    return overlap / (one.num_px + other.num_px - overlap) if overlap else 0.0


def _covered(mask: Mask, numbers: Runs) -> IntArray:
    """Return how many pixels of a mask come before each of the numbered ones."""
    lengths = np.concatenate([[0], np.cumsum(mask.ends - mask.starts)])
    begun = np.searchsorted(mask.starts, numbers, side="left")
    covered: IntArray = lengths[begun].astype(np.int64)
    is_within = begun > 0
    last = begun[is_within] - 1
    covered[is_within] -= np.maximum(mask.ends[last] - numbers[is_within], 0)
    return covered


def _may_overlap(one: Mask, other: Mask) -> bool:
    """Return whether the columns of two masks meet."""
    if not len(one.starts) or not len(other.starts):
        return False
    return bool(one.starts[0] < other.ends[-1] and other.starts[0] < one.ends[-1])
