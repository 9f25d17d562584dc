"""Photos and jobs on the page: brought in, looked through by a job, given to one split."""

import io
import time

import numpy as np
from PIL import Image as Pillow


def photo(seed):
    pixels = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).resize((240, 180)).save(buffer, "JPEG")
    return buffer.getvalue()


def wait_for_job(page, number, seconds=60):
    end = time.monotonic() + seconds
    while True:
        (job,) = (one for one in page.get("/api/jobs") if one["number"] == number)
        if job["state"] not in ("waiting", "running"):
            return job
        assert time.monotonic() < end, job
        time.sleep(0.1)


def test_dropped_photos_become_a_session_that_can_teach(filled):
    for number in range(3):
        assert (
            filled.send_file("/api/photos/upload", f"{number}.jpg", photo(number), session="monday").status_code == 200
        )
    job = filled.client.post("/api/photos/add", json={"session": "monday"}).json()
    ended = wait_for_job(filled, job["number"])
    assert ended["state"] == "done", ended
    (session,) = filled.get("/api/photos")["sessions"]
    assert (session["name"], session["photos"], session["open"], session["split"]) == ("monday", 3, 3, "none")
    filled.client.put("/api/photos/split", json={"session": "monday", "split": "train"})
    assert filled.project.recipe().photos.train == ("monday",)
    filled.client.put("/api/photos/split", json={"session": "monday", "split": "test"})
    photos = filled.project.recipe().photos
    assert (photos.train, photos.test) == ((), ("monday",))


def test_a_session_without_files_is_told(filled):
    answer = filled.client.post("/api/photos/add", json={"session": "tuesday"})
    assert answer.status_code == 400
    assert "nothing was brought in" in answer.json()["problem"]


def test_a_second_click_starts_no_second_run(filled):
    first = filled.client.post("/api/jobs", json={"kind": "export"})
    second = filled.client.post("/api/jobs", json={"kind": "export"})
    assert first.status_code == 200
    assert second.status_code == 400
    assert "already" in second.json()["problem"]
    filled.client.post(f"/api/jobs/{first.json()['number']}/stop")
    assert wait_for_job(filled, first.json()["number"])["state"] in ("stopped", "failed")


def test_the_plan_is_told_before_anything_runs(filled):
    plan = filled.get("/api/plan")
    assert plan["sentence"]
    assert {"render", "train"} <= {stage["title"].split()[0] for stage in plan["stages"]} | {"train"}


def test_live_without_a_detector_says_what_is_missing(filled):
    answer = filled.client.post("/api/live", json={"camera": "0"})
    assert answer.status_code == 400
    assert "Export" in answer.json()["problem"]
