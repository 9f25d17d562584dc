"""`photos add`: each picture can be traced to its source, nothing is added twice, nothing bad stops what is good."""

import json
import re
import stat
import sys
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from partsight.cli.app import run
from partsight.config.recipe import Recipe
from partsight.dataset.photos import read_places
from partsight.errors import DatasetError, PhotosError, StorageError
from partsight.files import hash_file
from partsight.photos.storage import read_records
from partsight.pipeline.photos.add import IntakeJob, add_photos
from partsight.progress import Silence

from .videos import blurred, pan, texture, write_video


def add(sources, photos: Path, session: str = "monday", **settings):
    return add_photos(sources, IntakeJob(photos, session, **settings), Silence())


def write_picture(path: Path, seed: int, **settings) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(texture(seed, (160, 120))).save(path, **settings)
    return path


def pictures_in(photos: Path) -> set[str]:
    return {path.relative_to(photos).as_posix() for path in photos.rglob("*.jpg")}


def test_each_picture_says_where_it_comes_from(tmp_path):
    images = pan(60)
    images[20:30] = [blurred(image) for image in images[20:30]]
    video = write_video(tmp_path / "clip one.mp4", images)
    intake = add([video], tmp_path / "photos", part="QF", max_frames=6)
    records = read_records(tmp_path / "photos").pictures
    assert intake.num_added == len(records) == 6
    assert pictures_in(tmp_path / "photos") == {record.file for record in records}
    for record in records:
        assert record.file == f"to_label/monday/clip one-{round(record.time_s * 1000)}.jpg"
        assert (record.source, record.content_hash) == ("clip one.mp4", hash_file(video))
        assert (record.session, record.part, record.size_wh) == ("monday", "QF", (320, 240))
        image = np.asarray(Image.open(tmp_path / "photos" / record.file)).astype(int)
        assert np.abs(image - images[round(record.time_s * 20)]).mean() < 6
        assert not 1.0 <= record.time_s < 1.5


def test_the_same_source_is_added_once_whatever_its_name(tmp_path):
    video = write_video(tmp_path / "a.mp4", pan(30))
    add([video], tmp_path / "photos")
    before = {path: path.read_bytes() for path in (tmp_path / "photos").rglob("*") if path.is_file()}
    intake = add([video, video.rename(tmp_path / "b.mp4")][1:], tmp_path / "photos", max_frames=80)
    assert intake.num_added == 0
    assert "before" in intake.clips[0].findings[0]
    assert before == {path: path.read_bytes() for path in (tmp_path / "photos").rglob("*") if path.is_file()}


def test_a_second_video_of_the_same_views_adds_nothing_to_the_session(tmp_path):
    images = pan(20)
    add([write_video(tmp_path / "a.mp4", images)], tmp_path / "photos")
    intake = add([write_video(tmp_path / "b.mkv", images)], tmp_path / "photos")
    assert intake.num_added == 0
    assert intake.clips[0].picking.num_alike == 20


def test_a_frame_shared_by_two_sessions_is_reported(tmp_path):
    shared = pan(1, seed=9)[0]
    add([write_video(tmp_path / "a.mp4", [*pan(10, 40), shared])], tmp_path / "photos", "monday")
    intake = add([write_video(tmp_path / "b.mp4", [*pan(10, 40, seed=4), shared])], tmp_path / "photos", "tuesday")
    assert len(intake.duplicates) == 1
    assert {picture.name for picture in (intake.duplicates[0].first, intake.duplicates[0].second)} == {
        "to_label/monday/a-500.jpg",
        "to_label/tuesday/b-500.jpg",
    }


def test_a_killed_run_is_completed_by_the_same_command(tmp_path):
    video = write_video(tmp_path / "a.mp4", pan(30))
    add([video], tmp_path / "whole")
    add([video], tmp_path / "killed")
    (tmp_path / "killed" / "photos.json").unlink()
    for path in sorted((tmp_path / "killed").rglob("*.jpg"))[::2]:
        path.unlink()
    add([video], tmp_path / "killed")
    assert pictures_in(tmp_path / "killed") == pictures_in(tmp_path / "whole")
    assert read_records(tmp_path / "killed") == read_records(tmp_path / "whole")


