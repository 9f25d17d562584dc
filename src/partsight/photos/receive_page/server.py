"""The server of that page: files are written as they arrive, and handed on one after the other."""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeAlias, final

from fastapi import FastAPI, Query
from starlette.requests import ClientDisconnect, Request

from partsight.errors import PartsightError
from partsight.web.access import Access
from partsight.web.bodies import BodyError
from partsight.web.guard import Guard
from partsight.web.pages import serve_page
from partsight.web.problems import Json, answer_problems
from partsight.web.received import receive_file, refused

UPLOAD = "/files"
_STATIC = ("page.css", "app.js")

TakeIn: TypeAlias = Callable[[Path], int]
"""Takes a file in and returns how many pictures came of it. Raises PartsightError."""


@dataclass(slots=True)
class ReceivedFiles:
    """What became of the files so far."""

    num_received: int = 0
    num_waiting: int = 0
    num_pictures: int = 0
    problems: list[str] = field(default_factory=list)


@final
class Receiver:
    """Takes in received files one after the other, in a thread of its own; what was taken in is deleted."""

    def __init__(self, folder: Path, take_in: TakeIn) -> None:
        self.folder = folder
        self.tally = ReceivedFiles()
        self._take_in = take_in
        self._files: queue.Queue[Path | None] = queue.Queue()
        self._lock = threading.Lock()
        self._worker = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier run left."""
        for path in sorted(self.folder.glob("[!.]*")):
            self.add(path)
        self._worker.start()

    def add(self, path: Path) -> None:
        """Take in one file when it is its turn."""
        with self._lock:
            self.tally.num_received += 1
            self.tally.num_waiting += 1
        self._files.put(path)

    def finish(self) -> None:
        """Wait until all that was received is taken in."""
        self._files.put(None)
        self._worker.join()

    def _work(self) -> None:
        while (path := self._files.get()) is not None:
            problem, num_pictures = "", 0
            try:
                num_pictures = self._take_in(path)
                path.unlink(missing_ok=True)
            except PartsightError as error:
                problem = str(error)
            with self._lock:
                self.tally.num_waiting -= 1
                self.tally.num_pictures += num_pictures
                self.tally.problems += [problem] if problem else []


def make_app(receiver: Receiver, session: str, access: Access, parts: Sequence[str]) -> FastAPI:
    """Return the server; who does not know the token sees nothing and sends nothing."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, default_response_class=Json)
    serve_page(app, "partsight.photos.receive_page", _STATIC)

    @app.get("/state")
    def state() -> dict[str, Any]:
        tally = receiver.tally
        return {
            "session": session,
            "parts": list(parts),
            "received": tally.num_received,
            "waiting": tally.num_waiting,
            "pictures": tally.num_pictures,
            "problems": tally.problems[-5:],
        }

    @app.post(UPLOAD)
    async def upload(request: Request, name: Annotated[str, Query(max_length=300)]) -> Any:
        try:
            path = await receive_file(request, receiver.folder, name)
        except (BodyError, ClientDisconnect) as error:
            return refused(error)
        receiver.add(path)
        return {"file": path.name}

    answer_problems(app, lambda _error: 507)
    app.add_middleware(Guard, access=access, uploads=(UPLOAD,))
    return app
