"""Values of a recipe: every number is finite and has bounds, every interval is ordered, every text has a form."""

import math
import time
from collections.abc import Iterator
from typing import Any

import pytest

from partsight.config.expressions import check_expression, find_groups
from partsight.config.loading import effective_recipe
from partsight.config.recipe import Recipe
from partsight.errors import RecipeError

PART = {
    "files": ["a.step"], "node": ["N*"], "hide": ["H*"], "labels": {"Hose": ["HOSE*"]}, "keypoints": {"tip": [0.0, 1.5, -3.0]},
    "unit": "mm", "color": "#ffffff",
    "materials": {"*": "steel"}, "description": "d", "document": ["a.pdf", "https://x"], "details": {"serial": "1"},
}  # fmt: skip
STATED = {
    "parts": {"A": PART},
    "seed": 1,
    "cad": {"linear_tolerance": 0.01, "max_triangles": 1000},
    "randomize": {
        "placement": {"scatter": 1.0},
        "camera": {"object_size": {"choices": [0.1, 0.2]}},
        "distractors": {"cad": ["b.step"]},
    },
    "photos": {"folder": "photos", "places": ["hall"], "train": ["t*"], "validation": ["v"], "test": ["w"]},
    "dataset": {"renders": 10, "photos_per_class": 5, "background_photos": 5, "seed": 1},
    "train": {"batch": 4, "device": [0, 1], "seed": 1, "self_training": {"videos": ["v.mp4"]}, "hard": {"rounds": 1}},
    "evaluate": {"operate_at": {"A": 0.1}},
    "budget": {"minutes": 5.0},
    "live": {
        "zones": {"left": {"corners": [[0.1, 0.2], [0.6, 0.2], [0.6, 0.9]]}},
        "lines": {"door": {"start": [0.1, 0.2], "end": [0.3, 0.4]}},
        "check": {"kit": {"parts": {"A": 2}, "zone": "left"}},
        "history": "checks",
        "webhook": "http://x",
    },
    "sweep": {
        "grid": {"render.count": [1, 2.5, "x", [1.0, 2.0]]},
        "tune": {"train.learning_rate": {"low": 0.1, "high": 0.2}, "seed": {"choices": [1]}},
    },
    "cluster": {"partition": "p", "address": "h", "options": ["#SBATCH -x"], "setup": ["true"]},
    "track": {"mlflow_uri": "http://x"},
}  # fmt: skip
"""A recipe with something under every key that has no value by default."""
NOT_FINITE = (math.nan, math.inf, -math.inf)
TOO_LARGE = (1e300, -1e300, 10**30, -(10**30))
MAY_BE_NEGATIVE = {
    "elevation_deg",
    "roll_deg",
    "exposure_ev",
    "distortion",
    "grid",
    "low",
    "high",
    "choices",
    "keypoints",
}
PATHS = {
    "files",
    "document",
    "folder",
    "places",
    "texture_folder",
    "environment_folder",
    "cad",
    "videos",
    "weights",
    "blender",
    "history",
}
"""Keys whose texts name files: names of files may hold anything but NUL."""


