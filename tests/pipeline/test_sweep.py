"""A sweep with real renders and real trainings: what is shared is made once, what is finished is found."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.study.estimate import estimate_sweep
from partsight.pipeline.study.page import publish_sweep
from partsight.pipeline.study.sweep import Sweep, run_sweep, summarize
from partsight.pipeline.study.tune import tune_recipe
from partsight.progress import Silence

if find_spec("ultralytics") is None:  # importing it here would change Pillow for all tests
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)
RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "smoke.toml"
SETTINGS = ("render.variant=scalar_rgb", "render.workers=1", "train.weights=scratch", "sweep.seeds=1")
GRID = ('sweep.grid={"render.count"=[8, 10], "train.epochs"=[1]}',)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A finished sweep over two render counts, and its results."""
    sweep = Sweep(RECIPE, (*SETTINGS, *GRID), Workspace(tmp_path_factory.mktemp("sweep")))
    return sweep, run_sweep(sweep, Silence(), lambda _results: None)


@pytest.mark.slow
def test_cells_share_their_renders(swept):
    sweep, results = swept
    assert [result.problem for result in results] == ["", ""]
    folders = [path for path in (sweep.workspace.root / "render").iterdir() if path.is_dir()]
    assert len(folders) == 1
    assert len(list((folders[0] / "images").iterdir())) == 10


@pytest.mark.slow
def test_a_second_run_makes_nothing(swept):
    sweep, results = swept
    before = {path: path.stat().st_mtime_ns for path in sweep.workspace.root.glob("*/*/manifest.json")}
    assert run_sweep(sweep, Silence(), lambda _results: None) == results
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.slow
def test_the_estimate_knows_what_is_finished_and_what_it_cost(swept):
    sweep, _ = swept
    assert {stage.num_units_left for stage in estimate_sweep(sweep).stages} == {0, 2}, "only pages were not asked for"
    longer = Sweep(RECIPE, (*SETTINGS, 'sweep.grid={"render.count"=[30], "train.epochs"=[1, 2]}'), sweep.workspace)
    stages = {stage.name: stage for stage in estimate_sweep(longer).stages}
    render, train = stages["render"], stages["train"]
    assert render.num_units_left == 20
    assert render.seconds_each > 0
    assert train.num_finished == 0
    assert train.seconds_each > 0
    assert "of work left, and report: not yet measured on this machine" in estimate_sweep(longer).sentence


@pytest.mark.slow
def test_what_is_left_behind_reads_alike(swept):
    sweep, results = swept
    page = publish_sweep(sweep, results).read_text()
    cells = json.loads((sweep.workspace.root / "sweep.json").read_text())
    rows = summarize(results)
    assert [cell["figures"]["ap50"] for cell in cells] == [row.figures["ap50"].mean for row in rows]
    assert "tested on held-out renders" in page
    assert "http" not in page.split("<details>")[0].replace("http-equiv", "")


@pytest.mark.slow
def test_a_cell_that_cannot_work_is_told_and_the_next_goes_on(tmp_path, swept):
    sweep, _ = swept
    shutil.copytree(sweep.workspace.root, tmp_path / "runs")
    grid = 'sweep.grid={"train.weights"=["scratch", "no-such-file.pt"]}'
    both = Sweep(RECIPE, (*SETTINGS, "render.count=10", grid), Workspace(tmp_path / "runs"))
    results = run_sweep(both, Silence(), lambda _results: None)
    assert results[0].problem == ""
    assert results[1].problem.startswith("DetectorError: ")


@pytest.mark.slow
def test_the_tuner_looks_at_validation_alone_and_goes_on_where_it_stopped(swept):
    pytest.importorskip("optuna", reason="the extra [tune] is not installed")
    sweep, _ = swept
    tune = 'sweep.tune={"train.learning_rate"={low=0.0005, high=0.005, log=true}}'
    before = list((sweep.workspace.root / "evaluate").iterdir())
    one = tune_recipe(Sweep(RECIPE, (*SETTINGS, tune, "sweep.trials=1"), sweep.workspace), Silence())
    two = tune_recipe(Sweep(RECIPE, (*SETTINGS, tune, "sweep.trials=2"), sweep.workspace), Silence())
    assert len(one.trials) == 1
    assert two.trials[:1] == one.trials
    assert len(two.trials) == 2
    assert list((sweep.workspace.root / "evaluate").iterdir()) == before
