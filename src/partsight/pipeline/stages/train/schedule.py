"""Which trainings follow one another: each is a stage of its own, found when finished, so that several recipes share the first."""

from partsight.config.recipe import Recipe
from partsight.config.sections.dataset import DatasetSection
from partsight.config.sections.train import TrainSection
from partsight.dataset.splits import ENOUGH_PLACES
from partsight.pipeline.stages.dataset.photo_splits import count_places, draw_training_photos, has_parts
from partsight.pipeline.stages.dataset.stage import DatasetStage
from partsight.pipeline.stages.train.false_alarms import AlarmStage, HardDataset, PasteStage
from partsight.pipeline.stages.train.self_training import FrameDataset, FrameStage, check_held_out
from partsight.pipeline.stages.train.stage import TrainStage
from partsight.structures.dataset import Splits

_PHOTO_DRAWS = ("photos_per_class", "photo_repeat", "seed")


def plan_trainings(recipe: Recipe, dataset: DatasetStage) -> tuple[TrainStage, ...]:
    """Return the trainings of a recipe in their order; the last one's detector is the recipe's.

    Two stages without any training photo of a part are the first stage alone. A round against false alarms that finds none, or
    self-training without a sure frame, hands the detector on as it is.
    """
    trainings = list(_first_trainings(recipe, dataset))
    gentle, shortened = recipe.but(train=_gentler(recipe.train)), _for_rounds(recipe, dataset)
    for number in range(1, num_rounds(recipe, dataset.photos) + 1):
        alarms = AlarmStage(shortened, dataset, trainings[-1])
        hard = HardDataset(shortened, dataset, alarms, PasteStage(shortened, dataset, alarms, number), number)
        again = shortened.but(train=_gentler(shortened.train))
        trainings.append(TrainStage(again, hard, f"false alarms {number}", trainings[-1]))
    if recipe.train.self_training.videos:
        check_held_out(recipe, dataset.photos)
        frames = FrameDataset(recipe, dataset, FrameStage(recipe, trainings[-1]))
        trainings.append(TrainStage(gentle, frames, "own labels", trainings[-1]))
    return tuple(trainings)


def num_rounds(recipe: Recipe, photos: Splits) -> int:
    """Return how many rounds against false alarms there are at most."""
    if recipe.train.hard.rounds != "auto":
        return recipe.train.hard.rounds
    return int(count_places(photos) >= ENOUGH_PLACES)


def _for_rounds(recipe: Recipe, dataset: DatasetStage) -> Recipe:
    """Return the recipe of rounds against false alarms: one that nobody asked for takes a third of the training at most."""
    if recipe.train.hard.rounds != "auto":
        return recipe
    finetune = recipe.train.finetune
    pictures = max(1, min(finetune.pictures, dataset.num_units))
    most = max(1, recipe.train.epochs * dataset.num_units // (3 * pictures))
    shorter = finetune.but(pictures=pictures, epochs=min(finetune.epochs, most))
    return recipe.but(train=recipe.train.but(finetune=shorter))


def without_photos_of_parts(recipe: Recipe) -> Recipe:
    """Return the recipe of the first of two stages: renders, and photos without parts as the recipe says.

    Nothing in it depends on which photos of parts are drawn, or how many.
    """
    without = {name: DatasetSection.model_fields[name].default for name in _PHOTO_DRAWS}
    dataset = recipe.dataset.but(**without)
    train = recipe.train.but(schedule="mixed")
    # The seed of the training stays as it was, whether it was given or the recipe's.
    return recipe.but(dataset=dataset, train=train)


def last_training(recipe: Recipe) -> Recipe:
    """Return the recipe with the numbers of its last training in `train`."""
    return recipe if recipe.train.schedule == "mixed" else recipe.but(train=_gentler(recipe.train))


def _first_trainings(recipe: Recipe, dataset: DatasetStage) -> tuple[TrainStage, ...]:
    """Return the one training of `mixed`, or the stages of `two_stage`."""
    if recipe.train.schedule == "mixed":
        return (TrainStage(recipe, dataset, is_watched=True),)
    first = without_photos_of_parts(recipe)
    on_renders = TrainStage(first, DatasetStage(first, dataset.renders, dataset.photos), "renders")
    if not has_parts(draw_training_photos(recipe, dataset.photos.train)):
        return (on_renders,)
    return on_renders, TrainStage(last_training(recipe), dataset, "photos", on_renders, is_watched=True)


def _gentler(section: TrainSection) -> TrainSection:
    finetune = section.finetune
    changed = {
        "learning_rate": section.learning_rate * finetune.rate_factor,
        "epochs": finetune.epochs,
        "freeze": finetune.freeze,
    }
    return section.but(**changed)
