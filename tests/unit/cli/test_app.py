"""The command line: what the user can mend is said without a traceback, with an exit code for scripts."""

import tomllib

import pytest
import typer

from partsight.cli.app import app, run


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["run", "--recipe", "none.toml"], 1, "partsight init"),
        (["init", "empty", "--out", "."], 1, "no CAD file in this folder"),
        (["init", "missing.step", "--out", "."], 1, "missing.step"),
        (["init", "broken.step", "--out", "."], 1, "broken.step"),
        (["run", "--set", "render.coutn=3"], 1, "Did you mean 'count'?"),
        (["paint"], 2, "No such command"),
        (["run", "--recipe"], 2, "requires an argument"),
    ],
)
def test_mistakes_are_explained(tmp_path, monkeypatch, capsys, arguments, code, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.step").write_text("ISO-10303-21;\nHEADER;\nthis is not STEP")
    if "--set" in arguments:
        (tmp_path / "recipe.toml").write_text('[parts.a]\nfiles = ["a.step"]\n')
    assert run(arguments) == code
    shown = capsys.readouterr().err
    assert told in shown
    assert "Traceback" not in shown


def test_a_project_is_never_overwritten(tmp_path, capsys):
    (tmp_path / "recipe.toml").write_text("mine")
    assert run(["init", "a.step", "--out", str(tmp_path)]) == 1
    assert (tmp_path / "recipe.toml").read_text() == "mine"
    assert "stands already" in capsys.readouterr().err


def test_init_makes_a_recipe_a_table_and_a_contact_sheet(tmp_path, samples, capsys):
    parts = tmp_path / "parts"  # a folder stands for the files in it
    parts.mkdir()
    for name in ("QF.step", "SD.step"):
        (parts / name).symlink_to(samples / name)
    assert run(["init", str(parts), "--out", str(tmp_path), "--name", 'hall "2"']) == 0
    shown = capsys.readouterr().out
    assert "QF" in shown
    assert "SD" in shown
    assert (tmp_path / "parts.png").stat().st_size > 5_000
    recipe = (tmp_path / "recipe.toml").read_text()
    assert '"QF".files = [' in recipe
    assert tomllib.loads(recipe)["name"] == 'hall "2"'
    assert len(recipe.splitlines()) < 15


@pytest.mark.filterwarnings("default")
def test_an_old_key_is_told_without_a_line_of_code(tmp_path, capsys):
    (tmp_path / "recipe.toml").write_text('[parts.a]\nfiles = ["a.step"]\n')
    settings = ["--set", "train.mosaic=0.2", "--set", "train.epochs=none"]
    assert run(["run", "--recipe", str(tmp_path / "recipe.toml"), *settings]) == 1
    told = capsys.readouterr().err
    assert "train.mosaic is now train.augment.mosaic" in told
    assert "recipe.py" not in told


def texts_of(command):
    """Help texts of a command, its options and its subcommands."""
    yield command.help or ""
    yield from (getattr(parameter, "help", None) or "" for parameter in command.params)
    for subcommand in getattr(command, "commands", {}).values():
        yield from texts_of(subcommand)


def test_no_help_text_has_words_that_the_terminal_would_take_for_markup():
    texts = list(texts_of(typer.main.get_command(app)))
    assert len(texts) > 100
    assert [text for text in texts if "[" in text] == []
