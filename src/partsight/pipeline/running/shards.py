"""Pieces of work given to workers, a few at a time."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from typing import TypeVar

from partsight.errors import RenderError
from partsight.progress import Advance

_LARGEST = 8
_Item = TypeVar("_Item")


def work_through(
    open_pool: Callable[[], AbstractContextManager[Executor]],
    work: Callable[[tuple[_Item, ...]], int],
    items: Sequence[_Item],
    advance: Advance,
) -> None:
    """Give items to workers in shards and tell how many are done; `work` returns how many it did. Raises RenderError."""
    size = max(1, min(_LARGEST, len(items) // 8))
    shards = [tuple(items[start : start + size]) for start in range(0, len(items), size)]
    if not shards:
        return
    num_done = 0
    try:
        with open_pool() as executor:
            for future in as_completed([executor.submit(work, shard) for shard in shards]):
                num_done += future.result()
                advance(num_done, "")
    except BrokenProcessPool as error:
        raise RenderError(
            "workers died (out of memory?). What they finished is kept; run it again with render.workers = 1."
        ) from error
