"""Files that the page sends: written as they arrive, whole or not at all, under names that name nothing else."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from partsight.files import storage_errors
from partsight.web.bodies import BodyError
from partsight.web.problems import problem

MOST_BYTES = 4_000_000_000
_KEPT = re.compile(r"[^\w.()+ -]", re.UNICODE)
_LONGEST = 120
_STALL_S = 20.0


def safe_name(name: str) -> str:
    """Return the last part of a file's name without signs that could name another place; empty for one that has none."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = _KEPT.sub("_", last).strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    return f"{stem[:_LONGEST]}{dot}{suffix[:12]}" if dot and stem else kept[:_LONGEST]


async def receive_file(request: Request, folder: Path, name: str) -> Path:
    """Write a request's body as a file of a folder, and return its path; a name that is taken gets a number.

    Raises BodyError for a body without a name or of too many bytes, ClientDisconnect, StorageError where the disk refuses.
    """
    kept = safe_name(name)
    if not kept:
        raise BodyError(problem(400, "the file has no name"))
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        target = _free(folder / kept)
        partial = target.with_name(f".{target.name}.partial")
        try:
            await _write(request, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    return target


def refused(error: Exception) -> Response:
    """Return the answer for what `receive_file` raised."""
    return error.answer if isinstance(error, BodyError) else problem(499, "the page left")


async def _write(request: Request, path: Path) -> None:
    num_bytes = 0
    with path.open("wb") as stream:
        chunks = aiter(request.stream())
        while (chunk := await _next(chunks)) is not None:
            num_bytes += len(chunk)
            if num_bytes > MOST_BYTES:
                raise BodyError(problem(413, f"more than {MOST_BYTES / 1e9:g} GB"))
            stream.write(chunk)
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) != num_bytes:
        raise ClientDisconnect


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    """Return the next bytes, None at the end. Raises BodyError when none arrive for long."""
    try:
        async with asyncio.timeout(_STALL_S):
            return await anext(chunks, None)
    except TimeoutError as error:
        raise BodyError(problem(408, f"nothing arrived for {_STALL_S:g} s", {"Connection": "close"})) from error


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
