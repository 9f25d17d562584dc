"""One key says where a detector works: a rule in words, a score, or scores of some classes."""

import pytest

from partsight.config.recipe import Recipe
from partsight.errors import RecipeError

PARTS = {"parts": {"gear": {"files": ["/parts/gear.step"]}, "bolt": {"files": ["/parts/bolt.step"]}}}


def read(value):
    return Recipe.parse({**PARTS, "evaluate": {"operate_at": value}}).evaluate.operate_at


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("best_f1", "best_f1"),
        ("precision  0.95", "precision 0.95"),
        ("false_alarms 0.05 per_class", "false_alarms 0.05 per_class"),
        (0.7, 0.7),
        (1, 1.0),
        ("0.7", 0.7),
        ({"gear": 0.7}, {"gear": 0.7}),
    ],
)
def test_what_can_be_asked_for_is_kept_as_it_is_meant(value, kept):
    assert read(value) == kept
    assert type(read(value)) is type(kept)


@pytest.mark.parametrize(
    "value",
    [
        "best",
        "best_f1 0.3",
        "precision",
        "precision 1.5",
        "false_alarms -1",
        1.2,
        -0.1,
        True,
        None,
        [0.7],
        {"gear": 2},
        {"gear": "x"},
    ],
)
def test_anything_else_is_one_problem_with_what_was_expected(value):
    with pytest.raises(RecipeError, match=r"1 problem\(s\)\n  evaluate\.operate_at: found .*expected auto, best_f1"):
        read(value)


def test_a_score_for_a_class_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(RecipeError, match=r"evaluate\.operate_at: nut: no such class; known: gear, bolt"):
        read({"gear": 0.7, "nut": 0.5})
