"""Workers of a cluster, here jobs of this machine: the folder's name does not matter."""

import os
import subprocess
import sys

import pytest

from tests.hostile_names import ALL_IN_ONE

pytest.importorskip("parsl", reason="the extra [cluster] is not installed")
ADD = """
import sys
from operator import add
from pathlib import Path

from partsight.config.sections.running.cluster import ClusterSection
from partsight.pipeline.running.cluster import cluster_executor

if __name__ == "__main__":
    executor = cluster_executor(ClusterSection(kind="processes", workers_per_node=1), Path(sys.argv[1]))
    print(executor.submit(add, 2, 3).result(timeout=100))
"""


@pytest.mark.slow
def test_jobs_run_for_a_folder_of_any_name(tmp_path):
    logs = tmp_path / ALL_IN_ONE / "runs" / "cluster"
    logs.mkdir(parents=True)
    (tmp_path / "home").mkdir()
    environment = {**os.environ, "HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", ADD, str(logs)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.stdout.splitlines()[-1] == "5", done.stderr
