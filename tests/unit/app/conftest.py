"""A project with two small parts behind a server that is asked as the page asks it."""

import threading
import time
from contextlib import contextmanager

import httpx
import pytest
import trimesh

from partsight.app.parts import PartShelf
from partsight.app.project import open_project
from partsight.app.results import ResultShelf
from partsight.app.scene import SheetMaker
from partsight.app.server import make_app
from partsight.web.access import Access, new_token
from partsight.web.serving import listen, page_server


class Page:
    """Asks as the page does, and waits as it does."""

    def __init__(self, project, client):
        self.project, self.client = project, client

    def get(self, path, **query):
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send_file(self, path, name, content, **query):
        return self.client.post(path, params={"name": name, **query}, content=content)

    def parts(self, seconds=40):
        """The parts once all are read."""
        end = time.monotonic() + seconds
        while (found := self.get("/api/parts"))["is_reading"]:
            assert time.monotonic() < end
            time.sleep(0.05)
        return found


@contextmanager
def served(app, listener):
    """The application behind a real port, in a thread."""
    server = page_server(app, listener, say=print)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join(20)


@pytest.fixture
def page(tmp_path):
    """The page of a new project."""
    project, listener = open_project(tmp_path / "project"), listen("127.0.0.1", 0)
    access = Access(token=new_token(), port=listener.getsockname()[1], page="app")
    shelf, sheets = PartShelf(project), SheetMaker(project)
    app = make_app(project, access, (shelf, sheets, ResultShelf(project)))
    headers = {"Authorization": f"Bearer {access.token}"}
    base = f"http://127.0.0.1:{access.port}"
    with served(app, listener), httpx.Client(base_url=base, headers=headers, timeout=60) as client:
        yield Page(project, client)
    shelf.close()
    sheets.close()


@pytest.fixture
def cube():
    """A small part as an STL file's bytes."""
    return trimesh.creation.box((40, 30, 20)).export(file_type="stl")


@pytest.fixture
def filled(page, cube):
    """The page of a project with a cube and a ball."""
    page.send_file("/api/parts/upload", "cube.stl", cube)
    page.send_file("/api/parts/upload", "ball.stl", trimesh.creation.icosphere(2, 15).export(file_type="stl"))
    return page
