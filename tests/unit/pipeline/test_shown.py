"""Which training pictures a report counts."""

from dataclasses import replace
from pathlib import Path

import pytest

from partsight.config.recipe import Recipe
from partsight.pipeline.stages.dataset.stage import DatasetOutput, shown_in_training
from partsight.structures.dataset import Splits
from tests.builders import dataset_of, showing


@pytest.mark.parametrize(("schedule", "expected"), [("mixed", ["r0", "p0"]), ("two_stage", ["r0", "r1", "p0"])])
def test_what_no_training_shows_is_not_counted(schedule, expected):
    """Photos without parts beyond the cap never are; renders that the last stage leaves out were in the first."""
    renders = [replace(showing(f"r{number}", 0), source="render") for number in range(2)]
    train = dataset_of(*renders, showing("p0", 1), showing("n0"))
    times = {"r1": 0, "p0": 4, "n0": 0}
    recipe = Recipe.of(parts={"QF": {"files": ["QF.step"]}}, train={"schedule": schedule})
    output = DatasetOutput("key", Path("data.yaml"), Splits(train, dataset_of(), dataset_of()), times, 4, 0.0)
    assert [sample.sample_id for sample in shown_in_training(recipe, output).samples] == expected
