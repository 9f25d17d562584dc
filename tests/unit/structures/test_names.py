"""Names: what is one, and the nearest one to any text."""

import pytest

from partsight.config.recipe import Recipe
from partsight.pipeline.cad_files.check import name_classes
from partsight.pipeline.cad_files.init import begin_recipe
from partsight.structures.names import as_class_name, as_file_stem, is_folder_name, is_one_line, name_fault, shown_line
from tests.hostile_names import ALL_IN_ONE, NAMES

TEXTS = (
    *NAMES,
    ALL_IN_ONE,
    "",
    " ",
    "\n",
    "\x00",
    "\x1b[2J",
    "\u202eab",
    "<script>",
    "<<b>",
    "x" * 500,
    "a  b",
    " a",
    "\udcff",
)


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_has_a_nearest_name_that_is_its_own(text):
    name = as_class_name(text)
    assert name_fault(name) is None
    assert as_class_name(name) == name


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_has_a_nearest_file_name(text):
    assert is_folder_name(as_file_stem(text))


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_shown_steers_no_terminal(text):
    assert is_one_line(shown_line(text).replace("\n", " ").replace("\t", " "))


def test_printed_signs_stay():
    for text in ("Ünï 部品", "M6 <20", "[rev2]", 'a"b', "50 %"):
        assert (as_class_name(text), shown_line(text)) == (text, text)


@pytest.mark.parametrize(
    "name", [name for name in (*NAMES, ALL_IN_ONE, "<script>x", "a\x1b[0mb", "a  b") if "/" not in name]
)
def test_a_recipe_made_for_files_of_any_name_can_be_read(tmp_path, name):
    """Folder, file and class have the same odd name."""
    folder = tmp_path / name
    folder.mkdir()
    path = folder / f"{name}.step"
    path.touch()
    ((class_name, found),) = name_classes([path]).items()
    begin_recipe(folder / "recipe.toml", class_name, found)
    recipe = Recipe.read(folder / "recipe.toml")
    assert list(recipe.parts) == [class_name]
    assert recipe.parts[class_name].files == (path.resolve(),)
