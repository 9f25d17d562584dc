"""How a long job says what it does, how far it is and how long it still takes."""

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Advance: TypeAlias = Callable[[int, str], None]
"""Called with the number of units finished so far and a short remark."""
RECORD_VARIABLE = "PARTSIGHT_PROGRESS"
"""Environment variable that names the file in which a job's progress is kept."""


class Progress(Protocol):
    """Shows stages; the command line draws bars, tests and notebooks may stay silent."""

    def stage(self, name: str, total: int, unit: str) -> AbstractContextManager[Advance]:
        """Open one stage of `total` units."""
        ...

    def say(self, message: str) -> None:
        """Tell one line."""
        ...


class Silence:
    """Shows nothing."""

    @contextmanager
    def stage(self, name: str, total: int, unit: str) -> "Iterator[Advance]":
        """Open a stage that nobody watches."""
        del name, total, unit
        yield lambda _done, _remark: None

    def say(self, message: str) -> None:
        """Keep one line to itself."""
        del message
