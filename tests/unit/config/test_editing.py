"""Changes of recipe files: what people wrote around them stays, what is wrong is not written."""

import tomllib

import pytest

from partsight.config.content import key_parts, with_value
from partsight.config.editing import DELETED, edit_recipe, recipe_revision
from partsight.errors import RecipeError, StaleRecipeError

RECIPE = """# bolts of hall 3
name = "x"  # shown in reports
preset = "workshop"
[parts]                 # classes
"QF".files = ["a.step"]
"M2.5".files = ["b.step"]
[render]
count = 1000            # pictures
[train]
augment = { mosaic = 0.5 }
"""


@pytest.fixture
def path(tmp_path):
    """A recipe as people write it."""
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


CHANGES = {
    "a value": {"render.count": 20},
    "a new section": {"evaluate.bootstrap": 10},
    "a new nested section": {"randomize.camera.object_size": [0.1, 0.5]},
    "within an inline table": {"train.augment.mosaic": 1.0, "train.augment.rotate_deg": 3.0},
    "a quoted name": {'parts."M2.5".color': "#ff0000"},
    "a table below dotted keys": {"parts.QF.materials": {"COIL*": "copper", "*": "steel"}},
    "a group below dotted keys": {"parts.QF.details.serial": "4711"},
    "a new part": {'parts."new part".files': ["c.step"]},
    "a key at the top": {"seed": 4},
    "several at once": {"seed": 4, "render.width": 320, "parts.QF.color": "#00ff00"},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_change_is_all_that_changes(path, changes):
    expected = tomllib.loads(RECIPE)
    for key, value in changes.items():
        expected = with_value(expected, key, value)
    edit_recipe(path, changes)
    assert tomllib.loads(path.read_text()) == expected


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_comments_and_order_stay(path, changes):
    edit_recipe(path, changes)
    text = path.read_text()
    kept = ["# bolts of hall 3", "# shown in reports", "# classes", "# pictures"]
    assert [comment for comment in kept if comment in text] == kept
    assert text.index("[parts]") < text.index("[render]") < text.index("[train]")


def test_what_is_taken_out_is_gone_and_what_was_not_there_is_no_error(path):
    edit_recipe(
        path, {"preset": DELETED, "parts.QF": DELETED, "evaluate.bootstrap": DELETED, "train.augment.mosaic": DELETED}
    )
    found = tomllib.loads(path.read_text())
    assert "preset" not in found
    assert list(found["parts"]) == ["M2.5"]
    assert found["train"] == {"augment": {}}


@pytest.mark.parametrize("key", ["parts.QF", 'parts."QF"', 'parts."M2.5"', "parts.'M2.5'"])
def test_a_class_is_taken_out_by_its_name_however_that_is_quoted(path, key):
    name = key_parts(key)[1]
    edit_recipe(path, {key: DELETED})
    assert name not in tomllib.loads(path.read_text())["parts"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"render.count": -1}, "render.count"),
        ({"no.such.key": 1}, "no"),
        ({"parts.QF.files": []}, "parts.QF.files"),
        ({"name.first": "x"}, "name"),
        ({"cluster.setup": ["rm -r ."]}, "as trusted as a script"),
        ({"parts.QF": DELETED, 'parts."M2.5"': DELETED}, "parts"),
    ],
)
def test_what_is_wrong_is_told_and_not_written(path, changes, said):
    with pytest.raises(RecipeError, match=said):
        edit_recipe(path, changes)
    assert path.read_text() == RECIPE


def test_who_saw_an_earlier_state_is_told(path):
    seen = recipe_revision(path)
    now = edit_recipe(path, {"seed": 1}, seen)
    assert now == recipe_revision(path)
    with pytest.raises(StaleRecipeError, match="changed elsewhere"):
        edit_recipe(path, {"seed": 2}, seen)
    assert tomllib.loads(path.read_text())["seed"] == 1


def test_what_another_window_writes_while_a_change_is_checked_is_not_lost(path):
    class Changes(dict):
        def items(self):  # read after the recipe
            edit_recipe(path, {"seed": 7})
            return super().items()

    with pytest.raises(StaleRecipeError, match="changed elsewhere"):
        edit_recipe(path, Changes({"render.count": 20}))
    assert tomllib.loads(path.read_text())["seed"] == 7


def test_an_old_key_is_written_under_its_new_name(path):
    with pytest.warns(FutureWarning):
        edit_recipe(path, {"train.close_mosaic": 3})
    assert tomllib.loads(path.read_text())["train"]["augment"]["close_mosaic"] == 3
