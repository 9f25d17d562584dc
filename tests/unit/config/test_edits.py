"""Edits of recipes and sections are checked as a recipe file is, and leave the original as it was."""

import pickle
from pathlib import Path

import pytest

from partsight.config.recipe import Recipe
from partsight.errors import RecipeError

PARTS = {"QF": {"files": ["QF.step"]}, "M2.5": {"files": ["bolt.step"]}}


@pytest.fixture
def recipe(tmp_path):
    return Recipe.parse({"parts": PARTS, "train": {"epochs": 9}}, base_dir=tmp_path)


def test_an_edit_returns_a_new_recipe(recipe):
    assert recipe.at("train.epochs", 3).train.epochs == 3
    assert recipe.train.but(epochs=4).epochs == 4
    assert recipe.train.epochs == 9


def test_several_keys_are_changed_at_once(recipe):
    both = recipe.at({"train.epochs": 3, "randomize.camera.focal": [1, 2]})
    assert (both.train.epochs, both.randomize.camera.focal) == (3, (1.0, 2.0))


def test_an_edit_keeps_everything_else(recipe):
    assert recipe.at("train.epochs", 3).at("train.epochs", 9) == recipe
    assert recipe.but(train=recipe.train.but(epochs=3)).at("train.epochs", 9) == recipe


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"train.epochs": "many"}, r"train\.epochs: found 'many'.*valid integer"),
        ({"train.epochs": 0}, r"train\.epochs: found 0.*greater than or equal to 1"),
        ({"train.epcohs": 3}, r"train\.epcohs: unknown key\. Did you mean 'epochs'"),
        ({"randomize.camera.focal": [2, 1]}, r"randomize\.camera\.focal: found \[2, 1\].*\[low, high\]"),
        ({"train.epochs": 0, "seed": -1}, "2 problem"),
        ({"train.epochs.few": 3}, r"train\.epochs\.few: epochs is a value \(9\), not a section"),
        ({"": 3}, "expected names with dots"),
        ({"train..epochs": 3}, "expected names with dots"),
    ],
)
def test_an_edit_is_refused_as_in_a_file(recipe, changes, told):
    with pytest.raises(RecipeError, match=told):
        recipe.at(changes)


def test_a_section_names_key_found_and_expected(recipe):
    with pytest.raises(
        RecipeError, match=r"TrainSection: 2 problem(.|\n)*epochs: found 'x'(.|\n)*Did you mean 'batch'"
    ):
        recipe.train.but(epochs="x", btach=3)


def test_rules_between_keys_are_checked_too(recipe):
    with pytest.raises(RecipeError, match="more than all pictures"):
        recipe.randomize.stand.but(pallet={"share": 0.9})


def test_relative_paths_of_an_edit_are_relative_to_the_recipe(recipe, tmp_path):
    assert recipe.at("photos.folder", "shots").photos.folder == tmp_path / "shots"
    assert recipe.but(seed=3).at("photos.folder", Path("shots")).photos.folder == tmp_path / "shots"


def test_names_with_dots_are_quoted_as_in_toml(recipe):
    assert recipe.at('parts."M2.5".color', "#102030").parts["M2.5"].color == "#102030"


def test_what_was_not_stated_follows_what_is_changed(recipe):
    """As in a file, the family's own network is taken where none is named."""
    given = recipe.at("train.weights", "scratch")
    assert given.at("train.family", "compact").train.model == given.train.but(family="compact").model
    assert given.at("train.family", "compact").train.model != given.train.model
    assert recipe.at({"train.model": "yolov8s"}).train.but(family="compact").model == "yolov8s"


def test_a_recipe_of_keywords_is_that_of_a_mapping(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Recipe.of(parts=PARTS, seed=3) == Recipe.parse({"parts": PARTS, "seed": 3})
    assert Recipe.of(parts=PARTS).parts["QF"].files == (tmp_path / "QF.step",)


def test_a_recipe_keeps_its_folder_on_the_way_to_another_process(recipe, tmp_path):
    sent = pickle.loads(pickle.dumps(recipe))  # noqa: S301
    assert sent == recipe
    assert sent.at("photos.folder", "shots").photos.folder == tmp_path / "shots"


def test_one_key_needs_a_value(recipe):
    with pytest.raises(TypeError, match="a key and its value"):
        recipe.at("train.epochs")


def test_equal_recipes_have_equal_hashes_and_others_differ(recipe):
    """Workers keep what they opened by its settings, tables of weights among them."""
    mixed = {"randomize.placement": {"scatter": 2, "stand": 1}, "randomize.wear.traces": {"rust": 1}}
    one, same = recipe.at(mixed), recipe.at(mixed)
    assert hash(one) == hash(same)
    assert hash(one.randomize) == hash(same.randomize)
    assert hash(one.randomize) != hash(recipe.randomize)
