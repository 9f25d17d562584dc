"""A phone as the camera: bounded, one at a time, and back after it slept."""

import io
import struct

import httpx
import numpy as np
import pytest
from PIL import Image as PillowImage
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from partsight.deploy.live.phone import socket as phone_socket
from partsight.pipeline.delivery.live import LiveJob, open_live
from partsight.web.access import Access
from tests.unit.deploy.live.conftest import TOKEN
from tests.unit.deploy.live.scene import film, running, wait_for
from tests.unit.deploy.live.test_access import base, view
from tests.unit.deploy.live.test_server import watch

FRAME = film(1)[0]


@pytest.fixture(scope="module")
def station(colors):
    with running(open_live(LiveJob(colors, "phone", Access()), print)) as server:
        yield server


def phone(station, **options):
    return connect(base(station).replace("http", "ws") + "/camera", max_size=None, **options)


def sent(image=FRAME, clock_ms=1234.5, kind="JPEG"):
    stream = io.BytesIO()
    PillowImage.fromarray(image).save(stream, kind, quality=95)
    return struct.pack(">d", clock_ms) + stream.getvalue()


def test_what_a_phone_sends_is_looked_at_and_comes_back_with_its_boxes_and_its_clock(station):
    with phone(station) as camera, view(station) as page:
        for _ in range(5):
            camera.send(sent())
            assert camera.recv(5) == "next", "one picture at a time"
        header, picture = watch(page, lambda header: len(header["parts"]) == 2)
    assert header["sent_ms"] == 1234.5
    assert header["camera"] == "live"
    assert np.abs(picture.astype(int) - FRAME).mean() < 6


def test_a_phone_that_sleeps_is_told_and_comes_back(station, monkeypatch):
    def state():
        return httpx.get(base(station) + "/health").json()["camera"]

    with monkeypatch.context() as patch, phone(station) as camera:
        patch.setattr(phone_socket, "SILENT_S", 0.5)
        camera.send(sent())
        camera.recv(5)
        with pytest.raises(ConnectionClosed):
            camera.recv(5)
    assert wait_for(lambda: state() == "lost")
    assert "sleeps" in httpx.get(base(station) + "/health").json()["problem"]
    with phone(station) as camera:
        camera.send(sent())
        camera.recv(5)
        assert state() == "live"


def test_the_phone_that_joins_last_is_the_camera_and_the_other_is_told(station):
    with phone(station) as first, phone(station) as second:
        second.send(sent())
        assert second.recv(5) == "next"
        first.send(sent())
        with pytest.raises(ConnectionClosed) as closed:
            first.recv(5)
        assert closed.value.rcvd.code == 4001
        second.send(sent())
        assert second.recv(5) == "next"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"short", 1003),
        (struct.pack(">d", 0) + b"no picture", 1003),
        (sent(kind="PNG"), 1003),
        (sent(np.zeros((2000, 2000, 3), np.uint8)), 1009),
        (bytes(1_600_000), 1009),
        ("text", 1003),
    ],
)
def test_what_is_no_picture_or_too_large_a_one_ends_the_connection_and_disturbs_nothing(station, message, code):
    with phone(station) as camera:
        camera.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            camera.recv(5)
    assert closed.value.rcvd.code == code
    with phone(station) as camera:
        camera.send(sent())
        assert camera.recv(5) == "next"


def test_nobody_without_the_token_and_no_foreign_page_can_be_the_camera(colors):
    with running(open_live(LiveJob(colors, "phone", Access(token=TOKEN)), print)) as server:
        with pytest.raises(InvalidStatus), phone(server):
            pass
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with pytest.raises(InvalidStatus), phone(server, additional_headers=headers, origin="https://example.org"):
            pass
        with phone(server, additional_headers=headers) as camera:
            camera.send(sent())
            assert camera.recv(5) == "next"


def test_a_page_that_only_watches_cannot_send_long_messages(station):
    with view(station) as page:
        page.recv(5)
        page.send("x" * 5000)
        with pytest.raises(ConnectionClosed):
            list(page)
