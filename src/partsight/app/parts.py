"""The parts on the page: read in the background, one after the other, each with its health, its tree and its mesh."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, final

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

from partsight.app.project import CAD, Project
from partsight.cad.readers.formats import SUFFIXES, is_cad_file
from partsight.config.sections.cad import PartSection
from partsight.config.values import ClassName
from partsight.errors import CadError, DatasetError, PartsightError
from partsight.labels.importing import known_classes
from partsight.pipeline.cad_files.check import describe_pair, inspect, name_classes
from partsight.pipeline.cad_files.shown import ShownPart, show_part
from partsight.pipeline.photo_folders import photos_folder
from partsight.progress import Silence
from partsight.web.bodies import BodyError
from partsight.web.problems import problem
from partsight.web.received import receive_file, refused

UPLOAD = "/api/parts/upload"
_MESHES = "app"
"""Folder of the workspace for what only the page needs; it can be deleted at any time."""
_SHOWN_PAIRS = 6
_UNREAD = problem(404, "this part is not read yet")

Name = Annotated[str, Query(max_length=300)]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A class that is being read, or was."""

    content: str
    """Its section of the recipe, and the state of its files: another content is read anew."""
    future: "Future[ShownPart]"


@final
class PartShelf:
    """The classes of the recipe as they were read last."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="parts")
        self._readings: dict[str, _Reading] = {}
        self._pairs: tuple[str, Future[Sequence[str]]] | None = None

    def close(self) -> None:
        """Read nothing more."""
        self._reader.shutdown(wait=False, cancel_futures=True)

    def describe(self) -> dict[str, Any]:
        """Return all classes, what is known of each by now, and which look alike. Raises RecipeError."""
        if not self._project.has_recipe:
            return {"parts": [], "pairs": [], "is_reading": False}
        sections = self._project.recipe().parts
        entries = [self._describe(name, section) for name, section in sections.items()]
        is_reading = any(entry["state"] == "reading" for entry in entries)
        is_one_alone = sum(entry["state"] == "ready" for entry in entries) < 2
        pairs, is_comparing = ([], False) if is_reading or is_one_alone else self._likeness(sections)
        return {"parts": entries, "pairs": pairs, "is_reading": is_reading or is_comparing}

    def find(self, name: str) -> ShownPart | None:
        """Return a part that was read."""
        reading = self._readings.get(name)
        if reading is None or not reading.future.done() or reading.future.exception() is not None:
            return None
        return reading.future.result()

    def _describe(self, name: str, section: PartSection) -> dict[str, Any]:
        reading = self._reading_of(name, section)
        entry = {
            "name": name,
            "files": [path.name for path in section.files],
            "unit": section.unit,
            "materials": section.materials,
            "color": section.color,
            "hide": section.hide,
            "node": section.node,
            "labels": section.labels,
            "description": section.description,
        }
        if not reading.future.done():
            return {**entry, "state": "reading"}
        error = reading.future.exception()
        if isinstance(error, PartsightError):
            return {**entry, "state": "problem", "problem": str(error)}
        shown = reading.future.result()
        return {**entry, "state": "ready", "mark": shown.mark, **shown.facts}

    def _reading_of(self, name: str, section: PartSection) -> _Reading:
        content = f"{section.model_dump_json()} {[_state_of(path) for path in section.files]}"
        reading = self._readings.get(name)
        if reading is None or reading.content != content:
            reading = _Reading(content, self._reader.submit(self._read, name, section))
            self._readings[name] = reading
        return reading

    def _read(self, name: str, section: PartSection) -> ShownPart:
        workspace, recipe = self._project.workspace, self._project.recipe()
        return show_part(name, section, recipe.cad_section, (workspace, workspace.root / _MESHES))

    def _likeness(self, sections: dict[str, PartSection]) -> tuple[list[str], bool]:
        content = " ".join(self._readings[name].content for name in sections)
        if self._pairs is None or self._pairs[0] != content:
            self._pairs = content, self._reader.submit(self._compare, dict(sections))
        future = self._pairs[1]
        if not future.done():
            return [], True
        return ([] if future.exception() is not None else list(future.result())), False

    def _compare(self, sections: dict[str, PartSection]) -> Sequence[str]:
        workspace = self._project.workspace
        inspection = inspect(sections, self._project.recipe().cad_section, workspace.root / "cad_files", Silence())
        return [describe_pair(pair) for pair in inspection.pairs[:_SHOWN_PAIRS]]


class SentName(BaseModel):
    """A class and the name that it shall have."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=300)]
    new_name: ClassName


class SentPaths(BaseModel):
    """CAD files or folders of this machine."""

    model_config = ConfigDict(extra="forbid")
    paths: Annotated[list[Annotated[str, Field(max_length=4000)]], Field(min_length=1, max_length=500)]


def serve(app: FastAPI, project: Project, shelf: PartShelf) -> None:
    """Serve the parts and take in CAD files."""

    @app.get("/api/parts")
    def parts() -> dict[str, Any]:
        return shelf.describe()

    @app.get("/api/parts/mesh")
    def mesh(name: Name) -> Response:
        shown = shelf.find(name)
        return _UNREAD if shown is None else FileResponse(shown.mesh, media_type="model/gltf-binary")

    @app.get("/api/parts/picture")
    def picture(name: Name) -> Response:
        shown = shelf.find(name)
        return _UNREAD if shown is None else Response(shown.picture_png, media_type="image/png")

    @app.post(UPLOAD)
    async def upload(request: Request, name: Name) -> Any:
        try:
            path = await receive_file(request, project.folder / CAD, name)
        except (BodyError, ClientDisconnect) as error:
            return refused(error)
        try:
            return {"added": _add(project, [path])}
        except PartsightError:
            path.unlink(missing_ok=True)
            raise

    @app.post("/api/parts/add")
    def add(sent: SentPaths) -> dict[str, Any]:
        return {"added": _add(project, [Path(path).expanduser() for path in sent.paths])}

    _serve_beginnings(app, project)


def _serve_beginnings(app: FastAPI, project: Project) -> None:
    @app.post("/api/parts/samples")
    def samples() -> dict[str, list[str]]:
        return {"added": project.add_samples()}

    @app.post("/api/parts/rename")
    def rename(sent: SentName) -> dict[str, str]:
        _expect_unlabeled(project, sent.name)
        project.rename_part(sent.name, sent.new_name)
        return {"name": sent.new_name}


def _expect_unlabeled(project: Project, name: str) -> None:
    """Raise DatasetError where labels of photos have this name."""
    folder = photos_folder(None, project.recipe_path)
    if folder.is_dir() and name in known_classes(folder):
        raise DatasetError(
            f"{name}: labels of photos in {folder} have this name, and it stays. Add the file as a new class to begin anew."
        )


def _add(project: Project, paths: Sequence[Path]) -> list[str]:
    """Make files classes of the recipe, and return their names. Raises CadError, RecipeError."""
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise CadError(f"{', '.join(missing)}: no such file or folder on this machine.")
    foreign = [path.name for path in paths if path.is_file() and not is_cad_file(path)]
    if foreign:
        raise CadError(
            f"{', '.join(foreign)}: no CAD file that can be read. Known suffixes: {', '.join(sorted(SUFFIXES))}."
        )
    named = name_classes(paths)
    for name, path in named.items():
        project.add_part(name, path.resolve())
    return list(named)


def _state_of(path: Path) -> tuple[int, int]:
    try:
        state = path.stat()
    except OSError:
        return (0, 0)
    return (state.st_mtime_ns, state.st_size)
