"""The checks of a station, written down: a line in checks.csv, a picture, and word to whoever asked for it."""

import csv
import io
import queue
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from partsight.deploy.live.events import Sink
from partsight.deploy.live.inspection.checking import KitCheck, Trigger, told, words
from partsight.deploy.overlay import draw_boxes
from partsight.errors import PartsightError
from partsight.files import storage_errors, write_bytes
from partsight.pictures import jpeg_bytes

COLUMNS = ("time", "kit", "result", "missing", "extra", "found", "trigger", "picture")
_QUALITY = 85
_LONGEST_QUEUE = 50
_FORMULA = re.compile(r"^[=+\-@\t\r]")
"""How a cell begins that a spreadsheet would compute."""


@dataclass(frozen=True, slots=True)
class HistoryPlan:
    """Where checks go."""

    folder: Path
    class_names: Sequence[str]
    sinks: Sequence[Sink] = ()


@final
class CheckHistory:
    """Writes checks down, in their order."""

    def __init__(self, plan: HistoryPlan, say: Callable[[str], None]) -> None:
        self._plan, self._say = plan, say
        self._lock = threading.Lock()
        self._last: dict[str, Any] | None = None
        self._rested: queue.Queue[KitCheck] = queue.Queue(_LONGEST_QUEUE)
        threading.Thread(target=self._run, name="checks", daemon=True).start()

    @property
    def last(self) -> dict[str, Any] | None:
        """The last check that was written down, as JSON-like values; None before the first."""
        return self._last

    def rested(self, check: KitCheck) -> None:
        """Take a check that is due because nothing moves; never waits."""
        try:
            self._rested.put_nowait(check)
        except queue.Full:
            self._say(f"check of {check.kit}: not written, too many wait")

    def record(self, check: KitCheck, trigger: Trigger) -> dict[str, Any]:
        """Write a check down, tell whoever asked for it, and return it. Raises StorageError; nobody is told then."""
        with self._lock:
            taken_at = check.look.frame.taken_at
            picture = f"pictures/{taken_at:%Y%m%dT%H%M%S}{taken_at.microsecond // 1000:03}-{_file_name(check.kit)}.jpg"
            entry = {"time": taken_at.isoformat(timespec="milliseconds"), **told(check), "trigger": trigger}
            write_bytes(self._plan.folder / picture, self._drawn(check))
            _append(self._plan.folder / "checks.csv", entry, picture)
            entry["picture"] = picture
            self._last = entry
        for sink in self._plan.sinks:
            sink({"event": "check", **entry})
        return entry

    def _run(self) -> None:
        while True:
            check = self._rested.get()
            try:
                self.record(check, "still")
            except PartsightError as error:
                self._say(str(error))
                self._last = {**told(check), "trigger": "still", "problem": str(error)}

    def _drawn(self, check: KitCheck) -> bytes:
        boxes = np.array([one.box_xyxy for one in check.tracks]).reshape(-1, 4)
        class_ids = np.array([one.class_id for one in check.tracks], int)
        texts = [self._plan.class_names[number] for number in class_ids.tolist()]
        return jpeg_bytes(draw_boxes(check.look.image(), boxes, class_ids, texts), _QUALITY)


def _append(path: Path, entry: dict[str, Any], picture: str) -> None:
    """Write one whole line at a time, so that a reader never sees half of one."""
    result = "complete" if entry["complete"] else "incomplete"
    row = [entry["time"], entry["kit"], result, *(words(entry[name]) for name in ("missing", "extra", "found"))]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.stat().st_size == 0:
            writer.writerow(COLUMNS)
        writer.writerow([_harmless(cell) for cell in (*row, entry["trigger"], picture)])
        with path.open("a", encoding="utf-8") as opened:
            opened.write(stream.getvalue())


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _file_name(kit: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", kit).strip("._") or "kit"
