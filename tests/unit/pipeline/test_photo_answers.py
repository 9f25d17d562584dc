"""What the commands say of photos is kept, and known to be old once photos, labels or recipe are others."""

import shutil

import numpy as np
import pytest
from PIL import Image

from partsight.config.loading import read_recipe
from partsight.errors import DatasetError
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.photo_answers import drawing_path, find_answer, keep_drawing, photos_state
from partsight.pipeline.photos.check import check_photos
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence


@pytest.fixture
def experiment(tmp_path):
    """Three labeled photos in two sessions, one of them in both."""
    for number, key in enumerate(("monday/a", "monday/b", "tuesday/c")):
        pixels = np.random.default_rng(number).integers(0, 255, (48, 64, 3), np.uint8)
        for folder in ("images", "labels"):
            (tmp_path / "photos" / folder / key).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "photos" / "images" / f"{key}.png")
        (tmp_path / "photos" / "labels" / f"{key}.txt").write_text("0 0.5 0.5 0.4 0.4\n")
    shutil.copy(tmp_path / "photos/images/monday/a.png", tmp_path / "photos/images/tuesday/c.png")
    (tmp_path / "photos" / "classes.txt").write_text("QF\n")
    text = '[parts.QF]\nfiles = ["QF.step"]\n[photos]\nfolder = "photos"\n'
    (tmp_path / "recipe.toml").write_text(text)
    return Experiment(read_recipe(tmp_path / "recipe.toml"), Workspace(tmp_path / "runs"), Silence())


def test_a_check_is_kept_with_the_photos_it_speaks_of(experiment):
    found = check_photos(experiment, with_gaps=False)
    kept = find_answer(experiment.workspace, "check")
    assert kept.problem == ""
    assert kept.content["num_photos"] == found.num_photos == 3
    assert [one["message"] for one in kept.content["findings"]] == [one.message for one in found.findings]
    shown = {one["kind"]: one["photos"] for one in kept.content["findings"]}
    assert shown["same picture in two sessions"] == ["monday/a.png", "tuesday/c.png"]
    assert set(shown["same picture in two splits"]) == {"monday/a.png", "tuesday/c.png"}


@pytest.mark.parametrize("changed", ["label", "photo", "waiting", "recipe"])
def test_an_answer_is_old_once_a_label_a_photo_or_the_recipe_is_another(experiment, changed):
    check_photos(experiment, with_gaps=False)
    state, recipe = find_answer(experiment.workspace, "check").state, experiment.given
    folder = recipe.photos.folder
    assert photos_state(recipe) == state
    if changed == "label":
        (folder / "labels" / "monday" / "a.txt").write_text("0 0.5 0.5 0.45 0.4\n")
    elif changed == "photo":
        (folder / "images" / "monday" / "b.png").unlink()
    elif changed == "waiting":
        (folder / "to_label" / "monday").mkdir(parents=True)
        shutil.copy(folder / "images" / "monday" / "a.png", folder / "to_label" / "monday" / "d.png")
    else:
        recipe = recipe.at("photos.test", ["monday"])
    assert photos_state(recipe) != state


def test_a_problem_is_kept_in_the_words_of_the_command(experiment):
    (experiment.recipe.photos.folder / "labels" / "monday" / "a.txt").write_text("7 0.5 0.5 0.4 0.4\n")
    with pytest.raises(DatasetError) as told:
        check_photos(experiment, with_gaps=False)
    kept = find_answer(experiment.workspace, "check")
    assert kept.problem == str(told.value)
    assert kept.state == photos_state(experiment.given)


def test_a_damaged_answer_counts_as_none(experiment):
    assert find_answer(experiment.workspace, "check") is None
    check_photos(experiment, with_gaps=False)
    (experiment.workspace.root / "answers" / "check.json").write_text("[")
    assert find_answer(experiment.workspace, "check") is None


def test_a_drawing_is_found_by_its_name(experiment):
    name = keep_drawing(experiment.workspace, b"drawn")
    assert drawing_path(experiment.workspace, name).read_bytes() == b"drawn"
