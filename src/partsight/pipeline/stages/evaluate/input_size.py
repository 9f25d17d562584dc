"""The size of the network's input at which photos are looked at: validation photos choose it, as they choose the threshold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from partsight.config.recipe import Recipe
from partsight.detector.detector import Checkpoint, open_family
from partsight.detector.verifying import load_verifier
from partsight.evaluate.detecting import detect_samples, verify_samples
from partsight.evaluate.intervals.comparing import Comparison, compare
from partsight.progress import Advance, Progress
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections

RESAMPLES = 1000
"""Resamples of the validation photos by which a difference is clear or not."""


@dataclass(frozen=True, slots=True)
class SizedDetections:
    """What is seen on pictures, photos among them looked at with one size of the input."""

    image_size: int
    """Longer side of the input for photos, in pixels."""
    detections: Sequence[Detections]
    """One for each picture, verified where there is a verifier."""
    proposed: Sequence[Detections]
    """What the detector alone says."""


def first_size(recipe: Recipe) -> int:
    """Return the size that counts where nothing chooses."""
    return recipe.train.scaled_size(recipe.evaluate.input_scales[0])


def look_at(
    recipe: Recipe, dataset: Dataset, checkpoint: Checkpoint, image_size: int, progress: Progress
) -> SizedDetections:
    """Detect on pictures: photos are looked at whole, with that input, renders with the one they were trained with."""
    family, samples = open_family(checkpoint.family), dataset.samples
    found: dict[str, Detections] = {}
    with progress.stage(f"evaluate at {image_size} px", len(samples), "pictures") as advance:
        for source, size in (("photo", image_size), ("render", recipe.train.image_size)):
            chosen = [sample for sample in samples if sample.source == source]
            if chosen:
                detector = family.load(checkpoint, recipe.train.threads, image_size=size)
                of_chosen = detect_samples(detector, chosen, recipe.evaluate, _counted(advance, len(found)))
                found |= {sample.sample_id: one for sample, one in zip(chosen, of_chosen, strict=True)}
    proposed = [found[sample.sample_id] for sample in samples]
    return SizedDetections(
        image_size, _verified(recipe, dataset, checkpoint=checkpoint, proposed=proposed, progress=progress), proposed
    )


def choose_look(recipe: Recipe, validation: Dataset, checkpoint: Checkpoint, progress: Progress) -> SizedDetections:
    """Look at the validation pictures with each size of the recipe; return the first look, or one that is clearly better on photos.

    Clearly better: the 95 % interval of the difference in mAP50, over resampled photos, is above 0; of several such the one with the
    best mAP50. Where no photo shows a part, only the first size is looked at.
    """
    sizes = list(dict.fromkeys(recipe.train.scaled_size(scale) for scale in recipe.evaluate.input_scales))
    is_shown = any(sample.source == "photo" and len(sample.class_ids) for sample in validation.samples)
    looks = [look_at(recipe, validation, checkpoint, size, progress) for size in (sizes if is_shown else sizes[:1])]
    comparisons = [_compare(recipe, validation, looks[0], look) for look in looks[1:]]
    for look, one in zip(looks[1:], comparisons, strict=True):
        change = f"{one.first_map50:.3f} at {looks[0].image_size} px, {one.second_map50:.3f} at {look.image_size} px"
        progress.say(f"mAP50 on validation photos: {change}{'' if one.is_clear else ', no clear difference'}")
    clear = [
        (one.difference, look)
        for one, look in zip(comparisons, looks[1:], strict=True)
        if one.is_clear and one.difference > 0
    ]
    return max(clear, key=lambda pair: pair[0])[1] if clear else looks[0]


def _verified(
    recipe: Recipe,
    dataset: Dataset,
    *,
    checkpoint: Checkpoint,
    proposed: Sequence[Detections],
    progress: Progress,
) -> Sequence[Detections]:
    if checkpoint.verifier is None:
        return proposed
    verifier = load_verifier(checkpoint, recipe.train.threads)
    with progress.stage("verify what is found", len(dataset.samples), "pictures") as advance:
        return verify_samples(verifier, dataset.samples, proposed, recipe.evaluate, _counted(advance, 0))


def _compare(recipe: Recipe, dataset: Dataset, first: SizedDetections, second: SizedDetections) -> Comparison:
    """Compare two looks on the photos alone, each resampled by itself: a few sessions are all that there is to choose by."""
    places = [place for place, sample in enumerate(dataset.samples) if sample.source == "photo"]
    photos = tuple(replace(dataset.samples[place], session=dataset.samples[place].sample_id) for place in places)
    before, after = ([look.detections[place] for place in places] for look in (first, second))
    section = recipe.evaluate.but(bootstrap=RESAMPLES)
    return compare(replace(dataset, samples=photos), before, after, section, np.random.default_rng(recipe.seed))


def _counted(advance: Advance, before: int) -> Callable[[int, int], None]:
    return lambda done, _total: advance(before + done, "")
