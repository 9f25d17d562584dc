"""The truth about a detector on a set of pictures."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray, locked
from partsight.structures.detections import Threshold
from partsight.structures.offered import html_of, offered


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of one class or of all; NaN where nothing could be measured (no ground truth)."""

    num_boxes: int
    """Ground-truth boxes the figures rest on."""
    precision: float
    recall: float
    f1: float
    ap50: float
    """Average precision at IoU 0.50 (COCO, 101 recall points); for all classes their mean, mAP50."""
    ap50_95: float
    """Mean over IoU 0.50, 0.55 … 0.95."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure's confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Precision and recall of one class against the score threshold, at IoU 0.50."""

    class_name: str
    thresholds: FloatArray
    precision: FloatArray
    recall: FloatArray

    def __post_init__(self) -> None:
        for name in ("thresholds", "precision", "recall"):
            object.__setattr__(self, name, locked(getattr(self, name), np.float64, (None,)))


@dataclass(frozen=True, slots=True)
class Slice:
    """Recall among some of the true boxes, at the evaluation's threshold."""

    group: str
    """What the boxes are divided by: 'size', 'brightness', 'sharpness', 'session'."""
    name: str
    num_boxes: int
    recall: float
    interval: Interval | None
    """95 %, by bootstrap over sessions; None where fewer than two have such boxes."""


@dataclass(frozen=True, slots=True)
class Cause:
    """How recall goes with one fact about parts and their surroundings, all other facts held where they are."""

    name: str
    num_boxes: int
    low: float
    """10th percentile of the fact; the 90th is `high`."""
    high: float
    recall_low: float
    """Expected recall if every part had the low value."""
    recall_high: float
    interval: Interval
    """95 % of recall_high − recall_low, by bootstrap over pictures."""


@dataclass(frozen=True, slots=True)
class UnknownObjects:
    """What became of the things in held-out renders that are none of the classes."""

    num_pictures: int
    num_things: int
    taken_as: tuple[int, ...]
    """(C,) how many of them were taken for a part of each class."""
    num_elsewhere: int
    """False detections that lie neither on a part nor on such a thing."""


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Detections of similar score, all classes together."""

    num_detections: int
    mean_score: float
    precision: float
    """Share that is right at IoU 0.50; where scores mean what they say, the mean score."""


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """By which rule the threshold was chosen, and on which pictures; on none where the recipe states a score."""

    rule: str
    """As `evaluate.operate_at` says it, `auto` settled: 'best_f1', 'false_alarms 0.05', '0.7'."""
    num_renders: int = 0
    num_photos: int = 0
    """With parts."""
    num_places: int = 0
    """Photos without parts."""
    is_reached: bool = True
    """Whether the pictures can tell what the rule asks for, and a threshold reaches it."""
    margin: float = 0.0
    """F1 that was given away for a higher threshold, because no photo of a part chose."""

    @property
    def in_words(self) -> str:
        """'chosen for the best F1 on 40 renders and 20 photos without parts', or 'stated by the recipe'."""
        counts = {"renders": self.num_renders, "photos": self.num_photos, "photos without parts": self.num_places}
        told = [
            f"{count} {kind[:-1] if kind == 'renders' and count == 1 else kind}"
            for kind, count in counts.items()
            if count
        ]
        if not told:
            return "stated by the recipe"
        kind, _, rest = self.rule.removesuffix(" per_class").partition(" ")
        aims = {
            "best_f1": "for the best F1",
            "precision": f"for a precision of {rest}",
            "false_alarms": f"for the best F1 with at most {rest} false alarms per picture without parts",
        }
        each = ", for each class," if self.rule.endswith(" per_class") else ""
        safety = f", and raised as far as F1 there falls by no more than {self.margin:g}" if self.margin else ""
        pictures = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
        return f"chosen {aims.get(kind, f'for the best F1 (fixed: {self.rule})')}{each} on {pictures}{safety}"


@dataclass(frozen=True, slots=True)
class FalseDetections:
    """Detections above the threshold that are not right, by what they are (after TIDE: Bolya et al. 2020, arXiv:2008.08115)."""

    num_background: int
    """Where no part is."""
    num_duplicates: int
    """On a part that another detection has taken."""
    num_loose: int
    """Around or on a part, and too loosely for it: they overlap it by less than `FOUND_IOU`."""
    num_misnamed: int
    """On a part of another class, which they have taken."""
    num_at_edge: int
    """Of those on background, at the picture's edge."""
    num_at_edge_by_chance: float
    """How many of them would lie there if boxes of their sizes lay anywhere."""
    share_of_parts_at_edge: float
    """Of the labeled parts; NaN where there are none."""
    num_pictures: int
    """Pictures with any of them, misnamed ones aside."""
    worst_session: str
    """The one with most of them; empty where there are none, or only one session."""
    num_in_worst_session: int

    @property
    def total(self) -> int:
        """How many take no part; misnamed ones have taken one."""
        return self.num_background + self.num_duplicates + self.num_loose


