"""Ctrl-C stops a command at any moment: exit code 130, a sentence, no traceback."""

import os
import signal
import subprocess
import sys
import time

import pytest

from partsight.cli import app as cli_app
from partsight.cli.app import run

START = "import sys; sys.stdout.write('started\\n'); sys.stdout.flush(); from partsight.cli import main; main()"
RECIPE = """
[parts]
SD = { files = ["SD.step"] }
[render]
count = 4
width = 64
height = 64
variant = "scalar_rgb"
workers = 2
"""


def interrupt(arguments, folder, delay_s):
    """Start a command with a process group of its own, press Ctrl-C after a while, and return how it ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", START, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, start_new_session=True,
    )  # fmt: skip
    assert process.stdout.readline() == "started\n"  # from here on it is our program that runs
    time.sleep(delay_s)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    return process.returncode, said


@pytest.fixture
def project(tmp_path, samples):
    (tmp_path / "SD.step").write_bytes((samples / "SD.step").read_bytes())
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("delay_s", [0.15, 0.6, 1.2, 2.5, 5.0, 8.0])
def test_a_command_is_stopped_while_it_loads_reads_or_renders(project, delay_s):
    code, said = interrupt(["render"], project, delay_s)
    assert "Traceback" not in said
    assert "KeyboardInterrupt" not in said
    if code != 0:  # a fast machine may have finished
        assert (code, "Stopped." in said) == (130, True)


FAILING = """
import signal, sys, time
from partsight.cli import app as cli_app
{command}
cli_app.asking = command
sys.exit(cli_app.run([]))
"""
LIBRARY_FAILS = """
def command(*_):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise {error} from None
"""
LOST_IN_A_DESTRUCTOR = """
class Interrupted:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def command(*_):
    Interrupted()
    for _ in range(100):
        time.sleep(0.01)
    return 0
"""


def run_alone(command):
    """Run a command that is interrupted in a process of its own: a signal gone astray would end the tests."""
    child = subprocess.run(
        [sys.executable, "-c", FAILING.format(command=command)], capture_output=True, text=True, check=False
    )
    return child.returncode, child.stderr


@pytest.mark.parametrize(
    "error", ["ImportError('initialization failed')", "RuntimeError('x')", "SystemError('y')", "OSError(5, 'z')"]
)
def test_what_libraries_make_of_an_interruption_does_not_matter(error):
    code, said = run_alone(LIBRARY_FAILS.format(error=error))
    assert code == 130
    assert "Stopped." in said


def test_an_interruption_in_a_destructor_is_not_lost():
    code, said = run_alone(LOST_IN_A_DESTRUCTOR)
    assert code == 130
    assert "Traceback" not in said


def test_an_error_of_our_own_keeps_its_traceback(monkeypatch):
    def fail(*_):
        raise RuntimeError("ours")

    monkeypatch.setattr(cli_app, "asking", fail)
    with pytest.raises(RuntimeError, match="ours"):
        run([])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
