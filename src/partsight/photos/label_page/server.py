"""The local server of the labelling page: this machine only, a secret in the link, photos by key and never by path."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from importlib.resources import files
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, FiniteFloat

from partsight.errors import DatasetError, PartsightError, StaleLabelsError
from partsight.labels.label import Label
from partsight.labels.photo_labels import PhotoLabels
from partsight.labels.store import session_of_key
from partsight.photos.label_page.seams import PhotoStore, Proposer
from partsight.pictures import is_read_alike, png_bytes, read_picture

HOST = "127.0.0.1"
_STATIC = {
    "page.css": "text/css",
    **dict.fromkeys(("app.js", "api.js", "history.js", "view.js", "board.js", "palette.js"), "text/javascript"),
}
_SHOWN_AS_THEY_ARE = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

Key = Annotated[str, Query(max_length=1000)]


class SentBox(BaseModel):
    """A box as the page sends it."""

    model_config = ConfigDict(extra="forbid")
    box: tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]
    name: str


class SentLabels(BaseModel):
    """A change as the page sends it."""

    model_config = ConfigDict(extra="forbid")
    revision: str
    state: Literal["open", "done", "nothing"]
    boxes: tuple[SentBox, ...]


def make_app(store: PhotoStore, proposer: Proposer, *, token: str, port: int) -> FastAPI:
    """Return the server; who does not know the token sees nothing."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    _guard(app, token, port)
    _serve_page(app)
    _serve_photos(app, store, proposer)
    app.add_exception_handler(PartsightError, _tell)
    return app


def new_token() -> str:
    """Return a secret for one run of the server."""
    return secrets.token_urlsafe(24)


def _guard(app: FastAPI, token: str, port: int) -> None:
    """Let in only who asks this machine by its own name, from this page, with the token."""
    cookie = f"partsight-label-{port}"
    hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
    origins = {f"http://{host}" for host in hosts}

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        origin = request.headers.get("origin")
        if request.headers.get("host") not in hosts or (origin is not None and origin not in origins):
            return _refused("not asked from this page")
        if request.url.path == "/" and _is_token(request.query_params.get("token"), token):
            answer: Response = RedirectResponse("/", status_code=303)
            answer.set_cookie(cookie, token, httponly=True, samesite="strict")
        elif _is_token(request.cookies.get(cookie), token):
            answer = await call_next(request)
        else:
            answer = _refused("open the link that the command printed: it holds the key to this page")
        answer.headers.update(
            {
                "Content-Security-Policy": _POLICY,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
            }
        )
        return answer


def _is_token(given: str | None, token: str) -> bool:
    return given is not None and secrets.compare_digest(given.encode(), token.encode())


def _refused(reason: str) -> Response:
    return JSONResponse({"problem": reason}, status_code=403)


def _serve_page(app: FastAPI) -> None:
    static = files("partsight.photos.label_page") / "static"

    @app.get("/")
    def page() -> Response:
        return Response((static / "page.html").read_bytes(), media_type="text/html; charset=utf-8")

    @app.get("/static/{name}")
    def asset(name: str) -> Response:
        if name not in _STATIC:
            return JSONResponse({"problem": f"{name}: no such file"}, status_code=404)
        return Response((static / name).read_bytes(), media_type=f"{_STATIC[name]}; charset=utf-8")


def _serve_photos(app: FastAPI, store: PhotoStore, proposer: Proposer) -> None:
    @app.get("/photos")
    def photos() -> dict[str, Any]:
        entries = [_entry(store, key) for key in store.list_keys()]
        return {"classes": store.class_names, "photos": entries}

    @app.get("/labels")
    def labels(key: Key) -> dict[str, Any]:
        return _as_json(store.read(key))

    @app.put("/labels")
    def save(key: Key, sent: SentLabels) -> dict[str, Any]:
        boxes = [Label(entry.box, entry.name) for entry in sent.boxes]
        return _as_json(store.save(key, sent.revision, boxes, sent.state))

    @app.get("/proposals")
    def proposals(key: Key) -> dict[str, Any]:
        given = proposer.propose(key)
        found = [
            {"box": one.box.box_xyxy, "name": one.box.class_name, "score": one.score, "origin": one.origin}
            for one in given.found
        ]
        return {"found": found, "complete": given.is_complete, "problem": given.problem}

    @app.get("/picture")
    def picture(key: Key) -> Response:
        path = store.picture(key)
        media_type = _SHOWN_AS_THEY_ARE.get(path.suffix.lower())
        if media_type is not None and is_read_alike(path):
            return FileResponse(path, media_type=media_type)
        return Response(png_bytes(read_picture(path)), media_type="image/png")


def _entry(store: PhotoStore, key: str) -> dict[str, Any]:
    """Return a line of the list; a photo whose files are damaged stands there too, and says so when it is opened."""
    try:
        labels = store.read(key)
    except DatasetError as error:
        return {
            "key": key,
            "session": session_of_key(key),
            "state": "open",
            "count": 0,
            "names": [],
            "problem": str(error),
        }
    names = sorted({box.class_name for box in labels.boxes})
    return {
        "key": labels.key,
        "session": labels.session,
        "state": labels.state,
        "count": len(labels.boxes),
        "names": names,
    }


def _as_json(labels: PhotoLabels) -> dict[str, Any]:
    boxes = [{"box": box.box_xyxy, "name": box.class_name} for box in labels.boxes]
    return {**asdict(labels), "boxes": boxes}


def _tell(_request: Request, error: Exception) -> Response:
    status = 409 if isinstance(error, StaleLabelsError) else 400
    return JSONResponse({"problem": str(error)}, status_code=status)
