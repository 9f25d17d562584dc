"""One photos folder: commands find it by the recipe, and what is labeled there can teach without being copied."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from partsight.config.editing import edit_recipe
from partsight.config.recipe import Recipe
from partsight.dataset.photos import read_photos
from partsight.errors import PhotosError, RecipeError
from partsight.pipeline.photo_folders import name_in_recipe, photos_folder, places_folder
from partsight.pipeline.waiting_photos import add_to_training, find_waiting


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A recipe whose photos have a session that serves no split, and pictures that wait for labels."""
    monkeypatch.chdir(tmp_path)
    photos = 'folder = "pictures"\nsession_pattern = "(s[0-9]+)_"\ntest = ["s1"]\n'
    text = f'[parts.QF]\nfiles = ["QF.step"]  # the quadrupole\n[photos]\n{photos}'
    (tmp_path / "recipe.toml").write_text(text)
    for key in ("s1_a", "s1_b", "live-2026-11-29/live-1", "live-2026-11-29/live-2"):
        for folder in ("images", "labels"):
            (tmp_path / "pictures" / folder / key).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), (len(key), 0, 0)).save(tmp_path / "pictures" / "images" / f"{key}.png")
        (tmp_path / "pictures" / "labels" / f"{key}.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "pictures" / "classes.txt").write_text("QF\n")
    for key in ("live-2026-11-29/live-2", "live-2026-11-29/live-3", "desk/1"):
        (tmp_path / "pictures" / "to_label" / key).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32)).save(tmp_path / "pictures" / "to_label" / f"{key}.png")
    return tmp_path / "recipe.toml"


def test_commands_take_the_folder_of_the_recipe_unless_told_another(project):
    assert photos_folder(None, project) == Path("pictures")
    assert photos_folder(Path("other"), project) == Path("other")
    assert photos_folder(None, Path("none.toml")) == Path("photos")


def test_places_lie_beside_the_recipe_and_are_named_in_it_once(project):
    folder = places_folder(None, project)
    assert folder == Path("places")
    assert name_in_recipe(project, folder)
    assert not name_in_recipe(project, Path("elsewhere"))
    assert Recipe.read(project).photos.places == (project.parent / "places",)
    assert "# the quadrupole" in project.read_text()
    assert not name_in_recipe(Path("none.toml"), folder)


def test_places_are_not_put_among_photos_of_parts(project):
    with pytest.raises(PhotosError, match="a folder of their own"):
        places_folder(project.parent / "pictures", project)
    assert places_folder(project.parent / "empty", project) == project.parent / "empty"


def test_what_waits_is_counted_by_session_and_what_is_labeled_already_does_not_wait(project):
    waiting = find_waiting(Recipe.read(project), Path("none"))
    assert waiting.unused == (("live-2026-11-29", 2),)
    assert waiting.to_label == (("desk", 1), ("live-2026-11-29", 1))
    assert waiting.sentences[0] == "live-2026-11-29: 2 labeled photos, in no split"


def test_kept_frames_need_no_pattern_their_folder_is_their_session(project):
    add_to_training(project, ["live-2026-11-29"])
    recipe = Recipe.read(project)
    assert recipe.photos.train == ("live-2026-11-29",)
    assert find_waiting(recipe, Path("none")).unused == ()


def test_photos_that_begin_to_teach_do_so_in_a_second_stage(project):
    assert set(add_to_training(project, ["live-2026-11-29"])) == {
        "photos.train", "dataset.photos_per_class", "train.schedule",
    }  # fmt: skip
    recipe = Recipe.read(project)
    assert (recipe.dataset.photos_per_class, recipe.train.schedule) == ("all", "two_stage")
    assert add_to_training(project, ["live-2026-11-29", "desk"]) == ("photos.train",)
    assert Recipe.read(project).photos.train == ("live-2026-11-29", "desk")


def test_a_schedule_that_the_recipe_states_stays(project):
    edit_recipe(project, {"train.schedule": "mixed"})
    add_to_training(project, ["live-2026-11-29"])
    assert Recipe.read(project).train.schedule == "mixed"


def test_what_would_be_no_recipe_is_not_written(project):
    before = project.read_text()
    with pytest.raises(RecipeError):
        edit_recipe(project, {"train.epochs": 0})
    assert project.read_text() == before
    assert [path.name for path in project.parent.iterdir() if "trial" in path.name] == []


def test_a_recipe_that_names_no_photos_finds_them_beside_it_and_names_them_when_they_teach(project):
    shutil.move("pictures", "photos")
    project.write_text('[parts.QF]\nfiles = ["QF.step"]\n')
    waiting = find_waiting(Recipe.read(project), Path("photos"))
    assert dict(waiting.unused) == {"all": 2, "live-2026-11-29": 2}
    add_to_training(project, ["live-2026-11-29"])
    assert Recipe.read(project).photos.folder == project.parent / "photos"
    assert find_waiting(Recipe.read(project), Path("none")).unused == (("all", 2),)


def test_photos_of_which_none_is_labeled_yet_stop_no_run(project):
    for folder in ("images", "labels"):
        shutil.rmtree(project.parent / "pictures" / folder)
    recipe = Recipe.read(project)
    assert read_photos(recipe.photos, recipe.class_names).samples == ()
    assert find_waiting(recipe, Path("none")).unused == ()