def schema_leaves(node: Any, root: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every number and text of the recipe's schema, with its path."""
    if "$ref" in node:
        node = {**root["$defs"][node["$ref"].rpartition("/")[2]], **{key: node[key] for key in node if key != "$ref"}}
    for choice in (
        *node.get("anyOf", ()),
        *node.get("oneOf", ()),
        *node.get("allOf", ()),
        *node.get("prefixItems", ()),
    ):
        yield from schema_leaves(choice, root, path)
    for name, below in node.get("properties", {}).items():
        yield from schema_leaves(below, root, f"{path}.{name}")
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(node.get(key), dict):
            yield from schema_leaves(
                {"type": "string", **node[key]} if key == "propertyNames" else node[key], root, f"{path}.{key}"
            )
    if node.get("type") in ("number", "integer", "string"):
        yield path, node
    if node.get("type") == "object" and "properties" not in node and "propertyNames" not in node:
        yield f"{path}.propertyNames", {"type": "string"}


SCHEMA = Recipe.model_json_schema()
LEAVES = list(schema_leaves(SCHEMA, SCHEMA))


def test_every_number_has_a_lowest_and_a_highest_value():
    bare = [
        path
        for path, node in LEAVES
        if node["type"] != "string"
        and not ({"minimum", "exclusiveMinimum"} & node.keys() and {"maximum", "exclusiveMaximum"} & node.keys())
    ]
    assert len(LEAVES) > 200
    assert bare == []


def test_every_text_has_a_form_or_a_length():
    bare = [
        path
        for path, node in LEAVES
        if node["type"] == "string"
        and not {"enum", "const", "maxLength"} & node.keys()
        and node.get("format") != "path"
        and ("pattern" not in node or set("*+") & set(node["pattern"]))
    ]
    assert bare == []


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every single value of a recipe's content, with the way to it."""
    if isinstance(content, dict | list | tuple):
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield from places(value, (*path, key))
    else:
        yield path, content


def replaced(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    if isinstance(content, dict):
        return {**content, path[0]: replaced(content[path[0]], path[1:], value)}
    return [replaced(one, path[1:], value) if index == path[0] else one for index, one in enumerate(content)]


WHOLE = {**effective_recipe(Recipe.parse(STATED)), "preset": None}
NUMBERS = [
    (path, value) for path, value in places(WHOLE) if isinstance(value, int | float) and not isinstance(value, bool)
]
TEXTS = [(path, value) for path, value in places(WHOLE) if isinstance(value, str)]


def is_accepted(path: tuple[Any, ...], value: Any) -> bool:
    try:
        Recipe.parse(replaced(WHOLE, path, value))
    except RecipeError:
        return False
    return True


def test_the_recipe_that_is_changed_here_is_a_valid_one():
    Recipe.parse(WHOLE)
    assert len(NUMBERS) > 130
    assert len(TEXTS) > 40


def test_no_number_may_be_infinite_or_none():
    assert [(path, bad) for path, _ in NUMBERS for bad in NOT_FINITE if is_accepted(path, bad)] == []


def test_no_number_may_be_beyond_all_reason():
    assert [(path, bad) for path, _ in NUMBERS for bad in TOO_LARGE if is_accepted(path, bad)] == []


def test_only_angles_exposures_and_distortions_may_be_negative():
    found = {path for path, _ in NUMBERS for bad in (-1, -0.01) if is_accepted(path, bad)}
    assert [path for path in found if not MAY_BE_NEGATIVE & set(path)] == []


def test_every_interval_is_ordered():
    """Wherever two different numbers stand in a list whose key is no list of choices, they cannot change places."""
    lists = {
        ("train", "device"),
        *((*path[:-1],) for path, _ in NUMBERS if "live" in path),
        ("train", "augment", "hsv"),
        ("evaluate", "input_scales"),
    }
    pairs = {
        path[:-1]
        for path, _ in NUMBERS
        if path[-1] in (0, 1) and not {"choices", "grid", "live", "keypoints"} & set(path)
    } - lists
    swapped = []
    for path in pairs:
        low, high, *rest = value_at(path)
        if low != high and is_accepted(path, [high, low, *rest]):
            swapped.append(path)
    assert swapped == []
    assert len(pairs) > 25


def value_at(path: tuple[Any, ...]) -> Any:
    found = WHOLE
    for key in path:
        found = found[key]
    return found


@pytest.mark.parametrize("hostile", ["two\nlines", "a\x1b[31mb", "a\x00b", "a\u2028b", "x" * 5000])
def test_a_text_is_one_line_without_control_characters(hostile):
    free = [path for path, _ in TEXTS if not PATHS & set(path)]
    named = [path for path, _ in TEXTS if PATHS & set(path)] if hostile == "a\x00b" or len(hostile) > 4096 else []
    assert [path for path in (*free, *named) if is_accepted(path, hostile)] == []


@pytest.mark.parametrize("name", ["two\nlines", "", " ", "a ", "<script>x</script>", "a\x1b[0m", "\u202eab"])
@pytest.mark.parametrize("where", ["class", "label", "details", "materials"])
def test_a_name_is_one_line_that_is_no_markup(name, where):
    """A class name with a line break would shift the number of every class after it."""
    tables = {
        "label": {"labels": {name: ["X"]}},
        "details": {"details": {name: "x"}},
        "materials": {"materials": {name: "steel"}},
    }
    parts = {name: PART} if where == "class" else {"A": {"files": ["a"], **tables[where]}}
    is_line = name in ("", " ", "a ", "<script>x</script>")
    if where in ("details", "materials") and is_line:
        Recipe.parse({"parts": parts})
        return
    with pytest.raises(RecipeError, match="parts"):
        Recipe.parse({"parts": parts})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"randomize": {"orbit": {"elevation_deg": [-90, 90, 0.1], "azimuth_step_deg": 0.1}}}, "directions"),
        ({"train": {"image_size": 8192, "crop": 0.1}}, "image_size / crop"),
        ({"train": {"device": [1, 1]}}, "names a GPU twice"),
        ({"sweep": {"grid": {"seed": list(range(1000)), "render.count": list(range(1, 1001))}}}, "experiments"),
        ({"sweep": {"tune": {"train.learning_rate": {"low": -1, "high": 1, "log": True}}}}, "logarithm"),
    ],
)  # fmt: skip
def test_values_that_are_only_too_much_together_are_refused(content, told):
    with pytest.raises(RecipeError, match=told):
        Recipe.parse({"parts": {"A": {"files": ["a"]}}, **content})


# Regular expressions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|a)*$", "(.*)*x(.*)*y", "(x+x+)+y", "([a-z]+)*[0-9]"])
def test_an_expression_takes_no_longer_than_its_text(expression):
    started = time.process_time()
    for text in ("a" * 5000, "a" * 5000 + "!", "x" * 5000):
        find_groups(check_expression(expression), text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "expression", ["(?=a)(b)", r"(a)\1", "(", "no group", "(a){1000}{1000}", "(a)" * 400, "(\ud800)"]
)
def test_what_the_engine_cannot_run_is_told(expression):
    with pytest.raises(RecipeError, match=r"photos\.session_pattern"):
        Recipe.parse({"parts": {"A": {"files": ["a"]}}, "photos": {"session_pattern": expression}})


@pytest.mark.parametrize(
    ("text", "groups"),
    [("s1/a.jpg", ("s1/",)), ("a.jpg", ("",)), ("two\nlines/a", ("two\nlines/",)), ("b\udcff/部/a", ("b\udcff/部/",))],
)
def test_groups_are_pieces_of_the_path_whatever_it_holds(text, groups):
    assert find_groups(r"^(.*?)[^/]*$", text) == groups
    assert find_groups("(x)?(/)?$", "x/y") == ("", "")