def test_two_processes_never_write_one_photos_folder(tmp_path):
    picture = write_picture(tmp_path / "a.jpg", 1)
    (tmp_path / "photos").mkdir()
    with FileLock(tmp_path / "photos" / ".lock"), pytest.raises(StorageError, match="another partsight process"):
        add([picture], tmp_path / "photos")


def test_two_videos_of_one_name_overwrite_nothing(tmp_path):
    first = write_video(tmp_path / "a" / "IMG_1.mp4", pan(5, 60))
    second = write_video(tmp_path / "b" / "IMG_1.mp4", pan(5, 60, seed=3))
    add([first, second], tmp_path / "photos")
    records = read_records(tmp_path / "photos").pictures
    assert len({record.file for record in records}) == len(records) == len(pictures_in(tmp_path / "photos"))
    assert len({record.content_hash for record in records}) == 2


def test_folder_and_zip_of_the_same_files_give_the_same_pictures(tmp_path):
    folder = tmp_path / "source"
    exif = Image.Exif()
    exif[0x0112] = 6
    write_picture(folder / "turned.jpg", 1, exif=exif)
    write_picture(folder / "deep" / "b.png", 2)
    write_video(folder / "clip.mp4", pan(10))
    (folder / "notes.txt").write_text("x")
    (folder / "IMG.raw").write_bytes(b"x")
    (folder / ".hidden.jpg").write_bytes(b"x")
    with zipfile.ZipFile(tmp_path / "source.zip", "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    from_folder = add([folder], tmp_path / "one")
    from_zip = add([tmp_path / "source.zip"], tmp_path / "two")
    assert pictures_in(tmp_path / "one") == pictures_in(tmp_path / "two")
    assert from_folder.num_added == from_zip.num_added > 2
    assert "1 × .raw, 1 × .txt" in from_folder.passed_over[0]
    (turned,) = (record for record in read_records(tmp_path / "one").pictures if record.source == "turned.jpg")
    assert (turned.size_wh, turned.time_s, turned.file) == ((120, 160), None, "to_label/monday/turned.jpg")


def test_pictures_given_singly_are_one_set(tmp_path):
    paths = [write_picture(tmp_path / f"{seed}.png", seed) for seed in range(4)]
    intake = add([*paths, paths[0]], tmp_path / "photos", max_frames=3)
    assert (len(intake.clips), intake.num_added, intake.clips[0].picking.num_seen) == (1, 3, 5)


def test_what_is_bad_is_told_and_what_is_good_is_added(tmp_path):
    folder = tmp_path / "source"
    write_picture(folder / "good.jpg", 1)
    (folder / "bad.jpg").write_bytes(b"no picture")
    (folder / "empty.mp4").write_bytes(b"")
    intake = add([folder], tmp_path / "photos")
    assert intake.num_added == 1
    assert "empty.mp4" in intake.problems[0]
    assert any("bad.jpg" in finding for clip in intake.clips for finding in clip.findings)


def test_the_photos_folder_is_not_its_own_source(tmp_path):
    write_picture(tmp_path / "a.jpg", 1)
    add([tmp_path], tmp_path / "photos")
    assert add([tmp_path], tmp_path / "photos").num_added == 0


@pytest.mark.parametrize("name", ["../evil.jpg", "/evil.jpg", "a/../../evil.jpg", "C:\\evil.jpg", "..\\evil.jpg"])
def test_hostile_names_in_a_zip_are_refused_and_nothing_is_written(tmp_path, name):
    picture = write_picture(tmp_path / "good.jpg", 1)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(picture, "good.jpg")
        archive.writestr(zipfile.ZipInfo(name), picture.read_bytes())
    with pytest.raises(DatasetError, match="outside the folder"):
        add([tmp_path / "a.zip"], tmp_path / "photos")
    assert not list(tmp_path.rglob("*evil*"))
    assert pictures_in(tmp_path / "photos") == set()


def test_links_in_a_zip_are_refused(tmp_path):
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/hostname")
    with pytest.raises(DatasetError, match="is a link"):
        add([tmp_path / "a.zip"], tmp_path / "photos")


@pytest.mark.parametrize("session", ["", "..", "a/b", "a\\b", " a", "a:b", "a."])
def test_a_session_must_be_a_folder_name(tmp_path, session):
    with pytest.raises(PhotosError, match="cannot be a folder name"):
        add([write_picture(tmp_path / "a.jpg", 1)], tmp_path / "photos", session)


def test_a_source_without_pictures_or_that_is_not_there_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(PhotosError, match="neither videos nor pictures"):
        add([tmp_path / "empty"], tmp_path / "photos")
    with pytest.raises(PhotosError, match="no such file"):
        add([tmp_path / "none.mp4"], tmp_path / "photos")


@pytest.mark.parametrize(
    ("content", "error"), [("{", StorageError), ("[]", PhotosError), ('{"sources": [], "pictures": [{}]}', PhotosError)]
)
def test_a_damaged_list_of_photos_is_never_overwritten(tmp_path, content, error):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "photos.json").write_text(content)
    with pytest.raises(error, match=r"photos\.json"):
        add([write_picture(tmp_path / "a.jpg", 1)], photos)
    assert (photos / "photos.json").read_text() == content


