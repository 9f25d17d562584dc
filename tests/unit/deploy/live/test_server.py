"""The page's server and the interface for other programs."""

import contextlib
import io
import json
import socket
import struct
import threading
import time
import zlib

import httpx
import numpy as np
import pytest
from PIL import Image as PillowImage
from websockets.exceptions import ConnectionClosed, InvalidStatus

from partsight.deploy.live.metrics import memory_bytes
from partsight.labels.kept_proposals import read_proposals
from partsight.labels.store import open_label_store
from partsight.photos.storage import read_records
from partsight.web.bodies import BodyLimits
from tests.unit.deploy.live.scene import NAMES, POST, SIZE_WH, film, square_box, wait_for
from tests.unit.deploy.live.test_access import base, view


def read_message(content):
    """Return header and picture of a message to a page."""
    (length,) = struct.unpack(">I", content[:4])
    header, jpeg = json.loads(content[4 : 4 + length]), content[4 + length :]
    return header, np.asarray(PillowImage.open(io.BytesIO(jpeg))) if jpeg else None


def watch(socket_, wanted=lambda header: "parts" in header, seconds=10):
    """Answer messages until one is as wanted; leave that one unanswered."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        header, picture = read_message(socket_.recv(5))
        if "look" in header and wanted(header):
            return header, picture
        socket_.send(str(header.get("look", -1)))
    raise AssertionError("not seen")


def encoded(image, kind="PNG"):
    stream = io.BytesIO()
    PillowImage.fromarray(image).save(stream, kind)
    return stream.getvalue()


def test_boxes_belong_to_the_frame_they_come_with(live):
    with view(live) as socket_:
        for _ in range(20):
            header, picture = watch(socket_, lambda header: len(header["parts"]) == 2)
            red = (picture[..., 0].astype(int) > 150) & (picture[..., 2] < 90)
            left = np.nonzero(red.any(axis=0))[0].min()
            (seen,) = (part for part in header["parts"] if part[1] == 0)
            if seen[7] and left < 130:  # where the film begins anew the square jumps
                assert abs(seen[3] - left) < 12
            socket_.send(str(header["look"]))


def test_a_page_that_does_not_answer_gets_nothing_more_and_later_the_newest(live):
    with view(live) as slow, view(live) as quick:
        held, _ = watch(slow)
        with pytest.raises(TimeoutError):
            slow.recv(0.5)
        newest, _ = watch(quick, lambda header: header["look"] > held["look"] + 8)
        slow.send(str(held["look"]))
        later, _ = watch(slow)
        assert later["look"] >= newest["look"]


def test_many_pages_see_the_same_and_one_that_hangs_up_disturbs_none(live):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(view(live)) for _ in range(8)]
        for socket_ in sockets[:4]:
            watch(socket_)
            socket_.socket.close()
        for socket_ in sockets[4:]:
            watch(socket_, lambda header: header["look"] % 2 == 0)
    wait_for(lambda: live.station.audience.num_viewers == 0)


def test_cards_say_what_the_model_folder_says(live):
    answer = httpx.get(base(live) + "/parts").json()
    card = answer["parts"][0]
    assert (answer["model"], card["name"], card["details"]) == ("colors", "square", {"serial": "4711"})
    assert httpx.get(f"{base(live)}/{card['picture']}").headers["content-type"] == "image/png"
    text, page, wiki = card["documents"]
    assert httpx.get(f"{base(live)}/{text['href']}").text == "how to mount the square"
    assert wiki["href"] == "https://example.org/square"
    sent = httpx.get(f"{base(live)}/{page['href']}").headers
    assert sent["content-type"] == "application/octet-stream"
    assert sent["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "path",
    [
        "/parts/0/documents/2",
        "/parts/0/documents/99",
        "/parts/0/documents/-1",
        "/parts/1/picture",
        "/parts/7/picture",
        "/parts/0/documents/..%2f..%2fmodel.onnx",
        "/parts/0/documents/../../model.onnx",
        "/static/..%2fserver.py",
        "/static/../server.py",
        "/static/%2e%2e/%2e%2e/server.py",
        "/model.onnx",
        "/model.json",
        "/documents/square.txt",
        "//etc/passwd",
        "/static/..\\server.py",
    ],
)
def test_only_what_the_cards_name_can_be_read(live, path):
    address = httpx.URL(base(live)).copy_with(raw_path=path.encode())
    answer = httpx.get(address)
    assert answer.status_code in (404, 405, 422)
    assert b"secret" not in answer.content
    assert b"import" not in answer.content


def test_a_document_that_became_a_link_out_of_the_folder_is_not_given(live, colors, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("outside")
    document = colors.folder.path / "documents" / "square.txt"
    text = document.read_text()
    document.unlink()
    document.symlink_to(outside)
    try:
        assert httpx.get(base(live) + "/parts/0/documents/0").status_code == 404
    finally:
        document.unlink()
        document.write_text(text)


def test_a_picture_sent_is_answered_with_its_parts(live):
    image = film(1)[0]
    for kind in ("PNG", "JPEG", "WEBP"):
        answer = httpx.post(base(live) + "/detect", content=encoded(image, kind)).json()
        assert (answer["width"], answer["height"]) == SIZE_WH
        found = {part["class"]: part["box_xyxy"] for part in answer["parts"]}
        np.testing.assert_allclose(found["square"], square_box(0), atol=3)
        np.testing.assert_allclose(found["post"], POST, atol=3)
    only = httpx.post(base(live) + "/detect?threshold=0.8", content=encoded(image)).json()
    assert [part["class"] for part in only["parts"]] == ["square"]


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_what_is_no_picture_is_named(live, content):
    answer = httpx.post(base(live) + "/detect", content=content)
    assert answer.status_code == 400
    assert "JPEG" in answer.json()["problem"]


def bomb():
    """Return a PNG of a few kilobytes that claims 30 000 × 30 000 pixels."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))
        + chunk(b"IEND", b"")
    )


