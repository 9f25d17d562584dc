"""A plan tells the truth about a half-finished run, and a clean-up frees what no recipe reaches."""

import pytest

from partsight.cli.app import run
from partsight.labels.formats.rendered import label_path
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.inventory import delete_folders, list_folders
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence


def states(experiment):
    return {stage.name: (stage.state, stage.num_missing) for stage in experiment.plan().stages}


def with_count(recipe, count):
    return recipe.at("render.count", count)


def test_a_plan_tells_what_is_found_begun_and_missing(finished, smoke):
    found = states(Experiment(smoke.at("report.title", "of its own"), finished.workspace, Silence()))
    assert found["cad"] == found["render"] == ("found", 0)
    assert found["report"] == ("to be made", 1)
    more = Experiment(with_count(smoke, smoke.render.count + 5), finished.workspace, Silence())
    assert states(more)["render"] == ("begun", 5)
    (render,) = (stage for stage in more.plan().stages if stage.name == "render")
    assert render.seconds_left == pytest.approx(5 * render.seconds_each)
    assert render.num_measured >= 1


def test_pictures_that_a_killed_run_left_are_not_planned_again(smoke, tmp_path):
    few = with_count(smoke, 3)
    folder = Experiment(few, Workspace(tmp_path), Silence()).render().folder
    (folder / "manifest.json").unlink()
    label_path(folder, 1).unlink()
    assert states(Experiment(few, Workspace(tmp_path), Silence()))["render"] == ("begun", 1)


def test_planning_makes_nothing(smoke, tmp_path):
    Experiment(smoke, Workspace(tmp_path / "runs"), Silence()).plan()
    assert not (tmp_path / "runs").exists()


def test_a_clean_up_deletes_what_the_recipes_do_not_reach_and_nothing_else(smoke, tmp_path):
    workspace = Workspace(tmp_path / "runs")
    kept = Experiment(with_count(smoke, 2), workspace, Silence())
    other = Experiment(with_count(smoke.but(seed=7), 2), workspace, Silence())
    folders = [one.render().folder for one in (kept, other)]
    listed = list_folders(workspace, [kept.graph.parts, kept.graph.renders])
    assert {one.folder for one in listed if not one.is_reached} == {folders[1]}
    assert all(one.is_finished and one.num_bytes > 0 and one.recipe_name == smoke.name for one in listed)
    delete_folders([one for one in listed if not one.is_reached])
    assert folders[0].is_dir()
    assert not folders[1].exists()
    assert states(kept)["render"] == ("found", 0)


def test_the_command_asks_before_it_deletes(smoke, tmp_path, capsys, monkeypatch):
    workspace = Workspace(tmp_path / "runs")
    other = with_count(smoke.but(seed=7), 1)
    folder = Experiment(other, workspace, Silence()).render().folder
    recipe = tmp_path / "recipe.toml"
    files = [str(path) for path in smoke.parts["QF"].files]
    recipe.write_text(f'[parts.QF]\nfiles = {files}\n[render]\nvariant = "scalar_rgb"\n')
    monkeypatch.setattr("typer.confirm", lambda _question: False)
    assert run(["runs", "--recipe", str(recipe), "--out", str(workspace.root), "--prune"]) == 0
    assert folder.is_dir()
    assert run(["runs", "--recipe", str(recipe), "--out", str(workspace.root), "--prune", "--yes"]) == 0
    assert not folder.exists()
    assert "freed" in capsys.readouterr().out
