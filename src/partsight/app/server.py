"""The app's server: its page and what the page asks for, behind the one guard."""

import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from partsight.app import beside, parts, photo_advice, photos, recipe, results, scene, training
from partsight.app.parts import PartShelf
from partsight.app.project import Project
from partsight.app.results import ResultShelf
from partsight.app.scene import SheetMaker
from partsight.errors import PartsightError, StaleRecipeError, StorageError
from partsight.files import read_json, storage_errors, write_json
from partsight.web.access import Access, new_token
from partsight.web.connections import UPLOADING
from partsight.web.guard import Guard
from partsight.web.pages import serve_page
from partsight.web.problems import Json, answer_problems, problem
from partsight.web.serving import PageServer, listen, page_server

_STATIC = (
    "page.css", "icon.svg", "advice.js", "app.js", "ask.js", "dom.js", "parts.js", "viewer.js", "glb.js", "scene.js", "photos.js",
    "training.js", "results.js", "live.js", "tour.js",
)  # fmt: skip

_ACCESS = "app/access.json"


@dataclass(frozen=True, slots=True)
class AppServer:
    """The app with a port taken; nothing runs yet."""

    link: str
    page: PageServer
    close: Callable[[], None]

    def run(self) -> None:
        """Serve until interrupted; jobs go on afterwards."""
        try:
            self.page.run()
        finally:
            self.close()


def open_app(project: Project, access: Access, say: Callable[[str], None]) -> AppServer:
    """Take a port for the app of a project. Raises StorageError when it is taken, SourceError for an unsafe address."""
    kept = _kept_access(project)
    asked = replace(access, token=access.token or kept.token, page="app")
    asked.check()
    listener = _listen(asked, kept.port)
    placed = replace(asked, port=listener.getsockname()[1])
    _keep_access(project, placed)
    shelf, sheets, shown = PartShelf(project), SheetMaker(project), ResultShelf(project)
    app = make_app(project, placed, (shelf, sheets, shown))

    def close() -> None:
        shelf.close()
        sheets.close()

    link = f"http://{placed.host}:{placed.port}/?token={placed.token}"
    return AppServer(link, page_server(app, listener, say=say, limits=UPLOADING), close)


def _listen(asked: Access, port: int) -> socket.socket:
    """Take the port asked for; else the one of the last time, so that a page that was left open finds its server again."""
    if asked.port == 0 and port:
        with contextlib.suppress(StorageError):
            return listen(asked.host, port)
    return listen(asked.host, asked.port)


def _kept_access(project: Project) -> Access:
    """Return port and token of the last time, or a new token."""
    try:
        content = read_json(project.workspace.root / _ACCESS)
        kept = Access(port=int(content["port"]), token=str(content["token"]))
        kept.check()
    except (OSError, KeyError, TypeError, ValueError, PartsightError):
        return Access(token=new_token())
    return kept


def _keep_access(project: Project, access: Access) -> None:
    """Write port and token for the next time, for this user alone. Raises StorageError."""
    path = project.workspace.root / _ACCESS
    write_json(path, {"port": access.port, "token": access.token})
    with storage_errors(path):
        path.chmod(0o600)


def make_app(project: Project, access: Access, workers: tuple[PartShelf, SheetMaker, ResultShelf]) -> FastAPI:
    """Return the server; who does not know the token sees nothing."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, default_response_class=Json)
    shelf, sheets, shown = workers
    serve_page(app, "partsight.app", _STATIC)
    recipe.serve(app, project)
    parts.serve(app, project, shelf)
    scene.serve(app, sheets)
    photos.serve(app, project)
    photo_advice.serve(app, project)
    beside.serve(app, project)
    training.serve(app, project)
    results.serve(app, project, shown)
    answer_problems(app, _status_of)
    app.add_exception_handler(OSError, _refused_by_system)
    app.add_middleware(Guard, access=access, uploads=(parts.UPLOAD, photos.UPLOAD))
    return app


def _status_of(error: PartsightError) -> int:
    if isinstance(error, StaleRecipeError):
        return 409
    return 507 if isinstance(error, StorageError) else 400


def _refused_by_system(_request: Request, error: Exception) -> Response:
    """Say what the operating system refused: a disk that is full, a folder that may not be read."""
    return problem(507, f"{getattr(error, 'filename', '') or 'files'}: {getattr(error, 'strerror', None) or error}")
