"""A sweep runs every combination with every seed, and says what its few seeds can support."""

import csv
import io
import math

import numpy as np
import pytest

from partsight.config.recipe import Recipe
from partsight.config.sections.running.sweep import SweepSection
from partsight.errors import RecipeError
from partsight.pipeline.study.page import _csv, gain_sentences
from partsight.pipeline.study.sweep import CellResult, plan_cells, summarize


def cell_result(values, seed, map50, problem=""):
    figures = {} if problem else {"ap50": map50, "ap50_95": map50 / 2, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    return CellResult(values, seed, figures, num_images=4, num_boxes=7, problem=problem)


def test_every_combination_is_run_with_every_seed():
    section = SweepSection(grid={"render.count": (10, 20), "dataset.photos_per_class": (0, 5, 10)}, seeds=2)
    cells = plan_cells(section)
    assert len(cells) == len(set(cells)) == 2 * 3 * 2
    assert cells[0].values == (("render.count", 10), ("dataset.photos_per_class", 0))


def test_a_seed_redraws_photos_and_training_and_leaves_the_renders():
    first, second = plan_cells(SweepSection(grid={"train.model": ("yolov8n",)}, seeds=2))
    assert first.settings == ('train.model="yolov8n"', "dataset.seed=0", "train.seed=0")
    assert second.settings == ('train.model="yolov8n"', "dataset.seed=1", "train.seed=1")


def test_values_keep_their_kind_on_the_way_into_the_recipe():
    section = SweepSection(
        grid={"train.augment.hsv": ((0.0, 0.5, 0.5),), "train.augment.mosaic": (0.5,), "render.denoise": (True,)},
        seeds=1,
    )
    assert plan_cells(section)[0].settings[:3] == (
        "train.augment.hsv=[0.0, 0.5, 0.5]",
        "train.augment.mosaic=0.5",
        "render.denoise=true",
    )


def test_an_empty_grid_is_refused_with_an_example():
    with pytest.raises(RecipeError, match=r"\[sweep\.grid\]"):
        plan_cells(SweepSection())


def test_the_interval_is_students_t_over_seeds():
    values = (("a", 1),)
    (row,) = summarize([cell_result(values, seed, map50) for seed, map50 in enumerate((0.4, 0.5, 0.6))])
    assert row.figures["ap50"].mean == pytest.approx(0.5)
    assert row.figures["ap50"].half_width == pytest.approx(4.302653 * 0.1 / math.sqrt(3), rel=1e-5)
    assert str(row.figures["ap50"]) == "0.500 ± 0.248"


def test_one_seed_has_no_interval():
    (row,) = summarize([cell_result((("a", 1),), 0, 0.4)])
    assert math.isnan(row.figures["ap50"].half_width)
    assert str(row.figures["ap50"]) == "0.400"


def test_a_failed_cell_is_told_and_leaves_the_others_alone():
    values = (("a", 1),)
    (row,) = summarize([cell_result(values, 0, 0.4), cell_result(values, 1, 0, problem="DatasetError: no photos")])
    assert row.problems == ("DatasetError: no photos",)
    assert row.figures["ap50"].num_seeds == 1


def test_the_table_as_csv_reads_back():
    rows = summarize([cell_result((("render.count", 10), ("train.model", "a,b")), seed, 0.25) for seed in (0, 1)])
    header, line = csv.reader(io.StringIO(_csv(rows)))
    assert dict(zip(header, line, strict=True))["mAP50"] == "0.25"
    assert line[1] == "a,b"


@pytest.mark.parametrize(
    ("tune", "told"),
    [
        ({"train.epochs": {"low": 5}}, "either low and high, or choices"),
        ({"train.epochs": {"low": 5, "high": 2}}, "low must be below high"),
        ({"train.epochs": {"low": 1, "high": 2, "choices": [3]}}, "either low and high, or choices"),
    ],
)
def test_a_range_that_says_nothing_is_refused(tmp_path, tune, told):
    content = {"parts": {"A": {"files": ["a.step"]}}, "sweep": {"tune": tune}}
    with pytest.raises(RecipeError, match=told):
        Recipe.parse(content, base_dir=tmp_path)


def test_what_more_photos_bring_is_said_for_each_combination_with_three_numbers_of_them():
    grid = {"render.count": (10, 20), "dataset.photos_per_class": (0, 5, 10)}
    results = [
        cell_result(cell.values, cell.seed, 0.3 + 0.02 * dict(cell.values)["dataset.photos_per_class"])
        for cell in plan_cells(SweepSection(grid=grid, seeds=2))
    ]
    sentences = gain_sentences(results, np.random.default_rng(0))
    assert [sentence.split(":")[0] for sentence in sentences] == ["render.count 10", "render.count 20"]
    assert "10 more photos per class than 10 should bring +0.0" in sentences[0]
    assert (
        gain_sentences(
            [one for one in results if dict(one.values)["dataset.photos_per_class"]], np.random.default_rng(0)
        )
        == ()
    )
