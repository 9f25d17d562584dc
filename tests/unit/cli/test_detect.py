"""`partsight detect`: results on disk, exit codes for scripts."""

import json

import pytest
from PIL import Image

from partsight.cli.app import run
from tests.unit.deploy.conftest import LOW, checkpoint, model_path  # noqa: F401  # fixtures
from tests.unit.photos.videos import pan, write_video


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(pan(1)[0]).save(folder / "a.png")
    write_video(folder / "walk.mp4", pan(4))
    return folder


def detect(*arguments):
    return run(["detect", *(str(argument) for argument in arguments), "--threads", "1"])


def test_all_files_are_written_and_0_is_returned(model_path, photos, tmp_path, capsys):  # noqa: F811
    out = tmp_path / "out"
    files = ("--json", out / "a.json", "--csv", out / "a.csv", "--coco", out / "coco.json")
    assert detect(model_path, photos, *files, "--annotated", "--out", out / "drawn") == 0
    pictures = json.loads((out / "a.json").read_text())["pictures"]
    assert [picture.get("frame") for picture in pictures] == [None, 0, 1, 2, 3]
    assert len(json.loads((out / "coco.json").read_text())["images"]) == 5
    assert (out / "a.csv").read_text().count("\n") == 1 + sum(len(picture["parts"]) for picture in pictures)
    assert sorted(path.name for path in (out / "drawn").iterdir()) == ["a.jpg", "walk.mp4"]
    shown = capsys.readouterr().out
    assert "walk.mp4: 4 frames" in shown
    assert "per second" in shown


def test_json_lines_come_on_standard_output_and_nothing_else(model_path, photos, capsys):  # noqa: F811
    assert detect(model_path, photos / "walk.mp4", "--json", "-", "--every", 2) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["frame"] for line in lines] == [0, 2]


@pytest.mark.parametrize(("threshold", "code"), [(LOW, 0), (0.99, 3)])
def test_3_is_returned_when_nothing_is_found_and_that_was_asked_for(model_path, photos, threshold, code):  # noqa: F811
    assert detect(model_path, photos / "a.png", "--threshold", threshold, "--fail-if-none") == code
    assert detect(model_path, photos / "a.png", "--threshold", threshold) == 0


def test_1_is_returned_when_a_file_is_bad_and_the_others_are_done(model_path, photos, tmp_path, capsys):  # noqa: F811
    (photos / "b.png").write_text("broken")
    assert detect(model_path, photos, "--json", tmp_path / "a.jsonl") == 1
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 5
    assert "b.png" in capsys.readouterr().out


def test_what_is_there_is_done_when_something_is_missing_and_1_is_returned(model_path, photos, tmp_path, capsys):  # noqa: F811
    assert detect(model_path, photos / "a.png", photos / "gone.png", "--json", tmp_path / "a.jsonl") == 1
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "gone.png: no such file or folder" in shown
    assert "in 1 pictures" in shown


def test_tracks_of_videos_are_written_and_pictures_have_none(model_path, photos, tmp_path):  # noqa: F811
    assert detect(model_path, photos, "--threshold", LOW, "--tracks", tmp_path / "tracks.json") == 0
    (video,) = json.loads((tmp_path / "tracks.json").read_text())["videos"]
    assert video["source"].endswith("walk.mp4")
    assert detect(model_path, photos / "walk.mp4", "--tracks", tmp_path / "tracks.txt") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("none", "a.jpg"), 1, "partsight export"),
        (("model", "none.jpg"), 1, "no such file"),
        (("model", "a.png", "--runtime", "ncnn"), 1, "with the target ncnn"),
        (("model", "a.png", "--imgsz", 50), 1, "multiple of 32"),
        (("model",), 2, "Missing argument"),
        (("model", "a.png", "--threshold", 2), 2, "--threshold"),
    ],
)
def test_mistakes_are_explained(model_path, photos, monkeypatch, capsys, arguments, code, told):  # noqa: F811
    monkeypatch.chdir(photos)
    given = (model_path if argument == "model" else argument for argument in arguments)
    assert detect(*given) == code
    shown = capsys.readouterr().err
    assert told in shown
    assert "Traceback" not in shown


def test_what_was_found_before_an_interruption_is_kept(model_path, photos, tmp_path, monkeypatch):  # noqa: F811
    from partsight.cli import detect as command

    def interrupt(_self, record):
        if record.frame == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(command._Lines, "show", interrupt)
    assert detect(model_path, photos, "--json", tmp_path / "a.json", "--annotated", "--out", tmp_path / "drawn") == 130
    assert len(json.loads((tmp_path / "a.json").read_text())["pictures"]) == 3
    assert (tmp_path / "drawn" / "walk.mp4").is_file()
