"""Workers do not outlive the process that started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import sys, time, os
from pathlib import Path
from partsight.config.sections.running.cluster import ClusterSection
from partsight.pipeline.running.executors import open_executor
if __name__ == "__main__":
    with open_executor(2, ClusterSection(), Path("logs")) as executor:
        futures = [executor.submit(os.getpid) for _ in range(2)]
        print(*{future.result() for future in futures}, flush=True)
        executor.submit(time.sleep, 600)
        time.sleep(600)
"""
MANY_TASKS = """
import os
from pathlib import Path
from partsight.config.sections.running.cluster import ClusterSection
from partsight.pipeline.running.executors import open_executor
if __name__ == "__main__":
    with open_executor(2, ClusterSection(), Path("logs")) as executor:
        print(len([future.result() for future in [executor.submit(os.getpid) for _ in range(300)]]))
"""
PATIENCE_S = 20


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return state != "Z"


def test_workers_end_when_their_main_process_is_killed(tmp_path):
    if not Path("/proc").is_dir():
        pytest.skip("whether a process is alive is read from /proc")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as main:
        workers = [int(word) for word in main.stdout.readline().split()]
        assert workers
        assert all(map(is_alive, workers))
        main.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while any(map(is_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in workers if is_alive(pid)]


def test_workers_do_as_many_tasks_as_they_are_given(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(MANY_TASKS)
    found = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout == "300\n"
