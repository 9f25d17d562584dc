"""Progress bars in the terminal: what, how far, how long still; plain lines where there is no terminal."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from partsight.progress import RECORD_VARIABLE, Advance
from partsight.structures.names import shown_line

if TYPE_CHECKING:
    from partsight.pipeline.jobs.record import Recorder

QUIET_S = 15.0
"""Where no bar can be drawn, a line is printed this often, in seconds."""


class TerminalProgress:
    """Draws one bar per stage, or prints plain lines when the output is a file; a job's progress is kept as a file as well."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._recorder = _open_recorder()

    @contextmanager
    def stage(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        """Show one stage of `total` units."""
        show = self._bar if self._console.is_terminal else self._lines
        with show(name, total, unit) as advance:
            if self._recorder is None:
                yield advance
                return
            with self._recorder.stage(name, total, unit) as record:
                yield _both(advance, record)

    def say(self, message: str) -> None:
        """Print one line."""
        self._console.print(message, soft_wrap=True)
        if self._recorder is not None:
            self._recorder.say(message)

    @contextmanager
    def _bar(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description:<9}", style="bold", markup=False),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[remark]}", style="dim", markup=False),
        )
        with Progress(*columns, console=self._console) as bars:
            task = bars.add_task(shown_line(name), total=total, unit=unit, remark="")
            yield lambda done, remark: bars.update(task, completed=done, remark=shown_line(remark))

    @contextmanager
    def _lines(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        started = last_shown = time.monotonic()

        def advance(done: int, remark: str) -> None:
            nonlocal last_shown
            now = time.monotonic()
            if now - last_shown >= QUIET_S or done == total:
                last_shown = now
                self.say(f"{name}: {done}/{total} {unit}, {_time_left(now - started, done, total)} {remark}".rstrip())

        yield advance


def _time_left(elapsed_s: float, done: int, total: int) -> str:
    """Return how long a stage took, or how long it will still take at this pace."""
    if done >= total:
        return f"{elapsed_s:.0f} s"
    return f"about {elapsed_s / max(done, 1) * (total - done):.0f} s left"


def _both(first: Advance, second: Advance) -> Advance:
    def advance(done: int, remark: str) -> None:
        first(done, remark)
        second(done, remark)

    return advance


def _open_recorder() -> "Recorder | None":
    """Return who keeps the progress for others to read, where a job asks for that."""
    path = os.environ.get(RECORD_VARIABLE)
    if not path:
        return None
    from partsight.pipeline.jobs.record import Recorder

    return Recorder(Path(path))