def test_a_decompression_bomb_is_refused_before_it_is_decoded(live):
    started_s = time.monotonic()
    assert httpx.post(base(live) + "/detect", content=bomb()).status_code == 400
    assert time.monotonic() - started_s < 2


def test_a_picture_of_many_pixels_is_refused_with_what_to_do(live):
    answer = httpx.post(base(live) + "/detect", content=flat_png(7000))
    assert answer.status_code == 400
    assert "at most 30000000" in answer.json()["problem"]
    assert "Send it smaller" in answer.json()["problem"]


def flat_png(side):
    stream = io.BytesIO()
    PillowImage.new("RGB", (side, side), (40, 90, 40)).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


@pytest.mark.slow
def test_large_pictures_leave_no_memory_behind_however_many_send_them(live):
    content = flat_png(5400)
    before = memory_bytes()
    askers = [
        threading.Thread(target=lambda: httpx.post(base(live) + "/detect", content=content, timeout=120))
        for _ in range(4)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert memory_bytes() - before < 200_000_000, "less than three of them, decoded"


def test_a_picture_that_drips_is_told_that_it_is_too_slow(live, monkeypatch):
    monkeypatch.setattr("partsight.deploy.live.server.UPLOADS", BodyLimits(most_bytes=1000, seconds=0.5))

    def drops():
        for _ in range(8):
            yield b"x"
            time.sleep(0.2)

    answer = httpx.post(base(live) + "/detect", content=drops())
    assert answer.status_code == 408
    assert "did not arrive" in answer.json()["problem"]


def test_a_program_that_leaves_while_it_sends_gives_back_its_place(live):
    for _ in range(6):
        with socket.create_connection(("127.0.0.1", httpx.URL(live.link).port)) as sock:
            sock.sendall(b"POST /detect HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nabc")
    image = encoded(film(1)[0])
    wait_for(lambda: httpx.post(base(live) + "/detect", content=image).status_code == 200, 5)


def test_a_binary_answer_ends_the_view_and_says_why(live):
    with view(live) as socket_:
        watch(socket_)
        socket_.send(b"1")
        with pytest.raises(ConnectionClosed):
            list(socket_)
        assert socket_.close_code == 1003
        assert "text" in socket_.close_reason
    wait_for(lambda: live.station.audience.num_viewers == 0)


def test_a_viewer_that_says_nothing_gives_up_its_place_and_a_frozen_page_keeps_it(live, monkeypatch):
    monkeypatch.setattr("partsight.deploy.live.viewers._SILENT_S", 1.0)
    with view(live) as silent, view(live) as frozen:
        watch(silent)
        watch(frozen)
        for _ in range(8):
            frozen.send("frozen")
            time.sleep(0.3)
        with pytest.raises(ConnectionClosed):
            silent.recv(5)
        assert silent.close_code == 1008
        frozen.ping().wait(5)
        assert live.station.audience.num_viewers == 1


def test_no_more_viewers_are_let_in_than_there_are_places(live, monkeypatch):
    monkeypatch.setattr("partsight.deploy.live.viewers.MAX_VIEWERS", 2)
    with view(live), view(live), pytest.raises(InvalidStatus), view(live):
        pass
    wait_for(lambda: live.station.audience.num_viewers == 0)


def test_programs_that_ask_too_much_at_once_are_turned_away_and_the_camera_goes_on(live):
    content = encoded(film(1)[0])
    live.station.detector._held[0].delay_s = 0.3
    try:
        statuses = []
        askers = [
            threading.Thread(
                target=lambda: statuses.append(
                    httpx.post(base(live) + "/detect", content=content, timeout=60).status_code
                )
            )
            for _ in range(12)
        ]
        before = live.station.watch.newest.number
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        assert set(statuses) == {200, 503}
        assert live.station.watch.newest.number > before
    finally:
        live.station.detector._held[0].delay_s = 0.0


def test_health_figures_and_description_are_there(live):
    wait_for(lambda: httpx.get(base(live) + "/health").status_code == 200)
    figures = httpx.get(base(live) + "/metrics").text
    for name in ("frames_per_second", "camera_frames_total", "camera_losses_total", "memory_bytes"):
        assert f"\npartsight_{name} " in f"\n{figures}"
    described = httpx.get(base(live) + "/openapi.json").json()
    assert {"/detect", "/detections", "/health", "/metrics", "/parts", "/snapshots"} <= described["paths"].keys()
    assert httpx.get(base(live) + "/docs").status_code == 404


def test_what_the_camera_sees_now_can_be_asked(live):
    seen = wait_for(lambda: len(found := httpx.get(base(live) + "/detections").json()["parts"]) == 2 and found)
    assert {part["class"] for part in seen} == set(NAMES)


def test_a_frame_kept_is_the_one_that_was_seen_with_its_boxes_and_waits_for_a_person(live, photos):
    with view(live) as socket_:
        header, seen = watch(socket_, lambda header: len(header["parts"]) == 2)
        time.sleep(1.0)  # a person thinks; the camera goes on
        answer = httpx.post(base(live) + "/snapshots", json=snapshot(header, [header["parts"][0][0]]))
    assert answer.status_code == 201
    kept = answer.json()["kept"]
    image = np.asarray(PillowImage.open(photos / kept))
    assert image.shape == (SIZE_WH[1], SIZE_WH[0], 3)
    assert np.abs(image.astype(int) - seen).mean() < 4
    store = open_label_store(photos, NAMES)
    labels = store.read(kept.removeprefix("to_label/"))
    assert (labels.state, labels.session, labels.boxes) == ("open", "live-monday", ()), "no label until accepted"
    (proposed,) = read_proposals(photos, kept.removeprefix("to_label/"))
    assert (proposed.box.class_name, proposed.origin) == ("square", "live")
    assert proposed.box.box_xyxy == pytest.approx(header["parts"][0][3:7], abs=0.1)
    record = read_records(photos).pictures[-1]
    assert record.file == kept
    assert record.time_s == pytest.approx(int(kept.rpartition("-")[2].removesuffix(".jpg")) / 1000, abs=1e-3)


def test_a_frame_that_nobody_sees_any_more_cannot_be_kept(live):
    time.sleep(0.4)
    assert httpx.post(base(live) + "/snapshots", json=snapshot({"look": 0, "run": run_of(live)})).status_code == 410


def test_a_page_of_an_earlier_run_cannot_keep_a_frame_that_it_never_showed(live):
    with view(live) as socket_:
        header, _ = watch(socket_)
        answer = httpx.post(base(live) + "/snapshots", json=snapshot({**header, "run": "earlier"}))
    assert answer.status_code == 410


def test_a_picture_held_by_a_page_can_be_kept_after_its_connection_broke(live):
    with view(live) as socket_:
        header, _ = watch(socket_)
    time.sleep(0.6)
    assert httpx.post(base(live) + "/snapshots", json=snapshot(header)).status_code in (200, 201)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"look": -1, "run": "x", "tracks": []},
        {"look": 1, "run": "x", "tracks": ["all"]},
        {"look": 1, "run": "x", "tracks": [], "path": "x"},
    ],
)
def test_a_request_that_is_not_understood_keeps_nothing(live, sent):
    assert httpx.post(base(live) + "/snapshots", json=sent).status_code == 422


def test_frames_that_cannot_be_written_are_told_and_stop_nothing(live, photos, monkeypatch):
    monkeypatch.setattr("partsight.pipeline.photos.snapshots.write_picture", full_disk)
    with view(live) as socket_:
        time.sleep(0.4)
        header, _ = watch(socket_)
        answer = httpx.post(base(live) + "/snapshots", json=snapshot(header))
    assert answer.status_code == 507
    assert "No space left" in answer.json()["problem"]
    assert httpx.get(base(live) + "/health").status_code == 200


def snapshot(header, tracks=()):
    return {"look": header["look"], "run": header["run"], "tracks": list(tracks)}


def run_of(live):
    return httpx.get(base(live) + "/health").json()["run"]


def full_disk(*_arguments):
    raise OSError(28, "No space left on device")
