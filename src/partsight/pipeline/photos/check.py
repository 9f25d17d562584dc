"""The photos of a recipe: what may be wrong with them, and where the renders do not cover them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from partsight.config.recipe import Recipe
from partsight.dataset.health import Finding, check_dataset
from partsight.dataset.photos import read_photos
from partsight.dataset.splits import split_photos, unused_sessions
from partsight.errors import DatasetError
from partsight.labels.importing import ImportRecord, read_imports
from partsight.photos.appearance import Gap, compare_appearance, measure_sizes
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.photo_answers import keeping, photo_key
from partsight.pipeline.photos.label_doubts import find_label_doubts
from partsight.pipeline.photos.leaks import find_leaks
from partsight.pipeline.stages.dataset.cropping import write_crops
from partsight.pipeline.stages.dataset.decoding import decode_photos
from partsight.pipeline.stages.dataset.photo_splits import tell_untaught
from partsight.structures.dataset import Dataset, Splits

MOST_COMPARED = 200
SMALL_PX = 32.0
"""Below it COCO calls objects small; they are found far less well."""
FEWEST_BOXES = 20
_MANY = 0.25
_LEAST_CROP = 0.3
"""Whole photos are looked at with at most about ten times the pixels of training."""


@dataclass(frozen=True, slots=True)
class PhotoCheck:
    """What was found."""

    num_photos: int
    num_boxes: int
    sessions: tuple[tuple[str, str, int], ...]
    """Session, split ('–' for none), number of pictures."""
    findings: tuple[Finding, ...]
    imports: tuple[ImportRecord, ...]
    """Where labels were brought in from, each with its balance."""
    gaps: tuple[Gap, ...]
    """Of training and validation photos, cut into crops where training is, against renders; empty when not asked for."""


def check_photos(experiment: Experiment, *, with_gaps: bool, with_detector: bool = False) -> PhotoCheck:
    """Check the recipe's photos, and keep what is said. Raises DatasetError for what makes them unusable, all problems together."""
    with keeping(experiment, "gaps" if with_gaps else "check") as answer:
        found = _check(experiment, with_gaps=with_gaps, with_detector=with_detector)
        answer.update(_answer(experiment.recipe, found))
    return found


def _answer(recipe: Recipe, found: PhotoCheck) -> dict[str, Any]:
    findings = [
        {
            "kind": one.kind,
            "where": one.where,
            "message": one.message,
            "photos": [key for path in one.pictures if (key := photo_key(recipe, path))],
        }
        for one in found.findings
    ]
    gaps = [gap.in_words for gap in found.gaps if gap.is_poor]
    return {"num_photos": found.num_photos, "num_boxes": found.num_boxes, "findings": findings, "gaps": gaps}


def _check(experiment: Experiment, *, with_gaps: bool, with_detector: bool) -> PhotoCheck:
    recipe = experiment.recipe
    if recipe.photos.folder is None:
        raise DatasetError(
            "the recipe has no photos: give photos.folder, or add some (partsight photos add) and label them (partsight photos label)."
        )
    photos = read_photos(recipe.photos, recipe.class_names)
    splits = _splits(recipe, photos)
    findings = [*check_dataset(photos), *_session_findings(recipe, photos, splits), *_size_findings(recipe, splits)]
    findings += [Finding("photos without outlines", "train.task", told) for told in tell_untaught(recipe, splits)]
    hashes = decode_photos(photos.samples, experiment.workspace, experiment.progress)
    findings += find_leaks(photos, splits, hashes, recipe.photos.folder)
    findings += find_label_doubts(experiment, photos, splits) if with_detector else []
    gaps = _gaps(experiment, splits) if with_gaps else ()
    num_boxes = sum(len(sample.class_ids) for sample in photos.samples)
    return PhotoCheck(
        len(photos.samples),
        num_boxes,
        _sessions(photos, splits),
        tuple(findings),
        read_imports(recipe.photos.folder),
        gaps,
    )


def _splits(recipe: Recipe, photos: Dataset) -> Splits:
    named = recipe.photos.train or recipe.photos.validation or recipe.photos.test
    nothing = Dataset(photos.class_names, ())
    return split_photos(photos, recipe.photos) if named else Splits(nothing, nothing, nothing)


def _sessions(photos: Dataset, splits: Splits) -> tuple[tuple[str, str, int], ...]:
    split_of = {
        sample.session: name for name in ("train", "validation", "test") for sample in getattr(splits, name).samples
    }
    counts: dict[str, int] = {}
    for sample in photos.samples:
        counts[sample.session] = counts.get(sample.session, 0) + 1
    return tuple((session, split_of.get(session, "–"), count) for session, count in sorted(counts.items()))


def _session_findings(recipe: Recipe, photos: Dataset, splits: Splits) -> list[Finding]:
    """Say what cannot be claimed with these sessions."""
    found = []
    sessions = {sample.session for sample in photos.samples}
    if len(sessions) == 1:
        message = "one session only: nothing can be claimed about another day or place. Take photos in more sessions"
        found.append(Finding("too few sessions", next(iter(sessions)), message))
    elif splits.test.samples and len({sample.session for sample in splits.test.samples}) == 1:
        message = "the test is one session: its figures speak about that day and place only, and have no interval"
        found.append(Finding("too few sessions", splits.test.samples[0].session, message))
    unused = unused_sessions(photos, recipe.photos) if splits.train.samples or splits.test.samples else ()
    if unused:
        found.append(Finding("unused sessions", ", ".join(unused), "serve no split"))
    return found


def _size_findings(recipe: Recipe, splits: Splits) -> list[Finding]:
    """Say where many parts are small in the network's input, and what brings more pixels; test photos are not looked at."""
    samples = (*splits.train.samples, *splits.validation.samples)
    sizes = measure_sizes(samples)
    section = recipe.train
    share_small = float((sizes * section.detect_size < SMALL_PX).mean()) if len(sizes) else 0.0
    if len(sizes) < FEWEST_BOXES or share_small < _MANY:
        return []
    small, large = np.quantile(sizes, (_MANY, 0.95))
    crop = np.floor(20 * np.clip(section.image_size * small / SMALL_PX, max(large, _LEAST_CROP), 1)) / 20
    remedy = f"train.crop = {crop:g}, or larger pictures" if crop < section.crop else "larger pictures"
    message = (
        f"{share_small:.0%} of {len(sizes)} parts are shorter than {SMALL_PX:g} px in the network's input "
        f"({section.detect_size} px for a photo): {remedy} (train.image_size) show them larger"
    )
    return [Finding("small parts", "photos of training and validation", message)]


def _gaps(experiment: Experiment, splits: Splits) -> tuple[Gap, ...]:
    """Compare with the recipe's renders; test photos are not looked at."""
    taken = (*splits.train.samples, *splits.validation.samples)[:MOST_COMPARED]
    if not taken:
        raise DatasetError(
            "no photos to compare: name sessions in photos.train or photos.validation. Test photos choose nothing."
        )
    renders = experiment.render().dataset.samples[:MOST_COMPARED]
    share = experiment.recipe.train.crop
    if share == 1:
        return compare_appearance(taken, renders)
    crops = [crop.sample for photo in taken for crop in write_crops(experiment.recipe, photo, experiment.workspace)]
    gaps = compare_appearance(crops[:: -(-len(crops) // MOST_COMPARED)], renders)
    # The recipe states sizes as shares of whole photos.
    return tuple(gap.scaled(share) if gap.name == "object size" else gap for gap in gaps)
