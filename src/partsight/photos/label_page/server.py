"""The local server of the labeling page: this machine only, a secret in the link, photos by key and never by path."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from partsight.errors import DatasetError, PartsightError, StaleLabelsError, StorageError
from partsight.labels.label import Label
from partsight.labels.photo_labels import PhotoLabels
from partsight.photos.label_page.presence import Presence
from partsight.photos.label_page.seams import PhotoStore, Proposer
from partsight.photos.label_page.thumbnails import Thumbnails
from partsight.pictures import is_read_alike, png_bytes, read_picture
from partsight.web.access import Access
from partsight.web.guard import Guard
from partsight.web.pages import serve_page
from partsight.web.problems import Json, answer_problems

_STATIC = (
    "page.css",
    "app.js",
    "api.js",
    "geometry.js",
    "history.js",
    "view.js",
    "board.js",
    "palette.js",
    "strip.js",
    "telling.js",
    "elements.js",
)
_SHOWN_AS_THEY_ARE = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_MOST_CORNERS = 20_000
_MOST_BOXES = 5000
_THUMBNAIL_S = 3600

Key = Annotated[str, Query(max_length=1000)]


class SentBox(BaseModel):
    """A box as the page sends it."""

    model_config = ConfigDict(extra="forbid")
    box: tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]
    name: Annotated[str, Field(max_length=200)]
    outline: Annotated[tuple[tuple[FiniteFloat, FiniteFloat], ...], Field(max_length=_MOST_CORNERS)] = ()


class SentPresence(BaseModel):
    """Which photo a page shows."""

    model_config = ConfigDict(extra="forbid")
    page: Annotated[str, Field(min_length=8, max_length=64)]
    key: Annotated[str, Field(max_length=1000)]


class SentLabels(BaseModel):
    """A change as the page sends it."""

    model_config = ConfigDict(extra="forbid")
    revision: Annotated[str, Field(max_length=200)]
    state: Literal["open", "done", "nothing"]
    boxes: Annotated[tuple[SentBox, ...], Field(max_length=_MOST_BOXES)]


def make_app(store: PhotoStore, proposer: Proposer, access: Access) -> FastAPI:
    """Return the server; who does not know the token sees nothing."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, default_response_class=Json)
    serve_page(app, "partsight.photos.label_page", _STATIC)
    _serve_photos(app, store)
    _serve_proposals(app, proposer)
    _serve_pictures(app, store)
    _serve_presence(app)
    answer_problems(app, _status_of)
    app.add_middleware(Guard, access=access)
    return app


def _status_of(error: PartsightError) -> int:
    """Return 507 where the disk takes nothing, so that a page keeps what was drawn and tries again."""
    return 409 if isinstance(error, StaleLabelsError) else 507 if isinstance(error, StorageError) else 400


def _serve_photos(app: FastAPI, store: PhotoStore) -> None:
    @app.get("/photos")
    def photos() -> dict[str, Any]:
        entries = [_entry(store, key) for key in store.list_keys()]
        return {"classes": store.class_names, "photos": entries}

    @app.get("/labels")
    def labels(key: Key) -> dict[str, Any]:
        return _as_json(store.read(key))

    @app.put("/labels")
    def save(key: Key, sent: SentLabels) -> dict[str, Any]:
        boxes = [Label(entry.box, entry.name, outline=entry.outline) for entry in sent.boxes]
        return _as_json(store.save(key, sent.revision, boxes, sent.state))


def _serve_proposals(app: FastAPI, proposer: Proposer) -> None:
    @app.get("/proposals")
    def proposals(key: Key) -> dict[str, Any]:
        given = proposer.propose(key)
        found = [
            {"box": one.box.box_xyxy, "name": one.box.class_name, "score": one.score, "origin": one.origin}
            for one in given.found
        ]
        return {"found": found, "complete": given.is_complete, "problem": given.problem}

    @app.get("/outlooks")
    def outlooks() -> dict[str, Any]:
        known = {key: [one.num_proposed, round(one.doubt, 3)] for key, one in proposer.outlooks().items()}
        return {"photos": known, "complete": not proposer.is_looking}


def _serve_pictures(app: FastAPI, store: PhotoStore) -> None:
    thumbnails = Thumbnails(store.folder)

    @app.get("/thumbnail")
    def thumbnail(key: Key) -> Response:
        kept = {"Cache-Control": f"private, max-age={_THUMBNAIL_S}"}
        return Response(thumbnails.jpeg(store.picture(key)), media_type="image/jpeg", headers=kept)

    @app.get("/picture")
    def picture(key: Key) -> Response:
        path = store.picture(key)
        media_type = _SHOWN_AS_THEY_ARE.get(path.suffix.lower())
        if media_type is not None and is_read_alike(path):
            return FileResponse(path, media_type=media_type)
        return Response(png_bytes(read_picture(path)), media_type="image/png")


def _serve_presence(app: FastAPI) -> None:
    presence = Presence()

    @app.put("/presence")
    def show(sent: SentPresence) -> dict[str, Any]:
        return {"elsewhere": presence.show(sent.page, sent.key)}


def _entry(store: PhotoStore, key: str) -> dict[str, Any]:
    """Return a line of the list; a photo whose files are damaged stands there too, and says so when it is opened."""
    try:
        labels = store.read(key)
    except DatasetError as error:
        common = {"key": key, "session": store.session_of(key), "added_s": store.added_s(key)}
        return {**common, "state": "open", "count": 0, "names": [], "problem": str(error)}
    names = sorted({box.class_name for box in labels.boxes})
    return {
        "key": labels.key,
        "session": labels.session,
        "added_s": store.added_s(key),
        "state": labels.state,
        "count": len(labels.boxes),
        "names": names,
    }


def _as_json(labels: PhotoLabels) -> dict[str, Any]:
    boxes = [{"box": box.box_xyxy, "name": box.class_name, **_outline(box)} for box in labels.boxes]
    return {**asdict(labels), "boxes": boxes}


def _outline(label: Label) -> dict[str, Any]:
    """Return the corners of a label's outline, to a thousandth of a pixel; nothing for a box alone."""
    return {"outline": [[round(x, 3), round(y, 3)] for x, y in label.outline]} if label.outline else {}
