"""Trainings of a benchmark side by side, one core each, which brings more than one training on all cores."""

import multiprocessing
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def side_by_side(
    run: Callable[[_Task, Namespace], _Result], tasks: Sequence[_Task], arguments: Namespace
) -> Iterator[_Result]:
    """Yield results as they come, `arguments.jobs` tasks at a time in processes of their own; one that fails is told and left out."""
    with ProcessPoolExecutor(arguments.jobs, multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(run, task, arguments) for task in tasks]):
            if (error := done.exception()) is not None:
                print(f"failed, the others go on: {error!r}", flush=True)
                continue
            yield done.result()
