"""Recipes: every mistake is reported, all at once, with where, found and expected."""

from pathlib import Path

import pytest

from partsight.config.loading import effective_recipe, read_recipe
from partsight.config.recipe import Recipe
from partsight.config.section import Section
from partsight.errors import RecipeError

MINIMAL = {"parts": {"QF": {"files": ["QF.step"]}}}


def write_recipe(folder: Path, text: str = '[parts.QF]\nfiles = ["QF.step"]\n') -> Path:
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


def test_relative_paths_are_relative_to_the_recipe(tmp_path):
    recipe = read_recipe(write_recipe(tmp_path))
    assert recipe.parts["QF"].files == (tmp_path.resolve() / "QF.step",)


def test_all_mistakes_are_reported_together():
    wrong = {
        **MINIMAL,
        "sed": 3,
        "render": {"coutn": 5, "width": "wide"},
        "randomize": {"camera": {"object_size": [2, 1]}},
    }
    with pytest.raises(RecipeError) as caught:
        Recipe.parse(wrong, where="r.toml")
    message = str(caught.value)
    assert "r.toml: 4 problem(s)" in message
    assert "Did you mean 'seed'?" in message
    assert "Did you mean 'count'?" in message
    assert "render.width: found 'wide'" in message
    assert "[low, high]" in message


def test_settings_override_the_file_and_are_read_as_toml(tmp_path):
    settings = ["render.count=7", "train.weights=my.pt", "randomize.camera.focal=[1.0, 1.5]"]
    recipe = read_recipe(write_recipe(tmp_path), settings)
    assert (recipe.render.count, recipe.train.weights, recipe.randomize.camera.focal) == (7, "my.pt", (1.0, 1.5))


@pytest.mark.parametrize("setting", ["render.count", "=3", "name.x=3"])
def test_a_setting_that_cannot_be_applied_is_refused(tmp_path, setting):
    with pytest.raises(RecipeError, match=r"setting|name\.x: name is a value"):
        read_recipe(write_recipe(tmp_path, 'name = "a"\n[parts.QF]\nfiles = ["QF.step"]\n'), [setting])


@pytest.mark.parametrize(("text", "told"), [("[parts", "not valid TOML"), ("", "parts: missing")])
def test_a_broken_recipe_says_where(tmp_path, text, told):
    with pytest.raises(RecipeError, match=told):
        read_recipe(write_recipe(tmp_path, text))


def test_a_missing_recipe_says_how_to_make_one(tmp_path):
    with pytest.raises(RecipeError, match="partsight init"):
        read_recipe(tmp_path / "none.toml")


def test_the_effective_recipe_reads_back_as_itself():
    recipe = Recipe.parse(MINIMAL, base_dir="/x")
    assert Recipe.parse(effective_recipe(recipe), base_dir="/y") == recipe


def sections(section: type[Section] = Recipe, path: str = "") -> list[tuple[str, type[Section]]]:
    found = [(path, section)]
    for name, field in section.model_fields.items():
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        for candidate in candidates:
            if isinstance(candidate, type) and issubclass(candidate, Section):
                found += sections(candidate, f"{path}.{name}")
    return found


def test_every_key_is_documented():
    """The docstring under a field is its documentation everywhere, so none may be empty; sections document themselves."""
    bare = [
        f"{path}.{name}"
        for path, section in sections()
        for name, field in section.model_fields.items()
        if not field.description and not (isinstance(field.annotation, type) and issubclass(field.annotation, Section))
    ]
    assert bare == []
    assert all(section.__doc__ for _, section in sections())


def test_shipped_recipes_are_valid(samples):
    recipes = [*(samples.parents[2] / "recipes").glob("*.toml"), *samples.glob("*.toml")]
    assert len(recipes) >= 4
    for path in recipes:
        recipe = read_recipe(path)
        missing = [file for part in recipe.parts.values() for file in part.files if not file.is_file()]
        assert missing == [], path
