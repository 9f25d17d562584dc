"""What a verifier learns from: parts in the training pictures, places without any, and what the detector took for parts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from partsight.config.recipe import Recipe
from partsight.dataset.counterexamples import only_elsewhere, sample_elsewhere, sample_pieces, vary_boxes
from partsight.detector.crops import Crops, cut_crops
from partsight.detector.detector import Checkpoint, Detector, open_family
from partsight.detector.rescoring import propose
from partsight.evaluate.detecting import detect_samples
from partsight.files import read_json
from partsight.pictures import read_picture
from partsight.progress import Progress
from partsight.structures.arrays import BoolArray, FloatArray, IntArray
from partsight.structures.sample import Sample
from partsight.structures.verifier_spec import VerifierSpec

LEAST_VISIBLE = 0.35
"""Visible share of a rendered part from which it teaches its name."""
NUM_VIEWS = 2
"""How often each part is framed, never twice alike."""
MOST_PARTS, MOST_PER_CLASS = 1200, 60
"""Parts that are shown: so many, or so many of each class where there are many classes."""
MOST_ELSEWHERE, MOST_ALARMS = 800, 800
MOST_LOOKED_AT, MOST_PLACES = 200, 60
"""Pictures with parts, and photos without, on which the detector's false alarms are gathered."""
_ALARMS_PER_PICTURE, _ALARMS_PER_PLACE = 6, 20
_ELSEWHERE_PER_PICTURE, _ELSEWHERE_PER_PLACE = 2, 8


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes on training pictures, and what they show."""

    sample_ids: IntArray
    """(N,) index into the pictures."""
    boxes_xyxy: FloatArray
    """(N, 4)."""
    labels: IntArray
    """(N,) class; the number of classes stands for none of them."""

    def __getitem__(self, chosen: BoolArray | IntArray) -> "Boxes":
        """Return those that a mask or their numbers name."""
        return Boxes(self.sample_ids[chosen], self.boxes_xyxy[chosen], self.labels[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Crops with their labels, and how many there are of each kind."""

    crops: Crops
    labels: IntArray
    counts: Mapping[str, int]


def gather_lessons(
    recipe: Recipe, samples: Sequence[Sample], *, checkpoint: Checkpoint, spec: VerifierSpec, progress: Progress
) -> Lessons:
    """Return what the training pictures teach. Raises DatasetError for a picture that cannot be read."""
    rng, none = np.random.default_rng(recipe.train_seed), len(recipe.class_names)
    order = rng.permutation(len(samples))
    shuffled = [samples[place] for place in order]
    alarms = _find_alarms(recipe, shuffled, checkpoint=checkpoint, spec=spec, progress=progress)
    kinds = {
        "parts": _parts(shuffled, none, rng),
        "elsewhere": _limit(_elsewhere(shuffled, none, rng), MOST_ELSEWHERE, rng),
        "false alarms": _limit(_boxes(alarms, none), MOST_ALARMS, rng),
    }
    boxes = _joined(list(kinds.values()))
    counts = {name: len(one.labels) for name, one in kinds.items()}
    return Lessons(_cut(shuffled, boxes, spec, progress), boxes.labels, counts)


def _find_alarms(
    recipe: Recipe, samples: Sequence[Sample], *, checkpoint: Checkpoint, spec: VerifierSpec, progress: Progress
) -> dict[int, FloatArray]:
    """Return, by the picture's number, the boxes where the detector sees a part and there is none."""
    family, found = open_family(checkpoint.family), dict[int, FloatArray]()
    shown = [number for number, one in enumerate(samples) if len(one.class_ids)][:MOST_LOOKED_AT]
    places = [number for number, one in enumerate(samples) if not len(one.class_ids)][:MOST_PLACES]
    groups = (
        (shown, _ALARMS_PER_PICTURE, recipe.train.image_size),
        (places, _ALARMS_PER_PLACE, recipe.train.detect_size),
    )
    with progress.stage("verify: look for false alarms", len(shown) + len(places), "pictures") as advance:
        for numbers, most, size in groups:
            detector = family.load(checkpoint, recipe.train.threads, image_size=size)
            for number in numbers:
                found[number] = _alarms(detector, samples[number], recipe=recipe, spec=spec)[:most]
                advance(len(found), "")
    return found


