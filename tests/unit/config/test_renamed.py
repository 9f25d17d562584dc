"""Keys of the version before are read, with a warning that names both, and mean what they meant."""

import json
import warnings
from pathlib import Path

import pytest

from partsight.config.content import value_of, with_value
from partsight.config.recipe import Recipe
from partsight.config.renamed import DROPPED, RENAMED
from partsight.errors import RecipeError, RecipeWarning

OLD_RECIPE = Path(__file__).parent / "recipe_of_the_version_before.json"
PARTS = {"parts": {"QF": {"files": ["/parts/QF.step"]}}}


def read(tmp_path, text="", settings=()):
    path = tmp_path / "recipe.toml"
    path.write_text(f'[parts.QF]\nfiles = ["/parts/QF.step"]\n{text}')
    return Recipe.read(path, settings)


def old_values():
    content = json.loads(OLD_RECIPE.read_text())
    return [(old, new, value_of(content, old)) for old, new in RENAMED.items()]


def at(recipe, key):
    return value_of(recipe.model_dump(mode="json"), key)


@pytest.mark.parametrize(("old", "new", "value"), old_values())
def test_an_old_key_is_read_and_both_names_are_told(old, new, value):
    with pytest.warns(RecipeWarning) as told:
        recipe = Recipe.parse(with_value(PARTS, old, value))
    assert old in str(told[0].message)
    assert new in str(told[0].message)
    assert at(recipe, new) == value


def test_the_whole_recipe_of_an_old_run_reads_as_the_defaults():
    with pytest.warns(RecipeWarning):
        recipe = Recipe.parse(json.loads(OLD_RECIPE.read_text()))
    stated = {"train.hard.rounds": 0, "train.weights": "scratch", "render.samples_per_pixel": 16}
    assert recipe == Recipe.parse(PARTS).at(stated)


@pytest.mark.parametrize(
    ("old", "value", "new", "expected"),
    [
        ("randomize.scatter.physics", True, "randomize.scatter.physics.enabled", True),
        ("randomize.camera.scale", "photos", "randomize.camera.object_size", "photos"),
        ("randomize.camera.scale", "range", "randomize.camera.object_size", [0.06, 0.75]),
        ("randomize.camera.object_sizes", [0.1, 0.2], "randomize.camera.object_size", {"choices": [0.1, 0.2]}),
        ("randomize.camera.focal_from", "photos", "randomize.camera.focal", "photos"),
        ("randomize.scatter.size_jitter", 0.1, "randomize.size_jitter", 0.1),
        ("randomize.stand.size_jitter", 0.1, "randomize.size_jitter", 0.1),
        ("randomize.placement", "mix", "randomize.placement", {"orbit": 0, "scatter": 2, "stand": 1}),
        ("randomize.orbit.roll_deg", [-5, 5], "randomize.orbit.roll_deg", [-5, 5, 10]),
        ("randomize.orbit.roll_step_deg", 5, "randomize.orbit.roll_deg", [-20, 20, 5]),
        ("randomize.orbit.elevation_step_deg", 5, "randomize.orbit.elevation_deg", [-30, 40, 5]),
        ("dataset.all_photos", True, "dataset.photos_per_class", "all"),
        ("evaluate.protocol", "seed", "evaluate.protocol", "baseline"),
        ("evaluate.most_false_alarms", 0.05, "evaluate.operate_at", "false_alarms 0.05"),
        ("evaluate.most_false_alarms", "any", "evaluate.operate_at", "auto"),
        ("evaluate.thresholds", "per_class", "evaluate.operate_at", "best_f1 per_class"),
        ("evaluate.thresholds", "one", "evaluate.operate_at", "auto"),
    ],
)
def test_keys_that_became_one_mean_what_they_meant(tmp_path, old, value, new, expected):
    setting = f"{old}={json.dumps(value)}"
    with pytest.warns(RecipeWarning, match=r"randomize|dataset|cluster|evaluate"):
        recipes = [Recipe.parse(with_value(PARTS, old, value)), read(tmp_path, settings=[setting])]
    with pytest.warns(RecipeWarning):
        recipes.append(Recipe.parse(PARTS).at(old, value))
    assert [at(recipe, new) for recipe in recipes] == [expected] * 3


