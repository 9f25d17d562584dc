"""The size of the network's input at which photos are looked at: validation photos choose it, as they choose the threshold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from partsight.config.recipe import Recipe
from partsight.detector.detector import open_family
from partsight.evaluate.detecting import detect_samples
from partsight.evaluate.evaluating import evaluate
from partsight.pipeline.learn import TrainOutput
from partsight.pipeline.progress import Advance, Progress
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections

LEAST_GAIN = 0.01
"""mAP50 by which another size has to be better than the first."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen on pictures, photos among them looked at with one size of the input."""

    image_size: int
    """Longer side of the input for photos, in pixels."""
    detections: Sequence[Detections]
    """One for each picture."""


def first_size(recipe: Recipe) -> int:
    """Return the size that counts where nothing chooses."""
    return recipe.train.scaled_size(recipe.evaluate.input_scales[0])


def look_at(recipe: Recipe, dataset: Dataset, trained: TrainOutput, image_size: int, progress: Progress) -> Look:
    """Detect on pictures: photos are looked at whole, with that input, renders with the one they were trained with."""
    family, samples = open_family(trained.checkpoint.family), dataset.samples
    found: dict[str, Detections] = {}
    with progress.stage(f"evaluate at {image_size} px", len(samples), "pictures") as advance:
        for source, size in (("photo", image_size), ("render", recipe.train.image_size)):
            chosen = [sample for sample in samples if sample.source == source]
            if chosen:
                detector = family.load(trained.checkpoint, recipe.train.threads, image_size=size)
                of_chosen = detect_samples(detector, chosen, recipe.evaluate, _counted(advance, len(found)))
                found |= {sample.sample_id: one for sample, one in zip(chosen, of_chosen, strict=True)}
    return Look(image_size, [found[sample.sample_id] for sample in samples])


def choose_look(recipe: Recipe, validation: Dataset, trained: TrainOutput, progress: Progress) -> Look:
    """Look at the validation pictures with each size of the recipe; return the look with the best mAP50 on photos, or the first.

    The first is returned where no other one is better by `LEAST_GAIN`, and where no photo shows a part.
    """
    sizes = list(dict.fromkeys(recipe.train.scaled_size(scale) for scale in recipe.evaluate.input_scales))
    is_shown = any(sample.source == "photo" and len(sample.class_ids) for sample in validation.samples)
    looks = [look_at(recipe, validation, trained, size, progress) for size in (sizes if is_shown else sizes[:1])]
    if len(looks) == 1:
        return looks[0]
    figures = [_map50_on_photos(recipe, validation, look) for look in looks]
    told = ", ".join(f"{figure:.3f} at {look.image_size} px" for figure, look in zip(figures, looks, strict=True))
    progress.say(f"mAP50 on validation photos: {told}")
    best = max(figures)
    return looks[figures.index(best) if best >= figures[0] + LEAST_GAIN else 0]


def _map50_on_photos(recipe: Recipe, dataset: Dataset, look: Look) -> float:
    pairs = [pair for pair in zip(dataset.samples, look.detections, strict=True) if pair[0].source == "photo"]
    photos = replace(dataset, samples=tuple(sample for sample, _ in pairs))
    section = recipe.evaluate.model_copy(update={"bootstrap": 0})
    judged = evaluate(photos, [found for _, found in pairs], section, threshold=0.5, threshold_source="none", seed=0)
    return judged.overall.ap50


def _counted(advance: Advance, before: int) -> Callable[[int, int], None]:
    return lambda done, _total: advance(before + done, "")
