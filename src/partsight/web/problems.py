"""Answers that say what is wrong, all of one form: `{"problem": "…"}`; nothing that is sent can make the answer itself fail."""

import json
from collections.abc import Callable, Mapping
from typing import Any, final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from partsight.errors import PartsightError

_SHOWN = 3


@final
class Json(JSONResponse):
    """JSON in ASCII: names of files that are no text have a form too."""

    def render(self, content: Any) -> bytes:
        """Return the body. Raises ValueError for numbers that are none."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def problem(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer that says what is wrong."""
    return Json({"problem": reason}, status_code=status, headers=headers)


def answer_problems(app: FastAPI, status_of: Callable[[PartsightError], int]) -> None:
    """Let an application answer errors in this form; `status_of` gives the status of those the user can mend."""

    def mendable(_request: Request, error: Exception) -> Response:
        return problem(status_of(error) if isinstance(error, PartsightError) else 500, str(error))

    app.add_exception_handler(PartsightError, mendable)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _refused)


def _not_understood(_request: Request, error: Exception) -> Response:
    """Say where and what, without the value, which need not be one that JSON can hold."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    lines = [f"{'.'.join(map(str, entry['loc']))}: {entry['msg']}" for entry in found[:_SHOWN]]
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return problem(422, "; ".join([*lines, *more]))


def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return problem(error.status_code, str(error.detail), error.headers)
