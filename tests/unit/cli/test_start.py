"""What the command line says of itself: at once, and without what single commands need."""

import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from partsight.cli.app import run

HEAVY = (
    "numpy", "PIL", "scipy", "torch", "ultralytics", "vtk", "pyvista", "mitsuba", "drjit", "OCP", "trimesh",
    "embreex", "mujoco", "matplotlib", "jinja2", "onnxruntime", "openvino", "supervision", "pandas", "av", "fastapi", "uvicorn",
    "rich.progress", "parsl", "optuna",
)  # fmt: skip
"""What takes longer to load than a help text may take; the commands that need it load it.

typer loads pydantic itself; psutil is there from the start, since nothing can be loaded any more where memory is short.
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"], ["photos", "label", "--help"]])
def test_help_loads_nothing_that_only_a_command_needs(arguments):
    started = f"import sys; sys.argv[0] = 'partsight'; from partsight.cli.app import run; run({arguments})"
    code = f"{started}; print('LOADED', *sorted({set(HEAVY)} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1].split() == ["LOADED"]
    assert "partsight" in result.stdout


def test_the_version_is_that_of_the_package(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.split() == ["partsight", version("partsight")]


def test_shells_can_complete_commands():
    asked = {"_PARTSIGHT_COMPLETE": "complete_bash", "COMP_WORDS": "partsight photos fi", "COMP_CWORD": "2"}
    code = "import sys; sys.argv[0] = 'partsight'; from partsight.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )
    assert result.stdout.split() == ["fit-camera"]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("train.weights", ["default", "docs/reference/train.md"]),
        ("train.augment.flip", ["at least 0", "at most 1"]),
        ("train.flip", ["train.augment.flip"]),
        ("render.count", ["preset    table: 4000", "a whole number"]),
        ('parts."M2.5".files', ["it must be given"]),
        ("randomize.wear.traces", ["rust"]),
        ("randomize.wear.traces.rust", ["How often a worn part"]),
        ("randomize.camera", ["object_size", "focal"]),
        ("", ["randomize", "train", "docs/reference/recipe.md"]),
    ],
)
def test_keys_and_sections_are_explained(capsys, key, told):
    assert run(["explain", key]) == 0
    shown = capsys.readouterr().out
    assert [text for text in told if text not in shown] == []


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("train.wieghts", "Did you mean 'weights'?"),
        ("trian", "Did you mean 'train'?"),
        ("train.epochs.first", "has no keys below it"),
        ("train..epochs", "expected names with dots"),
        ("report.thumbnail_px", "is gone"),
    ],
)
def test_a_key_that_is_none_is_told(capsys, key, told):
    assert run(["explain", key]) == 1
    assert told in capsys.readouterr().err


def test_an_error_ends_with_the_page_that_explains_more(capsys, tmp_path):
    assert run(["run", "--recipe", str(tmp_path / "none.toml")]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "More: docs/reference/recipe.md"
