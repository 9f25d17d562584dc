"""What other programs are told: a part appeared, a part left; as JSON lines and to a webhook."""

import json
import queue
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias, final
from urllib.parse import urlsplit

from partsight.deploy.live.frame_results import FrameResult
from partsight.deploy.live.threshold import LimitOf
from partsight.deploy.live.tracking import Track, VisibleTracks
from partsight.errors import SourceError, StorageError

Event: TypeAlias = dict[str, Any]
Sink: TypeAlias = Callable[[Event], None]
_LONGEST_QUEUE = 200
_WEBHOOK_TIMEOUT_S = 5.0
_PRINTED = Path("-")


@final
class PartEvents:
    """Compares each look with the one before; a handler of looks."""

    def __init__(self, class_names: Sequence[str], limit_of: LimitOf, sinks: Sequence[Sink]) -> None:
        self._class_names, self._sinks = class_names, sinks
        self._shown = VisibleTracks(limit_of)
        self._there: dict[int, Track] = {}

    def __call__(self, look: FrameResult) -> None:
        """Tell what changed with this look."""
        there = {track.number: track for track in self._shown.update(look.tracks)}
        appeared = [("appeared", track) for number, track in there.items() if number not in self._there]
        left = [("left", track) for number, track in self._there.items() if number not in there]
        for kind, track in left + appeared:
            event = self._event(kind, track, sorted(self._class_names[one.class_id] for one in there.values()))
            for sink in self._sinks:
                sink(event)
        self._there = there

    def _event(self, kind: str, track: Track, names_there: list[str]) -> Event:
        return {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": kind,
            "part": self._class_names[track.class_id],
            "track": track.number,
            "score": round(track.score, 4),
            "box_xyxy": [round(side, 1) for side in track.box_xyxy],
            "parts_now": names_there,
        }


@final
class JsonLines:
    """One line an event, appended to a file or printed for `-`; a full disk is told once and stops nothing.

    The file is opened for each event, so that it may be moved away meanwhile.
    """

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self._path, self._tell = path, tell
        self._has_told = False
        if path != _PRINTED:
            _check_appendable(path)

    def __call__(self, event: Event) -> None:
        """Write one event."""
        try:
            self._write(json.dumps(event, ensure_ascii=False) + "\n")
            self._has_told = False
        except OSError as error:
            if not self._has_told:
                self._tell(f"{self._path}: cannot be written ({error.strerror}); events are lost until it can")
            self._has_told = True

    def _write(self, line: str) -> None:
        if self._path == _PRINTED:
            sys.stdout.write(line)
            sys.stdout.flush()
            return
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(line)


@final
class Webhook:
    """Sends events to an address, one after the other, from a thread of its own; a slow receiver loses the oldest."""

    def __init__(self, url: str, tell: Callable[[str], None]) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise SourceError(f"{url}: expected an http or https address (`webhook`)")
        self.num_lost = 0
        self._url, self._tell, self._is_down = url, tell, False
        self._waiting: queue.Queue[Event] = queue.Queue(_LONGEST_QUEUE)
        self._opener = urllib.request.build_opener(_NoRedirects)
        threading.Thread(target=self._run, name="webhook", daemon=True).start()

    def __call__(self, event: Event) -> None:
        """Take an event to send; never waits."""
        while True:
            try:
                self._waiting.put_nowait(event)
            except queue.Full:
                self._drop_oldest()
            else:
                return

    def _drop_oldest(self) -> None:
        try:
            self._waiting.get_nowait()
        except queue.Empty:
            return
        self.num_lost += 1

    def _run(self) -> None:
        while True:
            self._send(self._waiting.get())

    def _send(self, event: Event) -> None:
        content = json.dumps(event).encode()
        request = urllib.request.Request(  # noqa: S310 - http or https, checked above
            self._url, content, {"Content-Type": "application/json", "User-Agent": "partsight"}
        )
        try:
            with self._opener.open(request, timeout=_WEBHOOK_TIMEOUT_S):
                self._is_down = False
        except (OSError, ValueError) as error:
            self.num_lost += 1
            if not self._is_down:
                self._tell(f"webhook {urlsplit(self._url).netloc}: not reached ({error}); events are lost until it is")
            self._is_down = True


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Events go where the user said, and nowhere else."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


def _check_appendable(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            return
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror}). Choose another file (`log`).") from error
