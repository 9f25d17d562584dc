"""What a report shows, as plain data; the pipeline fills it, the page draws it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray, locked
from partsight.structures.evaluation import Evaluation, Interval
from partsight.structures.mask import Mask

TestSource: TypeAlias = Literal["render", "photo", "mixed"]


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One part as it was read from CAD."""

    name: str
    description: str
    picture_png: bytes
    """A picture of the part as an encoded PNG."""
    facts: tuple[tuple[str, str], ...]
    """Name and value, for instance ('Size', '120 × 80 × 60 mm')."""


@dataclass(frozen=True, slots=True, eq=False)
class ReportPicture:
    """A picture with boxes: detections where `scores` are given, exact or given labels otherwise."""

    image_path: Path
    boxes_xyxy: FloatArray
    """(N, 4) in the picture's pixels."""
    class_ids: IntArray
    """(N,)"""
    scores: FloatArray | None = None
    """(N,) of the detector; None: the boxes are labels."""
    truth_boxes_xyxy: FloatArray | None = None
    """(M, 4) to compare the detections with; None: unknown or not shown."""
    truth_class_ids: IntArray | None = None
    """(M,)"""
    truth_ids: IntArray | None = None
    """(N,) which true box each detection took, of its own class or of another; −1 for none."""
    caption: str = ""
    masks: tuple[Mask, ...] | None = None
    """Of the detections, where they have any."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes_xyxy", locked(self.boxes_xyxy, np.float64, (None, 4)))
        object.__setattr__(self, "class_ids", locked(self.class_ids, np.int64, (len(self.boxes_xyxy),)))
        if self.scores is not None:
            object.__setattr__(self, "scores", locked(self.scores, np.float64, (len(self.boxes_xyxy),)))
        truth = (self.truth_boxes_xyxy, self.truth_class_ids, self.truth_ids)
        if len({one is None for one in truth}) > 1:
            raise ValueError("truth boxes, their classes and who took which are given together or not at all")
        if self.truth_boxes_xyxy is not None and self.truth_class_ids is not None and self.truth_ids is not None:
            object.__setattr__(self, "truth_boxes_xyxy", locked(self.truth_boxes_xyxy, np.float64, (None, 4)))
            num_boxes = len(self.truth_boxes_xyxy)
            object.__setattr__(self, "truth_class_ids", locked(self.truth_class_ids, np.int64, (num_boxes,)))
            object.__setattr__(self, "truth_ids", locked(self.truth_ids, np.int64, (len(self.boxes_xyxy),)))


@dataclass(frozen=True, slots=True)
class StageTiming:
    """How long a stage took."""

    stage: str
    seconds: float
    note: str = ""
    """For instance 'resumed' or '320 pictures, 2 workers'."""


@dataclass(frozen=True, slots=True, eq=False)
class EarlierEvaluation:
    """The evaluation before, of another training on the same pictures."""

    evaluation: Evaluation
    difference: Interval | None
    """95 % of what mAP50 has gained since, paired over sessions; None with too few of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContent:
    """Everything on the page; a chapter whose content is empty is left out."""

    title: str
    evaluation: Evaluation
    test_source: TestSource
    """What the evaluated pictures are; the verdict says what they can and cannot prove."""
    earlier: EarlierEvaluation | None = None
    """None where this is the first one on these pictures."""
    verdict: str | None = None
    """One sentence on top; None: written from the figures."""
    parts: tuple[ReportPart, ...] = ()
    renders: tuple[ReportPicture, ...] = ()
    history: tuple[Mapping[str, float], ...] = ()
    """Figures by name after each epoch, as the detector library calls them."""
    best: tuple[ReportPicture, ...] = ()
    worst: tuple[ReportPicture, ...] = ()
    false_positives: tuple[ReportPicture, ...] = ()
    recipe: str = ""
    """The effective recipe as TOML or JSON text."""
    provenance: tuple[tuple[str, str], ...] = ()
    """Name and value: versions, hashes, machine."""
    timings: tuple[StageTiming, ...] = ()
    num_trainings: int = 1
    """Trainings that followed one another; `history` is of the last."""
    num_train_renders: int = 0
    num_train_photos: int = 0
    """Photos that show parts."""
    num_train_backgrounds: int = 0
    """Photos that show none."""
    dropped_labels: tuple[tuple[str, int], ...] = ()
    """Why labels were left out, and how many; for instance ('less than 5 % visible', 31)."""
    notes: tuple[str, ...] = ()
    """What the reader must know: warnings of the run, limits."""
