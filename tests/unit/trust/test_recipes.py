"""Recipes of somebody else: names are names, and what is as trusted as a script is used once the user has accepted it."""

import os
import pickle
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from partsight.cli.app import run
from partsight.config.loading import effective_recipe, read_recipe
from partsight.config.recipe import Recipe
from partsight.config.sections.running.sweep import SweepSection
from partsight.config.trust import AS_SCRIPTS, VARIABLE, accept
from partsight.errors import RecipeError, UntrustedRecipeError
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.study.sweep import Sweep, plan_cells

PART = '[parts.A]\nfiles = ["a.step"]\n'
SCRIPTS = {
    "cluster.setup": '["touch harm"]',
    "cluster.options": '["touch harm"]',
    "live.history": '"../elsewhere"',
    "live.webhook": '"http://elsewhere"',
    "render.blender": '"./python"',
    "track.mlflow_uri": '"http://elsewhere"',
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user who has accepted nothing yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv(VARIABLE, raising=False)


def recipe_with(folder: Path, key: str, value: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    section, _, name = key.partition(".")
    path = folder / "recipe.toml"
    path.write_text(f"{PART}[{section}]\n{name} = {value}\n")
    return path


def asked(path: Path, *settings: str) -> UntrustedRecipeError:
    with pytest.raises(UntrustedRecipeError) as caught:
        read_recipe(path, settings)
    return caught.value


def test_every_value_that_is_as_trusted_as_a_script_has_a_case_here_and_says_so():
    assert SCRIPTS.keys() == AS_SCRIPTS.keys()
    for key in AS_SCRIPTS:
        section, name = key.split(".")
        described = type(getattr(Recipe.model_validate({"parts": {"A": {"files": ["a"]}}}), section)).model_fields[name]
        assert "trusted as a script" in (described.description or "")


@pytest.mark.parametrize("key", SCRIPTS)
def test_what_is_as_trusted_as_a_script_is_asked_about_once(tmp_path, key):
    path = recipe_with(tmp_path / "project", key, SCRIPTS[key])
    error = asked(path)
    assert key in str(error)
    assert VARIABLE in str(error)
    accept(error.values, error.folder)
    read_recipe(path)


@pytest.mark.parametrize("key", SCRIPTS)
def test_what_the_user_typed_is_not_asked_about(tmp_path, key):
    path = recipe_with(tmp_path, "render.count", "5")
    read_recipe(path, [f"{key}={SCRIPTS[key]}"])


def test_other_values_and_other_folders_ask_again(tmp_path):
    error = asked(recipe_with(tmp_path / "a", "cluster.setup", '["source env.sh"]'))
    accept(error.values, error.folder)
    asked(recipe_with(tmp_path / "a", "cluster.setup", '["source other.sh"]'))
    asked(recipe_with(tmp_path / "b", "cluster.setup", '["source env.sh"]'))


def test_a_recipe_without_such_values_asks_nothing(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(PART + '[cluster]\nsetup = []\n[render]\nblender = ""\n')
    assert effective_recipe(read_recipe(path))["cluster"]["setup"] == []


def test_the_variable_trusts_for_scripts_and_workers(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    read_recipe(recipe_with(tmp_path, "cluster.setup", '["x"]'))


@pytest.mark.parametrize(
    "grid",
    [
        '"render.blender" = ["./python"]',
        '"cluster" = ["{setup = [\'touch harm\']}"]',
        "'render.blender=\"./python\" #' = [1]",
        "'cluster.setup=[\"touch harm\"] #' = [1]",
    ],
)
def test_a_sweep_brings_no_such_value_past_the_question(tmp_path, grid):
    path = tmp_path / "recipe.toml"
    path.write_text(f"{PART}[sweep]\nseeds = 1\n[sweep.grid]\n{grid}\n")
    sweep = Sweep(path, (), Workspace(tmp_path / "runs"))
    (cell,) = plan_cells(sweep.recipe().sweep)
    with pytest.raises(RecipeError):
        sweep.recipe(cell)


def test_a_grid_of_other_keys_asks_nothing(tmp_path):
    path = recipe_with(tmp_path, "render.count", "5")
    sweep = Sweep(path, (), Workspace(tmp_path / "runs"))
    cells = plan_cells(SweepSection.model_validate({"grid": {"render.count": [1, 2]}, "seeds": 1}))
    assert [sweep.recipe(cell).render.count for cell in cells] == [1, 2]


def test_the_question_survives_the_way_between_processes(tmp_path):
    error = asked(recipe_with(tmp_path, "cluster.setup", '["x"]'))
    back = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (str(back), back.values, back.folder) == (str(error), error.values, error.folder)


@pytest.mark.parametrize("command", ["run", "render", "train", "evaluate", "report", "export", "sweep"])
def test_without_a_terminal_every_command_says_how_to_allow_it(tmp_path, command, capsys):
    path = recipe_with(tmp_path, "cluster.setup", f'["touch {tmp_path / "harm"}"]')
    assert run([command, "--recipe", str(path)]) == 1
    told = capsys.readouterr().err
    assert "UntrustedRecipeError" in told
    assert f"{VARIABLE}=1" in told
    assert not (tmp_path / "harm").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "is_accepted"), [("y\n", True), ("n\n", False)])
def test_at_a_terminal_the_user_is_asked_and_the_answer_is_kept(tmp_path, answer, is_accepted):
    path = recipe_with(tmp_path, "cluster.setup", '["true"]')
    told = at_a_terminal(["render", "--recipe", str(path)], answer)
    assert "cluster.setup" in told
    assert ("CadError" in told) == is_accepted  # the recipe was followed up to its missing part
    again = at_a_terminal(["render", "--recipe", str(path)], answer)
    assert ("[y/N]" in again) != is_accepted


def at_a_terminal(arguments: list[str], answer: str) -> str:
    """Run a command with a terminal on both ends, and return what it said."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "partsight", *arguments]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    os.write(ours, answer.encode())
    told = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            told += os.read(ours, 4096)
        except OSError:  # its end is closed
            break
    os.close(ours)
    process.wait(timeout=60)
    return told.decode(errors="replace")


@pytest.mark.parametrize("name", ["/evil", "../evil", "evil.yaml", "evil.pt", "https://x/y", "a b", "a\nb", "Ä", ""])
def test_a_network_is_a_name_never_a_path(tmp_path, name):
    path = recipe_with(tmp_path, "render.count", "5")
    with pytest.raises(RecipeError, match=r"train\.model"):
        read_recipe(path, [f"train.model={name!r}" if "\n" not in name else 'train.model="a\\nb"'])


@pytest.mark.parametrize("key", ["partition", "account", "qos", "constraint", "address"])
@pytest.mark.parametrize("value", ["a\nb", "a;touch harm", "$(touch harm)", "`touch harm`", "a b", "a\\u0000"])
def test_names_for_schedulers_hold_nothing_that_a_shell_reads(tmp_path, key, value):
    written = value.replace("\n", "\\n")
    with pytest.raises(RecipeError, match=f"cluster.{key}"):
        read_recipe(recipe_with(tmp_path, f"cluster.{key}", f'"{written}"'))


@pytest.mark.parametrize("uri", ["file:///tmp/x", "sqlite:///x.db", "plugin://x", "ftp://x"])
def test_figures_are_told_to_web_servers_only(tmp_path, uri):
    with pytest.raises(RecipeError, match="mlflow_uri"):
        read_recipe(recipe_with(tmp_path, "track.mlflow_uri", f'"{uri}"'))


def test_names_as_schedulers_have_them_are_taken(tmp_path):
    path = tmp_path / "recipe.toml"
    names = 'partition = "gpu-long,cpu"\naccount = "chem/lab_7"\nqos = "high"\nconstraint = "[rack1*2&rack2*4]"'
    path.write_text(f'{PART}[cluster]\n{names}\n[train]\nmodel = "yolov8n-p2"\ndevice = "cuda:0"\n')
    assert read_recipe(path).cluster.partition == "gpu-long,cpu"