def test_the_command_says_what_it_took_and_why_it_left_the_rest(tmp_path, capsys):
    video = write_video(tmp_path / "a.mp4", pan(30))
    arguments = [
        "photos",
        "add",
        str(video),
        "--session",
        "hall",
        "--photos",
        str(tmp_path / "photos"),
        "--max-frames",
        "5",
    ]
    assert run(arguments) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "a.mp4: 5 of 30 frames; left out 0 blurred, 0 alike, 25 beyond --max-frames" in shown
    assert "5 pictures added to" in shown
    assert run(arguments) == 0
    assert "was added to session hall before; nothing added" in " ".join(capsys.readouterr().out.split())
    assert len(json.loads((tmp_path / "photos" / "photos.json").read_text())["pictures"]) == 5


def test_pairs_of_two_sessions_are_told_in_one_sentence(tmp_path, capsys):
    video, photos = write_video(tmp_path / "a.mp4", pan(30)), str(tmp_path / "photos")
    for session in ("monday", "tuesday"):
        assert run(["photos", "add", str(video), "--session", session, "--photos", photos, "--max-frames", "5"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "nearly the same picture" in line]
    assert len(lines) == 1
    assert re.search(r"\(and \d+ more such pairs\): keep sessions monday and tuesday in one split", lines[0])


def test_a_source_that_is_not_there_is_told_before_anything_is_added(tmp_path, capsys):
    video, photos = write_video(tmp_path / "a.mp4", pan(30)), tmp_path / "photos"
    assert run(["photos", "add", str(video), str(tmp_path / "b.mp4"), "--session", "s", "--photos", str(photos)]) == 1
    told = capsys.readouterr()
    assert "b.mp4: no such file or folder" in " ".join((told.out + told.err).split())
    assert not photos.exists()


def test_a_bad_file_gives_exit_code_1_without_a_traceback(tmp_path, capsys):
    (tmp_path / "a.mp4").write_bytes(b"")
    assert run(["photos", "add", str(tmp_path / "a.mp4"), "--session", "s", "--photos", str(tmp_path / "photos")]) == 1
    shown = capsys.readouterr()
    assert "the file is empty" in shown.out
    assert "Traceback" not in shown.out + shown.err


def test_pictures_of_a_phone_are_turned_as_they_say_and_kept_as_jpeg(tmp_path):
    """HEIC with the turn in its own box, as phones write it."""
    pillow_heif = pytest.importorskip("pillow_heif", reason="the extra [heic] is not installed")
    rng = np.random.default_rng(0)
    upright = np.kron(rng.integers(0, 255, (24, 16, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    turned = Image.fromarray(np.rot90(upright))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    source = tmp_path / "IMG_0001.HEIC"
    pillow_heif.register_heif_opener()
    turned.save(source, format="HEIF", exif=exif.tobytes(), quality=95)
    add([source], tmp_path / "photos")
    (added,) = (tmp_path / "photos").rglob("*.jpg")
    with Image.open(added) as picture:
        kept = np.asarray(picture)
    assert kept.shape == upright.shape
    assert np.abs(kept.astype(int) - upright).mean() < 12


def test_without_the_decoder_a_heic_picture_is_told_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as if it were not installed
    source = tmp_path / "set"
    source.mkdir()
    write_picture(source / "a.jpg", 1)
    (source / "b.heic").write_bytes(b"anything")
    told = " ".join(str(outcome) for outcome in add([source], tmp_path / "photos").clips)
    assert "pip install 'partsight[heic]'" in told
    assert len(list((tmp_path / "photos").rglob("*.jpg"))) == 1


def test_time_camera_and_focal_length_are_kept_as_the_picture_says(tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Model 7"
    exif.get_ifd(0x8769).update({0x9003: "2026:11:23 14:05:06", 0xA405: 26})
    add([write_picture(tmp_path / "a.jpg", 1, exif=exif), write_picture(tmp_path / "b.png", 2)], tmp_path / "photos")
    records = {record.source: record for record in read_records(tmp_path / "photos").pictures}
    first, second = records["a.jpg"], records["b.png"]
    assert (first.taken_at, first.camera, first.focal_35mm) == ("2026-11-23T14:05:06", "Maker Model 7", 26.0)
    assert (second.taken_at, second.camera, second.focal_35mm) == (None, None, None)


def test_a_video_of_4k_keeps_its_size(tmp_path):
    path = write_video(tmp_path / "4k.mp4", pan(3, step_px=900, size_wh=(3840, 2160)))
    intake = add([path], tmp_path / "photos")
    records = read_records(tmp_path / "photos").pictures
    assert intake.num_added == len(records) >= 2
    assert {record.size_wh for record in records} == {(3840, 2160)}


def test_a_video_without_a_single_frame_is_told_and_costs_the_others_nothing(tmp_path):
    folder = tmp_path / "source"
    write_picture(folder / "good.jpg", 1)
    with av.open(str(folder / "none.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        container.start_encoding()
    intake = add([folder], tmp_path / "photos")
    assert intake.num_added == 1
    told = [*intake.problems, *(finding for clip in intake.clips for finding in clip.findings)]
    assert any("none.mkv" in one for one in told)


def test_a_film_of_a_place_becomes_sessions_of_its_stretches_and_nothing_is_to_be_labeled(tmp_path):
    video = write_video(tmp_path / "walk.mp4", pan(60))
    intake = add([video], tmp_path / "places", "hall", max_frames=8, is_places=True)
    records = read_records(tmp_path / "places").pictures
    by_time = sorted(records, key=lambda record: record.time_s)
    assert [record.session for record in by_time] == [
        f"hall-{1 + place * 4 // len(by_time)}" for place in range(len(by_time))
    ]
    assert {record.file.split("/")[0] for record in records} == {"hall-1", "hall-2", "hall-3", "hall-4"}
    assert pictures_in(tmp_path / "places") == {record.file for record in records}
    assert intake.num_added == len(records) >= 4
    assert add([video], tmp_path / "places", "hall", is_places=True).num_added == 0


def test_pictures_of_a_place_are_one_session(tmp_path):
    pictures = [write_picture(tmp_path / f"{number}.png", number) for number in range(3)]
    add(pictures, tmp_path / "places", "yard", is_places=True)
    assert {path.rsplit("/", 1)[0] for path in pictures_in(tmp_path / "places")} == {"yard"}


def test_places_are_added_where_the_recipe_looks_for_them(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("recipe.toml").write_text('[parts.QF]\nfiles = ["QF.step"]\n')
    video = write_video(tmp_path / "walk.mp4", pan(40))
    assert run(["photos", "add", "--places", str(video), "--session", "hall"]) == 0
    assert "recipe.toml reads them from now on (photos.places)" in capsys.readouterr().out
    assert Recipe.read("recipe.toml").photos.places == (tmp_path / "places",)
    places = read_places(Recipe.read("recipe.toml").photos, ("QF",))
    assert {sample.session for sample in places.samples} <= {f"places/hall-{number}" for number in range(1, 5)}
    assert len(places.samples) == len(pictures_in(tmp_path / "places")) > 0