@dataclass(frozen=True, slots=True)
class OtherThreshold:
    """What another threshold would give on the same pictures, for all classes."""

    threshold: float
    precision: float
    """Mean over classes, as `Score` of all."""
    recall: float
    num_false: int
    """As `FalseDetections.total`."""


@dataclass(frozen=True, slots=True)
class Judgment:
    """The short of an evaluation, at a threshold of its own that validation chose."""

    threshold: float
    map50: float
    precision: float
    recall: float
    num_right: int
    """Parts found as what they are."""
    num_misnamed: int
    """Parts found as something else."""
    num_false: int
    """Detections where no part is."""


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What a verifier changed on the same pictures."""

    before: Judgment
    """The detector alone."""
    after: Judgment
    num_won: int
    """Parts found as what they are with the verifier only."""
    num_lost: int
    """Those found without it only."""


@dataclass(frozen=True, slots=True)
class ShapeScore:
    """How well the pixels of things are found; NaN where there was nothing to find."""

    num_shapes: int
    ap50: float
    """As `Score`, with the overlap of masks in the place of that of boxes."""
    ap50_95: float


@dataclass(frozen=True, slots=True)
class ShapeFigures:
    """Figures of masks, on those of the pictures that tell the pixels of every part."""

    num_images: int
    overall: ShapeScore
    """Means over the classes that have any."""
    per_class: tuple[ShapeScore, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Figures of one detector on one set; precision, recall, F1 and the confusion matrix are at `threshold`."""

    class_names: tuple[str, ...]
    num_images: int
    num_empty_images: int
    num_sessions: int
    threshold: float
    threshold_source: str
    """Which set chose the threshold: 'validation', or 'test' in the baseline's protocol."""
    overall: Score
    per_class: tuple[Score, ...]
    class_agnostic_ap50: float
    """AP50 when every class is taken for one: does it find the objects at all?"""
    confusion: IntArray
    """(C + 1, C + 1) counts; rows: truth, columns: detection; the last row and column are background."""
    false_positives_per_empty_image: float
    """NaN when there is no empty picture."""
    intervals: dict[str, Interval]
    """95 % intervals by figure name ('map50', 'precision', …), by bootstrap over sessions."""
    curves: tuple[Curve, ...]
    slices: tuple[Slice, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    class_thresholds: tuple[float, ...] = ()
    """A threshold for each class, where the recipe wants them; then it is these that count, not `threshold`."""
    best_f1_threshold: float | None = None
    """The threshold of the best F1, where the recipe's rule took a higher one; None: no higher one was."""
    image_size: int | None = None
    """Longer side of the network's input for photos, in pixels; None where it is not known."""
    causes: tuple[Cause, ...] = ()
    """From held-out renders, of which everything is known; empty where there are too few or nothing is missed."""
    unknown: UnknownObjects | None = None
    """From held-out renders; None where there are none."""
    second_opinion: SecondOpinion | None = None
    """None where no verifier looked."""
    choice: ThresholdChoice | None = None
    """None where it is not known who chose the threshold."""
    false_detections: FalseDetections | None = None
    """None where nobody has looked."""
    other_thresholds: tuple[OtherThreshold, ...] = ()
    """With ever fewer false detections."""
    masks: ShapeFigures | None = None
    """None where boxes only are found."""

    @property
    def limits(self) -> Threshold:
        """The threshold that counts: that of all classes, or (C,) one for each."""
        return np.array(self.class_thresholds) if self.class_thresholds else self.threshold

    def __post_init__(self) -> None:
        size = len(self.class_names) + 1
        if self.class_thresholds and len(self.class_thresholds) != len(self.class_names):
            raise ValueError(f"{len(self.class_thresholds)} thresholds for {len(self.class_names)} classes")
        object.__setattr__(self, "confusion", locked(self.confusion, np.int64, (size, size)))

    def to_pandas(self) -> Any:
        """Return a pandas.DataFrame with one row for each class and one for all (extra [pandas]). Raises ExtraError without pandas."""
        return offered("notebook.tables", "evaluation_table")(self)

    def _repr_html_(self) -> str:
        return html_of(self, "results", "show_evaluation")
