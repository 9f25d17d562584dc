"""What is kept of a training's epochs: plain JSON and CSV, whole after every epoch."""

import csv
import io
import time
from collections.abc import Mapping
from pathlib import Path

from partsight.detector.detector import Tracker
from partsight.files import read_json, write_json, write_text


class HistoryTracker:
    """Writes history.json and history.csv; epochs of an earlier, killed run are kept."""

    def __init__(self, folder: Path) -> None:
        self._json_path, self._csv_path = folder / "history.json", folder / "history.csv"
        self._epochs: list[dict[str, float]] = self._read_kept()
        self._started = time.monotonic()

    def __call__(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Record one epoch; a repeated epoch replaces the earlier record."""
        kept = [row for row in self._epochs if row["epoch"] < epoch]
        self._epochs = [*kept, {"epoch": epoch, "elapsed_s": round(time.monotonic() - self._started, 2), **figures}]
        self.write()

    def write(self) -> None:
        """Write both files as they are now, also where one of them was lost."""
        write_json(self._json_path, self._epochs)
        write_text(self._csv_path, _as_csv(self._epochs))

    def _read_kept(self) -> list[dict[str, float]]:
        """Return the epochs so far from the one file or the other."""
        if self._json_path.exists():
            kept: list[dict[str, float]] = read_json(self._json_path)
            return kept
        if self._csv_path.exists():
            rows = csv.DictReader(io.StringIO(self._csv_path.read_text(encoding="utf-8")))
            return [{name: _number(value) for name, value in row.items() if value} for row in rows]
        return []


def tell_all(*trackers: Tracker) -> Tracker:
    """Return a tracker that tells several."""

    def tell(epoch: int, figures: Mapping[str, float]) -> None:
        for tracker in trackers:
            tracker(epoch, figures)

    return tell


def _as_csv(rows: list[dict[str, float]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _number(text: str) -> float:
    """Return a number as JSON has it: whole where it is."""
    value = float(text)
    return int(value) if text.lstrip("-").isdigit() else value