def _alarms(detector: Detector, sample: Sample, *, recipe: Recipe, spec: VerifierSpec) -> FloatArray:
    """Return what is proposed where no part is, best first."""
    (found,) = detect_samples(detector, [sample], recipe.evaluate, lambda _done, _total: None)
    proposed = propose(found, spec)
    return only_elsewhere(proposed.boxes_xyxy, sample.boxes_xyxy)


def _parts(samples: Sequence[Sample], num_classes: int, rng: np.random.Generator) -> Boxes:
    """Return the parts that can be seen well enough, framed anew for each view; every class has its share."""
    visible = [np.flatnonzero(_is_visible(sample)) for sample in samples]
    each = Boxes(
        np.repeat(np.arange(len(samples)), [len(one) for one in visible]),
        np.concatenate([np.zeros((0, 4)), *(one.boxes_xyxy[rows] for one, rows in zip(samples, visible, strict=True))]),
        np.concatenate(
            [np.zeros(0, np.int64), *(one.class_ids[rows] for one, rows in zip(samples, visible, strict=True))]
        ),
    )
    quota = max(MOST_PER_CLASS, MOST_PARTS // num_classes)
    kept = each[np.concatenate([np.flatnonzero(each.labels == label)[:quota] for label in range(num_classes)])]
    views = [Boxes(kept.sample_ids, vary_boxes(kept.boxes_xyxy, rng), kept.labels) for _ in range(NUM_VIEWS)]
    return _joined(views)


def _is_visible(sample: Sample) -> BoolArray:
    """Return (N,): whether each part is visible enough; of photos that is not known, and all are."""
    if sample.source == "photo":
        return np.ones(len(sample.class_ids), dtype=bool)
    labels = read_json(sample.image_path.parent.parent / "labels" / f"{sample.image_path.stem}.json")
    return np.array([one["visible_fraction"] >= LEAST_VISIBLE for one in labels["objects"]], dtype=bool)


def _elsewhere(samples: Sequence[Sample], none: int, rng: np.random.Generator) -> Boxes:
    """Return pieces of parts, and boxes of any size where no part is."""
    found = {}
    for number, sample in enumerate(samples):
        num = _ELSEWHERE_PER_PICTURE if len(sample.class_ids) else _ELSEWHERE_PER_PLACE
        others = sample_elsewhere(sample.size_wh, sample.boxes_xyxy, num, rng)
        found[number] = np.concatenate([sample_pieces(sample.boxes_xyxy, rng)[:1], others])
    return _boxes(found, none)


def _boxes(found: Mapping[int, FloatArray], label: int) -> Boxes:
    counts = [len(boxes) for boxes in found.values()]
    numbers = np.repeat(np.array(list(found), np.int64), counts)
    return Boxes(numbers, np.concatenate([np.zeros((0, 4)), *found.values()]), np.full(len(numbers), label))


def _limit(boxes: Boxes, most: int, rng: np.random.Generator) -> Boxes:
    return boxes[np.sort(rng.permutation(len(boxes.labels))[:most])]


def _joined(groups: Sequence[Boxes]) -> Boxes:
    return Boxes(
        np.concatenate([one.sample_ids for one in groups]),
        np.concatenate([one.boxes_xyxy for one in groups]),
        np.concatenate([one.labels for one in groups]),
    )


def _cut(samples: Sequence[Sample], boxes: Boxes, spec: VerifierSpec, progress: Progress) -> Crops:
    """Return (N, size, size, 3) crops in the order of the boxes; each picture is read once."""
    crops = np.zeros((len(boxes.labels), spec.size_px, spec.size_px, 3), np.uint8)
    groups = list(_by_picture(boxes.sample_ids))
    with progress.stage("verify: crops", len(groups), "pictures") as advance:
        for done, (number, rows) in enumerate(groups, start=1):
            crops[rows] = cut_crops(read_picture(samples[number].image_path), boxes.boxes_xyxy[rows], spec)
            advance(done, "")
    return crops


def _by_picture(sample_ids: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Yield each picture's number and the rows of its boxes."""
    order = np.argsort(sample_ids, kind="stable")
    numbers, starts = np.unique(sample_ids[order], return_index=True)
    yield from zip(numbers.tolist(), np.split(order, starts[1:]), strict=True)
