"""Which trainings follow one another: each is a stage of its own, found when finished, so that several recipes share the first."""

from collections.abc import Sequence
from typing import Protocol

from partsight.config.recipe import Recipe
from partsight.config.sections.dataset import DatasetSection
from partsight.config.sections.train import TrainSection
from partsight.dataset.listing import Shares, list_with_replay
from partsight.files import hash_json
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.dataset.stage import DatasetOutput, make_dataset, write_dataset
from partsight.pipeline.stages.render.stage import RenderOutput
from partsight.pipeline.stages.train.false_alarms import FalseAlarm, find_false_alarms, make_hard_round
from partsight.pipeline.stages.train.self_training import label_videos, with_frames
from partsight.pipeline.stages.train.stage import Training, TrainOutput, Watch, ignore, make_checkpoint
from partsight.progress import Progress


class Made(Protocol):
    """What a schedule needs of an experiment."""

    @property
    def recipe(self) -> Recipe: ...  # noqa: D102
    @property
    def workspace(self) -> Workspace: ...  # noqa: D102
    @property
    def progress(self) -> Progress: ...  # noqa: D102
    @property
    def used_renders(self) -> RenderOutput: ...  # noqa: D102
    @property
    def dataset(self) -> DatasetOutput: ...  # noqa: D102


def run_schedule(made: Made, watch: Watch = ignore) -> TrainOutput:
    """Run the trainings of a recipe, or find them finished; return the last. `watch` is told the epochs of that one.

    Two stages without any training photo of a part are the first stage alone.
    """
    start = _train_on_renders(made) if made.recipe.train.schedule == "two_stage" else None
    if start and not _has_photos_of_parts(made.dataset):
        trained = start
    else:
        training = Training(last_training(made.recipe), made.dataset, "photos" if start else "train", start)
        trained = make_checkpoint(training, made.workspace, made.progress, watch)
    for number in range(1, made.recipe.train.hard.rounds + 1):
        alarms = find_false_alarms(made.recipe, made.dataset.splits.train, trained, made.progress)
        if not alarms:
            made.progress.say("no false alarm on the training photos without parts")
            break
        trained = _train_on_hard(made, trained, alarms, number)
    return _train_on_videos(made, trained) if made.recipe.train.self_training.videos else trained


def _has_photos_of_parts(dataset: DatasetOutput) -> bool:
    return any(sample.source == "photo" and len(sample.class_ids) for sample in dataset.splits.train.samples)


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


_PHOTO_DRAWS = ("photos_per_class", "photo_repeat", "seed")


def _gentler(section: TrainSection) -> TrainSection:
    finetune = section.finetune
    changed = {
        "learning_rate": section.learning_rate * finetune.rate_factor,
        "epochs": finetune.epochs,
        "freeze": finetune.freeze,
    }
    return section.but(**changed)


def _train_on_hard(made: Made, trained: TrainOutput, alarms: Sequence[FalseAlarm], number: int) -> TrainOutput:
    """Go on from a detector with the photos of its false alarms shown more often, and with what it saw there in renders."""
    recipe, dataset = made.recipe, made.dataset
    found = make_hard_round(recipe, dataset.key, dataset.splits, alarms, number=number, workspace=made.workspace)
    listed = write_dataset(
        recipe, found.key, found.splits, found.times, workspace=made.workspace, progress=made.progress
    )
    gentle = recipe.but(train=_gentler(recipe.train))
    training = Training(gentle, listed, f"false alarms {number}", trained)
    return make_checkpoint(training, made.workspace, made.progress)


def _train_on_videos(made: Made, teacher: TrainOutput) -> TrainOutput:
    """Go on from a detector with frames of videos that it labelled itself; without such frames it stays what it is."""
    recipe, dataset, finetune = made.recipe, made.dataset, made.recipe.train.finetune
    labelled = label_videos(recipe, dataset.splits, teacher, workspace=made.workspace, progress=made.progress)
    made.progress.say(f"{len(labelled.samples)} of {labelled.num_frames} frames labelled by the detector itself")
    if not labelled.samples:
        return teacher
    splits = with_frames(dataset.splits, labelled)
    shares = Shares(finetune.pictures, finetune.replay_share, finetune.negative_share)
    times = list_with_replay(splits.train, shares, seed=recipe.draw_seed + 1)
    key = hash_json(["videos", dataset.key, labelled.key, times])
    listed = write_dataset(recipe, key, splits, times, workspace=made.workspace, progress=made.progress)
    gentle = recipe.but(train=_gentler(recipe.train))
    return make_checkpoint(Training(gentle, listed, "own labels", teacher), made.workspace, made.progress)


def _train_on_renders(made: Made) -> TrainOutput:
    recipe = without_photos_of_parts(made.recipe)
    dataset = make_dataset(recipe, made.used_renders, made.workspace, made.progress)
    return make_checkpoint(Training(recipe, dataset, "renders"), made.workspace, made.progress)
