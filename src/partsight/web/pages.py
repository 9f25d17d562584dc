"""The files of a page: named one by one, nothing else of the package is given out."""

from collections.abc import Mapping
from importlib.resources import files

from fastapi import FastAPI
from starlette.responses import Response

from partsight.web.problems import problem

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}


def serve_page(app: FastAPI, package: str, names: tuple[str, ...]) -> None:
    """Give out `page.html` as the page and the named files under /static, all from the folder `static` of a package."""
    static = files(package) / "static"
    types: Mapping[str, str] = {name: _TYPES[f".{name.rpartition('.')[2]}"] for name in names}

    @app.get("/", include_in_schema=False)
    def page() -> Response:
        return Response((static / "page.html").read_bytes(), media_type=_TYPES[".html"])

    @app.get("/static/{name}", include_in_schema=False)
    def asset(name: str) -> Response:
        if name not in types:
            return problem(404, "no such file")
        return Response((static / name).read_bytes(), media_type=types[name])
