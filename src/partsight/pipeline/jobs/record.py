"""How far a command is, as a file: written by the command, read by whoever wants to know."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, final

from partsight.errors import StorageError
from partsight.files import read_json, write_json
from partsight.progress import Advance

_EVERY_S = 0.3
_SAID = 30
"""Lines that are kept."""


@dataclass(frozen=True, slots=True)
class StageRecord:
    """One stage of a command."""

    name: str
    unit: str
    total: int
    done: int
    remark: str
    began_s: float
    """Seconds since 1970."""
    ended_s: float | None

    @property
    def seconds_left(self) -> float | None:
        """How long it will still take at this pace; None where that cannot be known."""
        if self.ended_s is not None or not 0 < self.done <= self.total:
            return None
        return (time.time() - self.began_s) / self.done * (self.total - self.done)


@dataclass(frozen=True, slots=True)
class ProgressRecord:
    """All stages so far, the last one current, and what was said last."""

    stages: tuple[StageRecord, ...]
    said: tuple[str, ...]


def read_record(path: Path) -> ProgressRecord | None:
    """Return a command's progress; None where there is none, or it cannot be read."""
    try:
        content: dict[str, Any] = read_json(path)
        return ProgressRecord(tuple(StageRecord(**stage) for stage in content["stages"]), tuple(content["said"]))
    except (OSError, StorageError, KeyError, TypeError):
        return None


@final
class Recorder:
    """Keeps a file up to date. A disk that is full stops no command: the file is then as old as it is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stages: list[StageRecord] = []
        self._said: list[str] = []
        self._written_s = 0.0

    def say(self, message: str) -> None:
        """Keep one line."""
        self._said = [*self._said, message][-_SAID:]
        self._write(is_due=True)

    @contextmanager
    def stage(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        """Keep one stage of `total` units."""
        place = len(self._stages)
        began_s = time.time()
        self._stages.append(StageRecord(name, unit, total, 0, "", began_s, None))
        self._write(is_due=True)

        def advance(done: int, remark: str) -> None:
            self._stages[place] = StageRecord(name, unit, total, done, remark, began_s, None)
            self._write(is_due=done >= total)

        yield advance
        last = self._stages[place]
        self._stages[place] = StageRecord(name, unit, total, last.done, last.remark, began_s, time.time())
        self._write(is_due=True)

    def _write(self, *, is_due: bool) -> None:
        if not is_due and time.monotonic() - self._written_s < _EVERY_S:
            return
        self._written_s = time.monotonic()
        content = {"stages": [asdict(stage) for stage in self._stages], "said": self._said}
        try:
            write_json(self._path, content)
        except StorageError:
            return
