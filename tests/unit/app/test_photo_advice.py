"""Beside the photos: what the commands say of them, as long as it is true."""

import time

import pytest

from partsight.pipeline.photo_answers import keep_drawing

from .test_photos_page import photo


@pytest.fixture
def labeled(filled):
    """The page with one picture in two sessions, labeled in both."""
    folder = filled.project.folder / "photos"
    for session in ("monday", "tuesday"):
        for name, content in (("images/{}/1.jpg", photo(0)), ("labels/{}/1.txt", b"0 0.5 0.5 0.4 0.4\n")):
            path = folder / name.format(session)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    (folder / "classes.txt").write_text("cube\n")
    filled.project.edit({"photos.folder": "photos"}, None)
    return filled


def look(page, *, with_renders=False):
    answer = page.client.post("/api/photos/advice", json={"with_renders": with_renders})
    assert answer.status_code == 200, answer.text
    return answer.json()


def looked(page, seconds=60):
    """What is said once nothing is at work any more."""
    end = time.monotonic() + seconds
    while (found := page.get("/api/photos/advice"))["at_work"]:
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def test_without_labels_there_is_nothing_to_look_at(filled):
    found = filled.get("/api/photos/advice")
    assert (found["can_look"], found["check"], found["at_work"]) == (False, None, [])


def test_the_check_is_shown_with_its_photos_until_a_label_changes(labeled):
    assert labeled.get("/api/photos/advice")["check"] is None
    assert [job["lane"] for job in look(labeled)["at_work"]] == ["page"], "it waits for no training"
    check = looked(labeled)["check"]
    assert check["is_current"]
    (copies,) = [one for one in check["content"]["findings"] if one["kind"] == "same picture in two sessions"]
    assert copies["photos"] == ["monday/1.jpg", "tuesday/1.jpg"]
    (labeled.project.folder / "photos" / "labels" / "monday" / "1.txt").write_text("0 0.5 0.5 0.41 0.4\n")
    assert not labeled.get("/api/photos/advice")["check"]["is_current"]


def test_two_clicks_look_once(labeled):
    first, second = look(labeled, with_renders=True), look(labeled, with_renders=True)
    commands = [job.command for job in labeled.project.jobs.jobs()]
    assert commands == [("photos", "check", "--gaps"), ("photos", "suggest")], "no detector is trained for it"
    assert [job["number"] for job in first["at_work"]] == [job["number"] for job in second["at_work"]]
    for job in reversed(labeled.project.jobs.jobs()):
        if job.state in ("waiting", "running"):
            labeled.project.jobs.stop(job.number)
    looked(labeled)


def test_only_drawings_of_answers_are_given(labeled):
    name = keep_drawing(labeled.project.workspace, b"drawn")
    assert labeled.client.get("/api/photos/drawing", params={"name": name}).content == b"drawn"
    assert labeled.client.get("/api/photos/drawing", params={"name": "0" * 16}).status_code == 404
    assert labeled.client.get("/api/photos/drawing", params={"name": "../check"}).status_code != 200
