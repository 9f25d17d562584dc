"""Threads of torch that wait leave their core to others, whichever module of the detectors is used first."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

LOAD_OPENMP = """
import ctypes, sys
import partsight.detector.devices
ctypes.CDLL(sys.argv[1])
"""


def shown_settings(library: Path, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "KMP_", "GOMP_"))}
    environment = {**kept, "OMP_DISPLAY_ENV": "true", **environment}
    command = [sys.executable, "-c", LOAD_OPENMP, str(library)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stderr


@pytest.fixture(scope="module")
def openmp():
    torch = find_spec("torch")
    found = sorted(Path(torch.origin).parent.glob("lib/libgomp*")) if torch is not None and torch.origin else []
    if not found:
        pytest.skip("there is no torch with GNU's OpenMP here")
    return found[0]


def test_the_openmp_of_torch_waits_without_spinning(openmp):
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in shown_settings(openmp)


def test_what_the_user_set_stays(openmp):
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in shown_settings(openmp, OMP_WAIT_POLICY="ACTIVE")
