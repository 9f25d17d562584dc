import asyncio
import io

import httpx
import numpy as np
import pytest
from PIL import Image as PillowImage

from partsight.labels.photo_labels import Outlook, Proposals
from partsight.labels.store import open_label_store
from partsight.photos.label_page.server import make_app
from partsight.web.access import Access

HOME = "http://127.0.0.1:8123"
TOKEN = "a-secret"  # noqa: S105 - of this test


class NoProposer:
    def propose(self, _key):
        return Proposals((), is_complete=True)

    def outlooks(self):
        return {"monday/a.tif": Outlook(2, 0.7)}

    @property
    def is_looking(self):
        return False


class Client:
    """Asks the server as a browser would, cookies kept, without a socket."""

    def __init__(self, app):
        self.app, self.cookies = app, httpx.Cookies()

    def get(self, path, **options):
        return asyncio.run(self.ask("GET", path, options))

    def put(self, path, **options):
        return asyncio.run(self.ask("PUT", path, options))

    async def ask(self, method, path, options):
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(
            transport=transport, base_url=HOME, cookies=self.cookies, follow_redirects=True
        ) as client:
            answer = await client.request(method, path, **options)
            self.cookies = client.cookies
            return answer


@pytest.fixture
def client(tmp_path):
    (tmp_path / "to_label/monday").mkdir(parents=True)
    PillowImage.new("RGB", (64, 48)).save(tmp_path / "to_label/monday/a.tif")
    app = make_app(open_label_store(tmp_path, ["QF"]), NoProposer(), Access(port=8123, token=TOKEN, page="label"))
    return Client(app)


@pytest.fixture
def inside(client):
    assert client.get(f"/?token={TOKEN}").status_code == 200
    return client


@pytest.mark.parametrize("path", ["/", "/?token=wrong", "/photos", "/static/app.js", "/picture?key=monday/a.tif"])
def test_without_the_token_nothing_is_answered(client, path):
    assert client.get(path).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example:8123"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
    ],
)
def test_another_site_in_the_same_browser_is_refused(inside, headers):
    assert inside.get("/photos", headers=headers).status_code in (403, 421)


@pytest.mark.parametrize("key", ["../../etc/passwd", "/etc/passwd", "monday/../../a", "monday/b.jpg"])
def test_no_file_outside_of_the_list_of_photos_is_sent(inside, key):
    assert inside.get("/picture", params={"key": key}).status_code == 400


@pytest.mark.parametrize("name", ["../server.py", "%2e%2e/server.py", "nothing.js"])
def test_no_other_file_of_the_package_is_sent(inside, name):
    assert inside.get(f"/static/{name}").status_code == 404


def test_a_tiff_is_shown_in_a_form_that_browsers_know(inside):
    answer = inside.get("/picture", params={"key": "monday/a.tif"})
    assert answer.headers["content-type"] == "image/png"


def test_a_stale_write_is_told_apart_from_a_wrong_one(inside):
    content = {"revision": "old", "state": "open", "boxes": []}
    assert inside.put("/labels", params={"key": "monday/a.tif"}, json=content).status_code == 409
    content["revision"] = inside.get("/labels", params={"key": "monday/a.tif"}).json()["revision"]
    content["boxes"] = [{"box": [0, 0, 9, 9], "name": "unknown"}]
    assert inside.put("/labels", params={"key": "monday/a.tif"}, json=content).status_code == 400


def test_the_page_asks_no_foreign_host(inside):
    page = inside.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http" not in page.text


def test_one_damaged_photo_does_not_stop_the_list_and_says_why_when_it_is_opened(tmp_path):
    (tmp_path / "to_label/monday").mkdir(parents=True)
    PillowImage.new("RGB", (64, 48)).save(tmp_path / "to_label/monday/a.png")
    (tmp_path / "to_label/monday/b.png").write_bytes(b"nothing")
    client = Client(
        make_app(open_label_store(tmp_path, ["QF"]), NoProposer(), Access(port=8123, token=TOKEN, page="label"))
    )
    client.get(f"/?token={TOKEN}")
    listed = client.get("/photos").json()["photos"]
    assert [(photo["key"], photo["state"]) for photo in listed] == [("monday/a.png", "open"), ("monday/b.png", "open")]
    answer = client.get("/labels", params={"key": "monday/b.png"})
    assert answer.status_code == 400
    assert "b.png: not a readable picture" in answer.json()["problem"]


def test_deep_grays_are_shown_as_they_are_read(tmp_path):
    (tmp_path / "to_label").mkdir()
    PillowImage.fromarray(np.full((4, 4), 2000, np.uint16)).save(tmp_path / "to_label/a.png")
    client = Client(
        make_app(open_label_store(tmp_path, ["QF"]), NoProposer(), Access(port=8123, token=TOKEN, page="label"))
    )
    client.get(f"/?token={TOKEN}")
    shown = PillowImage.open(io.BytesIO(client.get("/picture", params={"key": "a.png"}).content))
    assert shown.getpixel((0, 0)) == (125, 125, 125)


def test_a_thumbnail_is_a_small_jpeg_that_is_made_once_and_anew_for_a_changed_picture(inside, tmp_path):
    first = inside.get("/thumbnail?key=monday/a.tif")
    assert first.headers["content-type"] == "image/jpeg"
    with PillowImage.open(io.BytesIO(first.content)) as small:
        assert max(small.size) <= 160
    (cached,) = (tmp_path / ".thumbnails").iterdir()
    cached.write_bytes(b"as it was kept")
    assert inside.get("/thumbnail?key=monday/a.tif").content == b"as it was kept"
    PillowImage.new("RGB", (640, 480), "red").save(tmp_path / "to_label/monday/a.tif")
    assert inside.get("/thumbnail?key=monday/a.tif").content != b"as it was kept"


def test_a_picture_that_is_none_has_no_thumbnail_and_says_so(inside, tmp_path):
    (tmp_path / "to_label/monday/a.tif").write_bytes(b"no picture at all")
    answer = inside.get("/thumbnail?key=monday/a.tif")
    assert answer.status_code == 400
    assert "a.tif" in answer.json()["problem"]


def test_a_full_disk_makes_thumbnails_slower_and_nothing_else(inside, tmp_path):
    (tmp_path / ".thumbnails").write_text("a file where the folder would be")
    assert inside.get("/thumbnail?key=monday/a.tif").status_code == 200


def test_pages_are_told_who_else_shows_a_photo(inside):
    def show(page, key="monday/a.tif"):
        return inside.put("/presence", json={"page": page, "key": key}).json()["elsewhere"]

    assert show("page-one") == {}
    assert show("page-two") == {"monday/a.tif": 1}
    assert show("page-one", "monday/b.tif") == {"monday/a.tif": 1}
    assert show("page-two") == {"monday/b.tif": 1}
    show("page-one", "")
    assert show("page-two") == {}, "it was closed"


def test_doubt_is_told_of_photos_that_nobody_has_opened(inside):
    assert inside.get("/outlooks").json() == {"photos": {"monday/a.tif": [2, 0.7]}, "complete": True}
