"""Workers in jobs of a cluster, through Parsl (Babuji et al., HPDC 2019), as a `concurrent.futures.Executor`."""

import atexit
import functools
import os
import re
import shlex
import sys
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from partsight.config.sections.running.cluster import ClusterSection
from partsight.config.trust import VARIABLE
from partsight.errors import ClusterError
from partsight.files import hash_bytes

RETRIES = 3
"""How often a task is given to another worker when its own was lost."""

HEARTBEAT_S = 10
"""How often a node says that it is alive; four times this silent, and its tasks are given to others."""
_PROGRAMS = Path(sys.executable).parent
"""Where Parsl's own programs are, whether or not the virtual environment is active."""
_PLAIN = re.compile(r"[\w/.+=@,-]+", re.ASCII)
"""Paths that shells, Parsl's templates and the headers of job scripts all read as they are."""


@functools.cache
def cluster_executor(section: ClusterSection, logs: Path) -> Executor:
    """Return the executor of a cluster; its jobs end with this process. Raises ClusterError.

    Tasks of lost workers are given to others, up to RETRIES times. Logs and job scripts go into a folder that the nodes see, or into
    the home folder where its path cannot stand in a job script.
    """
    try:
        from parsl.concurrent import ParslPoolExecutor
        from parsl.config import Config
        from parsl.executors import HighThroughputExecutor
    except ImportError as error:
        raise ClusterError(
            f"cluster.kind is {section.kind}, but Parsl cannot be imported ({error}). Install it: pip install 'partsight[cluster]', "
            "or set cluster.kind to local"
        ) from error
    workers = HighThroughputExecutor(
        label="partsight",
        address=section.address or _own_address(section),
        provider=_provider(section),
        interchange_launch_cmd=[str(_PROGRAMS / "interchange.py")],
        max_workers_per_node=section.workers_per_node,
        available_accelerators=section.gpus_per_node,
        cpu_affinity="block",
        heartbeat_period=HEARTBEAT_S,
        heartbeat_threshold=4 * HEARTBEAT_S,
    )
    config = Config(
        executors=[workers],
        run_dir=str(_plain_folder(logs)),
        retries=RETRIES,
        usage_tracking=0,  # nothing phones home
        initialize_logging=False,
    )
    executor: Executor = ParslPoolExecutor(config=config)
    executor.__enter__()
    atexit.register(executor.__exit__, None, None, None)
    return executor


def num_cluster_workers(section: ClusterSection) -> int:
    """Return how many workers all jobs have together."""
    return section.jobs * section.nodes_per_job * section.workers_per_node


def _provider(section: ClusterSection) -> Any:
    """Return Parsl's provider of jobs."""
    from parsl.launchers import SimpleLauncher, SrunLauncher
    from parsl.providers import LocalProvider, PBSProProvider, SlurmProvider

    trusted = f"export {VARIABLE}=1"  # what a job runs was accepted where it was submitted
    setup = "\n".join([f"export PATH={shlex.quote(str(_PROGRAMS))}:$PATH", trusted, *section.setup])
    common: dict[str, Any] = {"init_blocks": 1, "max_blocks": section.jobs, "worker_init": setup}
    if section.kind == "processes":
        return LocalProvider(**common)
    common |= {
        "nodes_per_block": section.nodes_per_job,
        "walltime": section.walltime,
        "scheduler_options": "\n".join(section.options),
        "launcher": SimpleLauncher() if section.nodes_per_job == 1 else SrunLauncher(),
    }
    if section.kind == "pbs":
        return PBSProProvider(queue=section.partition, account=section.account, **common)
    return SlurmProvider(
        partition=section.partition or None,
        account=section.account or None,
        exclusive=False,
        **common,
    )


def _plain_folder(logs: Path) -> Path:
    """Return the folder, or one of the home in its place where its path is not plain. Raises ClusterError."""
    instead = Path.home() / ".cache" / "partsight" / "cluster" / hash_bytes(os.fsencode(logs.resolve()))
    for folder in (logs.resolve(), instead):
        if _PLAIN.fullmatch(str(folder)):
            return folder
    raise ClusterError(
        f"{logs}: job scripts cannot name this folder, nor {instead}. Use a folder (`out`) of letters, digits, hyphens and slashes."
    )


def _own_address(section: ClusterSection) -> str:
    if section.kind == "processes":
        return "127.0.0.1"
    from parsl.addresses import address_by_hostname

    address: str = address_by_hostname()
    return address
