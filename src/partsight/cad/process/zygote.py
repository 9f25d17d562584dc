"""A process that has everything loaded and forks a child for each file: one start of the CAD kernel serves many files.

    python -m partsight.cad.process.zygote          (POSIX; elsewhere each file gets a process of its own)

Reads lines of JSON from stdin: {"request": path, "log": path, "timeout_s": seconds}; answers each with the child's exit code, negative
for a signal, as subprocess does. What cannot be loaded is told in a line, once, and the exit code says whether memory is short. A
child that takes too long is ended by the system's alarm clock, wherever it is stuck.
"""

import gc
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from partsight.cad.process.worker import EXIT_CODE, MEMORY_EXIT_CODE
from partsight.cad.process.worker import main as read_request
from partsight.memory import is_shortage

PRELOADED = (
    "OCP.STEPCAFControl",
    "OCP.RWGltf",
    "scipy.spatial",
    "trimesh.ray.ray_pyembree",
    "trimesh.exchange.load",
    "partsight.cad.geometry.conversion",
    "partsight.cad.geometry.interior",
    "partsight.cad.readers.kernel",
    "partsight.cad.readers.mesh_files",
    "partsight.cad.geometry.selection",
)


def main() -> None:
    """Serve until stdin closes."""
    try:
        _preload()
    except (ImportError, MemoryError, OSError, RuntimeError, SystemError) as error:
        _answer(f"{type(error).__name__}: {error}".splitlines()[0])
        os._exit(MEMORY_EXIT_CODE if is_shortage(error) else EXIT_CODE)  # half loaded libraries would abort at the end
    for line in sys.stdin:
        _answer(_serve(json.loads(line)))


def _answer(answer: int | str) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def _preload() -> None:
    """Load what every file needs; nothing here may start a thread."""
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()


def _serve(order: dict[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        _become_worker(order)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _become_worker(order: dict[str, Any]) -> None:
    """Read one file and end this process; all output goes to the log."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, order["timeout_s"])
    code = 1
    try:
        code = read_request(Path(order["request"]))
    except Exception:  # noqa: BLE001  # our bug: its traceback goes to the log, the parent tells it
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
