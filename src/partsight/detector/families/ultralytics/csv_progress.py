"""How a training on several GPUs goes: its processes are the library's own, so epochs are read from the table that they write."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from partsight.detector.detector import Tracker
from partsight.errors import PartsightError

_EVERY_S = 2.0
_NO_FIGURES = ("epoch", "time")


@contextmanager
def told_from_csv(path: Path, tracker: Tracker) -> Iterator[None]:
    """Tell the tracker each finished epoch once, while others append to the table and a last time at the end.

    The tracker is called from a thread; rows that were there before (of a training that goes on) are not told again.
    """
    reader, ended = _Reader(path, tracker), Event()
    reader.skip()

    def follow() -> None:
        with suppress(PartsightError):  # it comes again, and is raised, when the training has ended
            while not ended.wait(_EVERY_S):
                reader.tell()

    thread = Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        reader.tell()


class _Reader:
    """Remembers which epochs were told."""

    def __init__(self, path: Path, tracker: Tracker) -> None:
        self._path, self._tracker = path, tracker
        self._last_epoch, self._last_time = 0, 0.0

    def skip(self) -> None:
        """Take what is there as told."""
        for row in self._rows():
            self._last_epoch = int(row["epoch"])

    def tell(self) -> None:
        """Tell what is new."""
        for row in self._rows():
            epoch, time = int(row["epoch"]), row["time"]
            if epoch <= self._last_epoch:
                continue
            figures = {name: value for name, value in row.items() if name not in _NO_FIGURES and "lr/" not in name}
            self._tracker(epoch, {**figures, "seconds": max(time - self._last_time, 0.0)})
            self._last_epoch, self._last_time = epoch, time

    def _rows(self) -> list[Mapping[str, float]]:
        """Return the rows that are whole: a last line without its end is still being written, and a damaged one says nothing."""
        if not self._path.is_file():
            return []
        text = self._path.read_text(errors="replace")
        whole = text[: text.rfind("\n") + 1].splitlines()
        names = [name.strip() for name in whole[0].split(",")] if whole else []
        if not set(_NO_FIGURES) <= set(names):
            return []
        rows = (_numbers(line) for line in whole[1:])
        return [dict(zip(names, row, strict=True)) for row in rows if len(row) == len(names)]


def _numbers(line: str) -> list[float]:
    """Return the numbers of a line, none when one of them is none."""
    try:
        return [float(value) for value in line.split(",")]
    except ValueError:
        return []
