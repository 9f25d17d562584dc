"""Buttons beside the report's advice: they open the page where it is done, or set what is named."""

import re
from pathlib import Path

import pytest

import partsight
from partsight.app.next_steps import next_step
from partsight.app.recipe import EDITABLE


@pytest.mark.parametrize(
    ("advice", "buttons"),
    [
        ("film the place (`partsight photos add --places walk.mp4`).", [("scene", None)]),
        (
            "Five labels help (`partsight photos label`, dataset.photos_per_class = 5).",
            [("photos", None), (None, {"dataset.photos_per_class": 5})],
        ),
        ("allow more (evaluate.operate_at = \"best_f1\").", [(None, {"evaluate.operate_at": "best_f1"})]),
        ("a score of 0.42 leaves 3 (evaluate.operate_at = 0.42).", [(None, {"evaluate.operate_at": 0.42})]),
        ("`partsight check` shows from where the two differ", [("parts", None)]),
        ("Nothing is known about A.", []),
    ],
)  # fmt: skip
def test_a_button_opens_the_page_or_sets_the_key(advice, buttons):
    found = next_step(advice)["buttons"]
    assert [(one.get("page"), one.get("changes")) for one in found] == buttons


def test_every_key_that_an_advice_sets_is_one_that_the_page_may_change():
    """The advice is written elsewhere: a key that it states with a value must have a button."""
    folder = Path(partsight.__file__).parent / "report"
    text = "".join(path.read_text() for path in folder.glob("*advice.py"))
    stated = set(re.findall(r"\b([a-z_]+\.[a-z_.]+) = ", text))
    assert stated
    assert not [key for key in stated if not key.startswith((*EDITABLE, "content.", "evaluation."))]