def test_both_old_keys_of_the_threshold_become_one_rule_and_the_new_one_counts_more():
    old = {"thresholds": "per_class", "most_false_alarms": 0.1}
    with pytest.warns(RecipeWarning):
        both = Recipe.parse({**PARTS, "evaluate": old})
    with pytest.warns(RecipeWarning):
        stated = Recipe.parse({**PARTS, "evaluate": {**old, "operate_at": 0.7}})
    assert (both.evaluate.operate_at, stated.evaluate.operate_at) == ("false_alarms 0.1 per_class", 0.7)


def test_both_folders_of_pictures_without_parts_become_places():
    old = {"photos": {"background_folder": "/rooms", "validation": ["monday", "background/hall*"]}}
    with pytest.warns(RecipeWarning, match=r"photos\.places"):
        both = Recipe.parse({**PARTS, **old, "randomize": {"background": {"folder": "/behind"}}})
    assert both.photos.places == (Path("/rooms"), Path("/behind"))
    assert both.photos.validation == ("monday", "places/hall*")
    assert both.photos.train == ()
    with pytest.warns(RecipeWarning):
        same = Recipe.parse(
            {**PARTS, "photos": {"places": ["/rooms"]}, "randomize": {"background": {"folder": "/rooms"}}}
        )
    assert same.photos.places == (Path("/rooms"),)


def test_negatives_of_an_old_recipe_go_on_to_teach_all():
    with pytest.warns(RecipeWarning):
        recipe = Recipe.parse({**PARTS, "photos": {"background_folder": "/rooms", "train": ["monday"]}})
    assert recipe.photos.train == ("monday", "places/*")


def test_weights_of_placements_count_where_they_were_mixed():
    with pytest.warns(RecipeWarning):
        mixed = Recipe.parse({**PARTS, "randomize": {"placement": "mix", "mix": {"stand": 5, "scatter": 0}}})
    with pytest.warns(RecipeWarning):
        plain = Recipe.parse({**PARTS, "randomize": {"mix": {"stand": 5}}})
    assert mixed.randomize.placement == {"orbit": 0, "scatter": 0, "stand": 5}
    assert plain.randomize.placement == "scatter"


@pytest.mark.parametrize("old", DROPPED)
def test_a_dropped_key_is_told_and_left_out(old):
    with pytest.warns(RecipeWarning, match=f"{old} is gone: {DROPPED[old]}"):
        recipe = Recipe.parse(with_value(PARTS, old, 1))
    assert recipe == Recipe.parse(PARTS)


def test_a_setting_with_an_old_name_changes_the_new_key_of_the_file(tmp_path):
    with pytest.warns(RecipeWarning, match=r"train\.mosaic is now train\.augment\.mosaic"):
        recipe = read(tmp_path, "[train.augment]\nmosaic = 0.5\nflip = 0.1\n", ["train.mosaic=0.2"])
    assert (recipe.train.augment.mosaic, recipe.train.augment.flip) == (0.2, 0.1)
    physics = "[randomize.scatter.physics]\npile_share = 0.9\n"
    with pytest.warns(RecipeWarning, match=r"physics is now randomize\.scatter\.physics\.enabled"):
        scatter = read(tmp_path, physics, ["randomize.scatter.physics=true"]).randomize.scatter
    assert (scatter.physics.enabled, scatter.physics.pile_share) == (True, 0.9)


def test_where_both_are_stated_the_new_one_counts():
    with pytest.warns(RecipeWarning):
        recipe = Recipe.parse({**PARTS, "train": {"mosaic": 0.2, "augment": {"mosaic": 0.7}}})
    assert recipe.train.augment.mosaic == 0.7


def test_keys_of_this_version_are_read_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recipe = Recipe.parse({**PARTS, "train": {"augment": {"mosaic": 0.7}}, "evaluate": {"protocol": "baseline"}})
        Recipe.parse(recipe.model_dump(mode="json"))


@pytest.mark.parametrize("size", [[2, 1], [0, 1], "large", {"choices": []}, {"choices": [0.1, 40]}, [1, 2, 3], 3])
def test_a_size_that_is_none_is_one_problem_with_what_was_expected(size):
    with pytest.raises(RecipeError, match=r"1 problem\(s\)\n  randomize\.camera\.object_size: found"):
        Recipe.parse({**PARTS, "randomize": {"camera": {"object_size": size}}})


@pytest.mark.parametrize("placement", ["mixed", {"scatter": 0}, {"scattered": 1}, 3])
def test_a_placement_that_is_none_names_the_key_alone(placement):
    with pytest.raises(RecipeError, match=r"randomize\.placement(\.scattered)?: found"):
        Recipe.parse({**PARTS, "randomize": {"placement": placement}})
