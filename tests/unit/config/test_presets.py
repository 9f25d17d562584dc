"""Presets fill what a recipe does not state, and nothing else."""

import pytest

from partsight.config.content import with_value
from partsight.config.loading import effective_recipe
from partsight.config.presets import PRESETS, read_preset
from partsight.config.recipe import Recipe
from partsight.errors import RecipeError

PARTS = {"parts": {"QF": {"files": ["/parts/QF.step"]}}}


def leaves(content, path=""):
    for key, value in content.items():
        if isinstance(value, dict) and key != "placement":
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_valid_described_and_changes_something(name):
    preset = read_preset(name)
    assert preset.description
    recipe = Recipe.parse({**PARTS, "preset": name})
    assert recipe == Recipe.parse({**PARTS, **preset.content, "preset": name})
    assert recipe.at("preset", None) == Recipe.parse(PARTS) != recipe


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_stated_counts_more_key_by_key(name):
    usual = dict(leaves(effective_recipe(Recipe.parse(PARTS))))
    for key, value in leaves(read_preset(name).content):
        stated = Recipe.parse(with_value({**PARTS, "preset": name}, key, usual[key]))
        shown = dict(leaves(effective_recipe(stated)))
        assert shown[key] == usual[key] != value
        others = dict(leaves(effective_recipe(Recipe.parse({**PARTS, "preset": name}))))
        assert {found for found in shown if shown[found] != others[found]} <= {key}


@pytest.mark.parametrize("name", PRESETS)
def test_another_preset_takes_the_place_of_the_first(name):
    stated = {**PARTS, "randomize": {"scatter": {"empty_share": 0.5}}}
    for first in PRESETS:
        assert Recipe.parse({**stated, "preset": first}).at("preset", name) == Recipe.parse({**stated, "preset": name})


@pytest.mark.parametrize("name", PRESETS)
def test_edits_keep_what_the_preset_gave(name):
    recipe = Recipe.parse({**PARTS, "preset": name})
    assert recipe.at("seed", 0) == recipe
    assert recipe.but(seed=0) == recipe
    assert recipe.but(train=recipe.train.but(epochs=3)).at("train.epochs", recipe.train.epochs) == recipe
    assert recipe.train.but(patience=3).epochs == recipe.train.epochs


@pytest.mark.parametrize("name", PRESETS)
def test_the_effective_recipe_shows_all_and_reads_back_as_itself(name):
    recipe = Recipe.parse({**PARTS, "preset": name})
    shown = effective_recipe(recipe)
    assert shown["train"]["epochs"] == recipe.train.epochs
    assert Recipe.parse(shown) == recipe


def test_a_table_of_weights_is_one_value():
    stated = {"placement": {"orbit": 1}}
    assert Recipe.parse({**PARTS, "preset": "workshop", "randomize": stated}).randomize.placement == {"orbit": 1}


def test_an_unknown_preset_names_those_there_are():
    with pytest.raises(
        RecipeError, match=r"preset: found 'tabel'; Input should be 'workshop', 'table', 'bin', 'hand' or 'baseline'"
    ):
        Recipe.parse({**PARTS, "preset": "tabel"})


def test_settings_count_more_than_the_preset(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text('preset = "table"\nparts.QF.files = ["/parts/QF.step"]\n')
    assert Recipe.read(path, ["train.epochs=7"]).train.epochs == 7
    assert Recipe.read(path, ["preset=bin"]).randomize.scatter.physics.enabled
