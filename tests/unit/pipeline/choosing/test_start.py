"""What trainings begin with: chosen once for a workspace, asked for once, told before anything is made."""

import io
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from partsight.cli.console import open_console
from partsight.cli.weights import offer_weights
from partsight.config.recipe import Recipe
from partsight.detector import fetching
from partsight.errors import DetectorError, StorageError
from partsight.pipeline.choosing.memory import CHOICES
from partsight.pipeline.choosing.start import begin_start, settle_start
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence

if find_spec("ultralytics") is None:  # importing it here would change Pillow for all tests
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    """That of a user who has fetched nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Workspace(tmp_path / "runs")


class Makers:
    def __init__(self) -> None:
        self.num_fetched = 0

    def fetch_weights(self, model: str, folder: Path) -> Path:
        self.num_fetched += 1
        path = folder / f"{model}.pt"
        path.write_bytes(b"weights")
        return path


@pytest.fixture
def makers(monkeypatch) -> Makers:
    one = Makers()
    monkeypatch.setattr(fetching, "open_family", lambda _name: one)
    return one


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def answering(monkeypatch):
    """Let somebody sit at the terminal who gives these answers."""

    def answer(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))
        monkeypatch.setattr(sys, "stdout", Terminal())

    return answer


def recipe_of(samples, **train) -> Recipe:
    return Recipe.of(parts={"QF": {"files": [str(samples / "QF.step")]}}, train=train)


def offer(recipe, workspace, *, is_agreed=False) -> None:
    offer_weights(recipe, workspace, open_console(), is_agreed=is_agreed)


def model_of(recipe, workspace) -> str:
    return settle_start(recipe, workspace).train.model


def test_what_was_chosen_stays_whatever_is_fetched_later(samples, workspace, makers, tmp_path):
    recipe = recipe_of(samples)
    assert begin_start(recipe, workspace).train.model == "lite0"
    fetching.fetch("ultralytics", "yolov8n")
    assert model_of(recipe, workspace) == "lite0"
    assert model_of(recipe, Workspace(tmp_path / "others")) == "yolov8n"
    assert (
        model_of(recipe_of(samples, family="ultralytics"), workspace) == "yolov8n"
    )  # another question, another answer


def test_a_choice_whose_file_is_gone_is_made_anew(samples, workspace, makers):
    recipe = recipe_of(samples)
    path = fetching.fetch("ultralytics", "yolov8n")
    assert begin_start(recipe, workspace).train.model == "yolov8n"
    path.unlink()
    assert model_of(recipe, workspace) == "lite0"


def test_a_damaged_choice_is_told(samples, workspace):
    begin_start(recipe_of(samples), workspace)
    (path,) = (workspace.root / CHOICES).iterdir()
    for content in ("[]", "{}", "{"):
        path.write_text(content)
        with pytest.raises(StorageError, match="Delete"):
            settle_start(recipe_of(samples), workspace)


@pytest.mark.parametrize("changes", [{}, {"train.weights": "download"}, {"budget.minutes": 600}], ids=str)
def test_looking_at_an_experiment_its_stages_or_its_plan_runs_writes_and_fetches_nothing(
    samples, workspace, makers, changes
):
    class Idle(Silence):
        def stage(self, *stage: object):
            pytest.fail(f"{stage} runs")

    experiment = Experiment(recipe_of(samples).at(changes), workspace, Idle())
    assert all(stage.key for stage in experiment.graph.stages)
    assert experiment.plan()
    assert experiment._repr_html_()
    assert makers.num_fetched == 0
    assert not workspace.root.exists()


def test_a_file_that_is_fetched_is_in_the_key_of_the_training_by_its_content(samples, workspace, makers, tmp_path):
    fetched = Experiment(recipe_of(samples, weights="download"), workspace, Silence()).settle().trainings[-1]
    own = tmp_path / "own.pt"
    own.write_bytes(b"weights")
    given = Experiment(recipe_of(samples, weights=str(own)), workspace, Silence()).settle().trainings[-1]
    assert makers.num_fetched == 1
    assert fetched.key == given.key
    own.write_bytes(b"others")
    assert (
        Experiment(recipe_of(samples, weights=str(own)), workspace, Silence()).settle().trainings[-1].key != given.key
    )


@pytest.mark.parametrize("verb", ["train", "verify", "evaluate", "report", "plan"])
def test_a_start_that_is_missing_is_told_before_anything_is_made(samples, workspace, verb):
    experiment = Experiment(recipe_of(samples, weights="missing.pt"), workspace, Silence())
    with pytest.raises(DetectorError, match="no such file"):
        getattr(experiment, verb)()
    assert not (workspace.root / "cad").exists()


def test_yes_fetches_and_the_next_run_begins_with_it(samples, workspace, makers, answering):
    answering("y")
    offer(recipe_of(samples), workspace)
    offer(recipe_of(samples), workspace)  # no second question: nobody would answer it
    assert makers.num_fetched == 1
    assert model_of(recipe_of(samples), workspace) == "yolov8n"


def test_no_is_taken_for_this_workspace_and_never_for_all(samples, workspace, makers, answering, tmp_path):
    answering("", "never")
    offer(recipe_of(samples), workspace)
    begin_start(recipe_of(samples), workspace)
    offer(recipe_of(samples), workspace)  # takes no line of the answers
    other = Workspace(tmp_path / "others")
    offer(recipe_of(samples), other)
    offer(recipe_of(samples), other)
    assert makers.num_fetched == 0
    assert not fetching.may_ask()


@pytest.mark.parametrize("train", [{"weights": "scratch"}, {"family": "compact"}, {"weights": "parts"}])
def test_nobody_is_asked_where_the_recipe_says_it_all(samples, workspace, makers, answering, train):
    answering()
    offer(recipe_of(samples, **train), workspace)
    assert makers.num_fetched == 0


def test_without_a_terminal_nobody_is_asked_and_yes_needs_none(samples, workspace, makers):
    offer(recipe_of(samples), workspace)
    assert makers.num_fetched == 0
    begin_start(recipe_of(samples), workspace)
    offer(recipe_of(samples), workspace, is_agreed=True)
    assert makers.num_fetched == 1
    assert model_of(recipe_of(samples), workspace) == "yolov8n"
