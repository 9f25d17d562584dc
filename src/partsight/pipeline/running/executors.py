"""Where work is done: in this process, in fresh worker processes of this machine, or in jobs of a cluster."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from partsight.config.sections.running.cluster import ClusterSection
from partsight.pipeline.running.cluster import cluster_executor


def num_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_executor(num_workers: int, cluster: ClusterSection, logs: Path) -> Iterator[Executor]:
    """Open an executor; one local worker works inside this process. What has not begun is cancelled on the way out.

    A cluster's jobs stay for the next stage and end with this process; `logs` is the folder for what its scheduler writes.
    """
    if cluster.kind != "local":
        yield cluster_executor(cluster, logs)
        return
    executor = _make_executor(num_workers)
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _make_executor(num_workers: int) -> Executor:
    return ThreadPoolExecutor(max_workers=1) if num_workers == 1 else open_processes(num_workers)


def open_processes(num_workers: int) -> ProcessPoolExecutor:
    """Open fresh worker processes, which leave Ctrl-C to this one and end when it is gone."""
    executor = ProcessPoolExecutor(
        max_workers=num_workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin_work,
    )
    with _shielded():
        executor.submit(int)  # the first task starts all processes
    return executor


@contextmanager
def _shielded() -> Iterator[None]:
    """Keep Ctrl-C from processes that are started here, for as long as they live; this one gets it when they have started."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_work() -> None:
    """Leave Ctrl-C to the main process, which tells its workers to stop after their picture; end when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker at once when the main process is gone: nobody would give it work, or wait for it, ever again."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
