"""Nine pictures of the recipe as it stands: drawn as drafts by processes that stay, each shown as soon as it is done."""

import asyncio
import multiprocessing
from collections import OrderedDict
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Annotated, Any, final

from fastapi import FastAPI, Query
from starlette.responses import Response

from partsight.app.project import Project
from partsight.config.loading import read_recipe
from partsight.errors import RenderError, StaleRecipeError
from partsight.pipeline.preview import DraftPicture, draw_draft
from partsight.pipeline.running.executors import num_cores, open_processes
from partsight.pipeline.running.workspace import Workspace

MOST = 36
"""Pictures that may be asked for."""
_KEPT = 72
_MOST_WORKERS = 4

Index = Annotated[int, Query(ge=0, lt=MOST)]


@final
class SheetMaker:
    """Draws drafts; those of the last recipes are kept."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._pool: ProcessPoolExecutor | None = None
        self._drawn: OrderedDict[tuple[str, int], Future[DraftPicture]] = OrderedDict()

    def close(self) -> None:
        """End the processes, whatever they draw."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()

    def picture(self, index: int) -> "Future[DraftPicture]":
        """Return a picture of the recipe as it stands now; pictures of earlier states that nobody waits for are not drawn."""
        revision = self._project.revision
        place = (revision, index)
        if place not in self._drawn:
            self._forget(revision)
            self._drawn[place] = self._submit(index)
        return self._drawn[place]

    def _submit(self, index: int) -> "Future[DraftPicture]":
        for _ in range(2):
            self._pool = self._pool or open_processes(min(_MOST_WORKERS, num_cores()))
            try:
                return self._pool.submit(_draw, self._project.recipe_path, self._project.workspace.root, index)
            except BrokenProcessPool:  # a worker was killed, by the system or by a person
                self._pool = None
        raise RenderError(
            "the processes that draw cannot be started. Is there enough memory? `partsight doctor` says more."
        )

    def _forget(self, revision: str) -> None:
        for place, future in list(self._drawn.items()):
            is_failed = future.done() and not future.cancelled() and future.exception() is not None
            if is_failed or (place[0] != revision and future.cancel()):
                del self._drawn[place]
        while len(self._drawn) > _KEPT:
            self._drawn.popitem(last=False)


def serve(app: FastAPI, sheets: SheetMaker) -> None:
    """Serve draft pictures and their labels."""

    @app.get("/api/scene/picture")
    async def picture(index: Index) -> Response:
        return Response((await _drawn(sheets, index)).jpeg, media_type="image/jpeg")

    @app.get("/api/scene/labels")
    async def labels(index: Index) -> dict[str, Any]:
        found = await _drawn(sheets, index)
        boxes = [{"box": box, "name": name} for box, name in zip(found.boxes_xyxy, found.names, strict=True)]
        return {"size": found.size_wh, "boxes": boxes}


async def _drawn(sheets: SheetMaker, index: int) -> DraftPicture:
    """Wait for a picture. Raises PartsightError for what is wrong with recipe or parts."""
    future = await asyncio.to_thread(sheets.picture, index)
    try:
        return await asyncio.shield(asyncio.wrap_future(future))
    except BrokenProcessPool as error:
        raise RenderError("a process that draws was ended, perhaps for want of memory. Try again.") from error
    except asyncio.CancelledError as error:
        if not future.cancelled():  # it is the server that ends, or the page that left
            raise
        raise StaleRecipeError("the recipe was changed meanwhile; the picture is drawn anew") from error


def _draw(recipe_path: Path, root: Path, index: int) -> DraftPicture:
    return draw_draft(read_recipe(recipe_path), Workspace(root), index)
