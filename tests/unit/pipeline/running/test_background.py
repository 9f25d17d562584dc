"""Work in the background, and all that it starts, has a low priority."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from partsight.cli import stages
from partsight.cli.app import app
from partsight.pipeline.running import background

STEP_BACK = """
import os, subprocess, sys
from partsight.pipeline.running.background import step_back
step_back()
step_back()
print(os.nice(0), subprocess.run([sys.executable, "-c", "import os; print(os.nice(0))"], capture_output=True, text=True).stdout)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="niceness is of POSIX")
def test_a_process_that_steps_back_and_its_children_are_nicer():
    done = subprocess.run([sys.executable, "-c", STEP_BACK], capture_output=True, text=True, check=True)
    own, child = (int(number) for number in done.stdout.split())
    assert own == child >= background.NICENESS


@pytest.mark.parametrize("command", ["render", "train", "run"])
def test_commands_that_take_long_step_back_when_asked(command, monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(background, "step_back", lambda: calls.append(command))
    missing = str(tmp_path / "missing.toml")
    for options in ([], ["--background"]):
        CliRunner().invoke(app, [command, "--recipe", missing, *options])
    assert calls == [command]
    assert hasattr(stages, command)
