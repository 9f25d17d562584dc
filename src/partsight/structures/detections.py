"""What a detector says about one picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, overload

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, IntArray, locked
from partsight.structures.mask import Mask
from partsight.structures.offered import html_of, offered

Threshold: TypeAlias = float | FloatArray
"""A score threshold for all classes, or (C,) one for each."""


Places: TypeAlias = "slice | Sequence[int] | IntArray | BoolArray"
"""Which of several: a slice, numbers, or (N,) yes and no."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One found box."""

    box_xyxy: FloatArray
    """(4,) in pixels."""
    score: float
    class_id: int
    mask: Mask | None = None
    """Its pixels; None where the detector finds boxes only."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Boxes of one picture, best first; a sequence of `Detection`."""

    boxes_xyxy: FloatArray
    """(N, 4) in pixels."""
    scores: FloatArray
    """(N,) in 0…1."""
    class_ids: IntArray
    """(N,) index into the detector's class names."""
    masks: tuple[Mask, ...] | None = None
    """The pixels of each; None where the detector finds boxes only."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes_xyxy", locked(self.boxes_xyxy, np.float64, (None, 4)))
        object.__setattr__(self, "scores", locked(self.scores, np.float64, (len(self.boxes_xyxy),)))
        object.__setattr__(self, "class_ids", locked(self.class_ids, np.int64, (len(self.boxes_xyxy),)))
        if self.masks is not None and len(self.masks) != len(self.boxes_xyxy):
            raise ValueError(f"{len(self.masks)} masks for {len(self.boxes_xyxy)} boxes")

    def __len__(self) -> int:
        return len(self.scores)

    def __iter__(self) -> Iterator[Detection]:
        return (self[place] for place in range(len(self)))

    @overload
    def __getitem__(self, place: int) -> Detection: ...
    @overload
    def __getitem__(self, place: Places) -> "Detections": ...
    def __getitem__(self, place: "int | Places") -> "Detection | Detections":
        """Return one detection, or those of a slice, of a sequence of places or of an (N,) array of yes and no."""
        if isinstance(place, int | np.integer):
            mask = None if self.masks is None else self.masks[place]
            return Detection(self.boxes_xyxy[place], float(self.scores[place]), int(self.class_ids[place]), mask)
        chosen = place if isinstance(place, slice) else _as_index(place)
        places = np.arange(len(self))[chosen].tolist()
        masks = None if self.masks is None else tuple(self.masks[one] for one in places)
        return Detections(self.boxes_xyxy[chosen], self.scores[chosen], self.class_ids[chosen], masks)

    def to_supervision(self, class_names: Sequence[str] = ()) -> Any:
        """Return these as supervision.Detections, with the names in `data["class_name"]` (extra [supervision]).

        Raises ExtraError without supervision.
        """
        return offered("notebook.supervision_boxes", "to_supervision")(self, class_names)

    @classmethod
    def from_supervision(cls, found: Any) -> "Detections":
        """Return supervision.Detections as ours, best first. Raises DetectorError where scores or classes are missing."""
        ours: Detections = offered("notebook.supervision_boxes", "from_supervision")(found)
        return ours

    def to_pandas(self, class_names: Sequence[str] = ()) -> Any:
        """Return a pandas.DataFrame with one row for each detection (extra [pandas]). Raises ExtraError without pandas."""
        return offered("notebook.tables", "detections_table")(self, class_names)

    def draw(self, picture: Any, class_names: Sequence[str] = ()) -> Any:
        """Return a PIL.Image of the picture with these boxes, which a notebook shows.

        `picture` is a Sample, whose names then count, a path, an (H, W, 3) RGB uint8 array or a PIL.Image. Raises DatasetError.
        """
        return offered("notebook.drawings", "draw_found")(self, picture, class_names)

    def _repr_html_(self) -> str:
        return html_of(self, "results", "show_detections")


def is_above(scores: FloatArray, class_ids: IntArray, threshold: Threshold) -> BoolArray:
    """Return (N,): whether each score is at least the threshold, or at least that of its class."""
    limits = threshold[class_ids] if isinstance(threshold, np.ndarray) else threshold
    return np.asarray(scores >= limits)


def above(detections: Detections, threshold: Threshold) -> Detections:
    """Return the detections whose score is at least the threshold, or at least that of their class."""
    return detections[is_above(detections.scores, detections.class_ids, threshold)]


def _as_index(places: "Sequence[int] | IntArray | BoolArray") -> "IntArray | BoolArray":
    """Return an index array; an empty list chooses nothing."""
    index = np.asarray(places)
    return index if index.size else index.astype(np.int64)
