"""Two stages: first renders, then photos among renders; the first stage is made once, whatever photos are drawn."""

import json
import shutil
from importlib.util import find_spec

import numpy as np
import pytest

from partsight.pictures import read_picture
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.stages.dataset.assembling import needed_renders
from partsight.pipeline.stages.dataset.photo_splits import read_splits
from partsight.pipeline.stages.train.schedule import without_photos_of_parts
from partsight.progress import Silence

if find_spec("ultralytics") is None:  # importing it here would change Pillow for all tests
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)
from safetensors.numpy import load_file

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photos(finished, tmp_path_factory):
    """Renders stand for photos: eight to train on, two of them without labels, four to validate."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "classes.txt").write_text("QF\nSD\n")
    labeled = [sample for sample in finished.render().dataset.samples if len(sample.class_ids)]
    for number in range(12):
        sample, session = labeled[number % len(labeled)], "monday" if number < 8 else "tuesday"
        for name in ("images", "labels"):
            (folder / name / session).mkdir(parents=True, exist_ok=True)
        stem = f"{session}{number}"
        shutil.copy(sample.image_path, folder / "images" / session / f"{stem}{sample.image_path.suffix}")
        (folder / "labels" / session / f"{stem}.txt").write_text("" if number in (6, 7) else yolo_text(sample))
    return folder


def yolo_text(sample):
    """The labels of a sample in lines of class, middle and size as shares of the picture."""
    corners = sample.boxes_xyxy.reshape(-1, 2, 2) / np.asarray(sample.size_wh)
    shares = np.hstack([corners.mean(axis=1), corners[:, 1] - corners[:, 0]])
    rows = zip(sample.class_ids.tolist(), shares.tolist(), strict=True)
    return "".join(f"{class_id} {' '.join(f'{share:.6f}' for share in box)}\n" for class_id, box in rows)


@pytest.fixture(scope="module")
def two_stage(finished, photos):
    """Return an experiment in two stages with so many photos of each class."""

    def open_experiment(per_class, seed=None):
        recipe = finished.recipe
        finetune = recipe.train.finetune.but(epochs=2, pictures=12)
        train = recipe.train.but(schedule="two_stage", finetune=finetune)
        section = recipe.photos.but(folder=photos, train=("monday",), validation=("tuesday",))
        dataset = recipe.dataset.but(photos_per_class=per_class, seed=seed)
        changed = recipe.but(train=train, photos=section, dataset=dataset)
        return Experiment(changed, finished.workspace, Silence())

    return open_experiment


def test_the_second_stage_goes_on_from_the_first_and_shows_photos_among_renders(two_stage):
    experiment = two_stage(1)
    trained = experiment.train()
    (first,) = trained.earlier
    assert (first.title, trained.title) == ("renders", "photos")
    assert (len(first.history), len(trained.history)) == (1, 2)
    listed = experiment.assemble().data_yaml.with_name("train.txt").read_text().split()
    photos = [line for line in listed if "monday" in line]
    assert len(listed) == 12
    assert len(photos) == 6, "half of each epoch are renders"
    negatives = {line for line in photos if "monday6" in line or "monday7" in line}
    assert len(negatives) == 2, "all photos without parts are in"
    states = [load(output) for output in (first, trained)]
    distance = max(float(np.abs(states[0][name] - states[1][name]).max()) for name in states[0])
    assert 0 < distance < 0.5, "not trained anew"


def test_the_report_counts_every_render_that_the_first_stage_showed(two_stage):
    experiment = two_stage(1)
    figures = json.loads(experiment.report().with_suffix(".json").read_text())
    train = experiment.assemble().splits.train.samples
    num_renders = sum(sample.source == "render" for sample in train)
    replayed = sum(experiment.assemble().times[sample.sample_id] > 0 for sample in train if sample.source == "render")
    assert replayed < num_renders == figures["num_train_renders"]
    assert "the last of 2 trainings" in experiment.report().read_text()


def load(output):
    tensors = load_file(output.checkpoint.path / "weights.safetensors")
    return {name: value for name, value in tensors.items() if value.ndim == 4}  # kernels


def test_other_photos_and_draws_share_the_first_stage(two_stage):
    first = two_stage(1).train().earlier[0]
    for experiment in (two_stage(2), two_stage(1, seed=5)):
        again = experiment.train().earlier[0]
        assert again.key == first.key
        assert again.checkpoint.path.stat().st_mtime_ns == first.checkpoint.path.stat().st_mtime_ns


def test_the_first_stage_has_the_photos_without_parts_and_no_others(two_stage):
    experiment = two_stage(2)
    first = Experiment(without_photos_of_parts(experiment.recipe), experiment.workspace, Silence())
    photos = [sample for sample in first.assemble().splits.train.samples if sample.source == "photo"]
    assert sorted(sample.image_path.stem for sample in photos) == ["monday6", "monday7"]
    assert first.train().key == experiment.train().earlier[0].key


def test_without_training_photos_it_is_the_training_on_renders(two_stage):
    recipe = two_stage(0).recipe
    trained = Experiment(recipe.at("photos.train", ()), two_stage(0).workspace, Silence()).train()
    assert (trained.title, trained.earlier, len(trained.history)) == ("renders", (), 1)


def test_killed_between_the_stages_it_goes_on_with_the_second(two_stage):
    experiment = two_stage(1)
    key = experiment.train().key
    folder = experiment.workspace.stage_dir("train", key)
    before = experiment.train().earlier[0].checkpoint.path.stat().st_mtime_ns
    shutil.rmtree(folder)
    again = two_stage(1).train()
    assert again.key == key
    assert again.earlier[0].checkpoint.path.stat().st_mtime_ns == before
    assert folder.is_dir()


def test_photos_with_false_alarms_are_shown_more_often_in_a_further_training(two_stage):
    experiment = two_stage(1)
    changes = {"hard.rounds": 2, "hard.score": 1e-4, "finetune.epochs": 1}
    recipe = experiment.recipe.at({f"train.{key}": value for key, value in changes.items()})
    trained = Experiment(recipe, experiment.workspace, Silence()).train()
    assert [output.title for output in (*trained.earlier, trained)] == [
        "renders", "photos", "false alarms 1", "false alarms 2",
    ]  # fmt: skip
    assert len({output.key for output in (*trained.earlier, trained)}) == 4
    pasted = sorted(experiment.workspace.root.glob("pasted/*/images/*.jpg"))
    assert pasted, "what was taken for a part is in renders now"
    for path in pasted:
        own = next(one for one in experiment.render().dataset.samples if one.sample_id == path.stem)
        assert read_picture(path).shape == read_picture(own.image_path).shape
    recipe = recipe.at("train.hard.score", 0.999)
    trained = Experiment(recipe, experiment.workspace, Silence()).train()
    assert trained.title == "photos", "without a false alarm there is nothing to train again"


def test_photos_alone_make_renders_for_the_report_only(two_stage, finished):
    recipe = two_stage(1).recipe
    sessions = {"photos.train": ("monday",), "photos.validation": (), "photos.test": ("tuesday",)}
    needs_renders = recipe.at({"dataset.renders": 0, "train.schedule": "mixed", "report.gallery": 3, **sessions})
    assert needed_renders(needs_renders, read_splits(needs_renders)) == recipe.render.count, "renders validate"
    alone = needs_renders.at({"photos.train": (), "photos.validation": ("monday",)})
    assert needed_renders(alone, read_splits(alone)) == 3
    experiment = Experiment(alone, finished.workspace, Silence())
    assert experiment.graph.used_renders.extent == 3
    assert len(experiment.render().dataset.samples) == recipe.render.count, "asked for themselves, all are made"
