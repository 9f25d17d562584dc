"""Labels of other tools: the same pictures from every tool give the same photos folder; hostile archives are refused."""

import json
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

from partsight.cli.app import run
from partsight.errors import DatasetError
from partsight.labels.archives import unpack
from partsight.labels.class_mapping import map_classes
from partsight.labels.export_folder import open_folder
from partsight.labels.formats.detection import read_export
from partsight.labels.formats.label_studio import picture_name
from partsight.labels.formats.tracks import TrackBox, boxes_of_track
from partsight.labels.formats.writing import WRITERS, write_export
from partsight.labels.importing import import_pictures
from partsight.labels.judging import LabeledPicture, judge
from partsight.labels.label import Label, raise_problems
from partsight.labels.original_names import original_name
from partsight.labels.own_folders import read_yolo
from partsight.pictures import picture_size
from partsight.staging import staged

from .exports import BOXES, LAYOUTS, SIZES, cvat_images, label_studio, picture, roboflow_yolo, write


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return target


def boxes_by_name(dataset):
    return {
        sample.sample_id.split("__")[-1]: sorted(
            (dataset.class_names[class_id], tuple(np.round(box, 3).tolist()))
            for class_id, box in zip(sample.class_ids, sample.boxes_xyxy, strict=True)
        )
        for sample in dataset.samples
    }


def judged(folder, pictures=None):
    """Read an export as the import does, without writing."""
    _, found = read_export(open_folder(folder, pictures))
    return judge(found, picture_size)


EXPECTED = {name: sorted((label, tuple(map(float, box))) for label, box in boxes) for name, boxes in BOXES.items()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_tool_gives_the_same_photos_folder(tmp_path, layout, capsys):
    LAYOUTS[layout](tmp_path / "export")
    archive = zipped(tmp_path / "export", tmp_path / "export.zip")
    photos = tmp_path / "photos"
    arguments = ["photos", "import", str(archive), "--session", "monday", "--photos", str(photos)]
    assert run(arguments) == 0, capsys.readouterr().err
    shown = " ".join(capsys.readouterr().out.split())
    assert layout.split(" (")[0] in shown
    assert "3 pictures with 3 boxes" in shown
    assert "1 of them showing nothing" in shown
    names = (photos / "classes.txt").read_text().split()
    dataset = read_yolo(photos, names, lambda path: path.split("/")[0])
    assert boxes_by_name(dataset) == EXPECTED
    assert {sample.session for sample in dataset.samples} == {"monday"}


def test_importing_again_changes_nothing(tmp_path, capsys):
    roboflow_yolo(tmp_path / "export")
    arguments = ["photos", "import", str(tmp_path / "export"), "--session", "a", "--photos", str(tmp_path / "photos")]
    assert run(arguments) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "photos").rglob("*") if path.is_file()}
    arguments[arguments.index("a")] = "b"
    assert run(arguments) == 0
    assert "3 were there already" in " ".join(capsys.readouterr().out.split())
    assert before == {path: path.read_bytes() for path in (tmp_path / "photos").rglob("*") if path.is_file()}


def test_known_pictures_with_other_labels_are_kept_and_told(tmp_path, capsys):
    roboflow_yolo(tmp_path / "export")
    arguments = ["photos", "import", str(tmp_path / "export"), "--session", "a", "--photos", str(tmp_path / "photos")]
    assert run(arguments) == 0
    for labels in (tmp_path / "export").glob("train/labels/b_*.txt"):
        labels.write_text("0 0.5 0.5 0.1 0.1\n")
    assert run(arguments) == 0
    assert (
        "b: is there already as b.jpg, with other labels; those there are kept (--replace takes these): 1 box added, 1 box removed"
        in " ".join(capsys.readouterr().out.split())
    )


def test_class_numbers_that_are_there_stay(tmp_path):
    photos = tmp_path / "photos"
    write(photos / "classes.txt", "QF\nSD\n")
    roboflow_yolo(tmp_path / "export")
    assert run(["photos", "import", str(tmp_path / "export"), "--photos", str(photos), "--yes"]) == 0
    assert (photos / "classes.txt").read_text().split() == ["QF", "SD", "QD"]


def pictures_of(*names: str):
    labels = tuple(Label((0, 0, 1, 1), name, name) for name in names)
    return [LabeledPicture(Path("x.jpg"), "x", (10, 10), labels)]


def test_classes_are_matched_by_name_and_guesses_are_called_guesses():
    known = ["Raspberry Pi 3", "ESP8266 boards", "QF", "bolt_m5"]
    mapping = {
        entry.found: entry
        for entry in map_classes(pictures_of("raspberry_pi-3", "ESP-8266 board", "washer", "bolt_m6"), [], known, {})
    }
    assert (mapping["raspberry_pi-3"].becomes, mapping["raspberry_pi-3"].is_sure) == ("Raspberry Pi 3", True)
    assert (mapping["ESP-8266 board"].becomes, mapping["ESP-8266 board"].is_sure) == ("ESP8266 boards", False)
    assert (mapping["bolt_m6"].becomes, mapping["bolt_m6"].is_sure) == ("bolt_m6", False), "digits count"
    assert (mapping["washer"].becomes, mapping["washer"].is_sure) == ("washer", False)


def test_what_the_user_says_of_classes_counts():
    (entry,) = map_classes(pictures_of("a"), [], ["b"], {"a": "-"})
    assert (entry.becomes, entry.is_sure) == ("-", True)
    with pytest.raises(DatasetError, match="no such class"):
        map_classes(pictures_of("a"), [], [], {"z": "b"})


def test_guesses_are_not_taken_without_a_word(tmp_path, capsys):
    write(tmp_path / "photos" / "classes.txt", "QFx\n")
    roboflow_yolo(tmp_path / "export")
    arguments = ["photos", "import", str(tmp_path / "export"), "--photos", str(tmp_path / "photos")]
    assert run(arguments) == 1
    assert "Nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "photos" / "images").exists()
    assert run([*arguments, "--map", "QF=QFx", "--map", "QD=-"]) == 0
    assert (tmp_path / "photos" / "classes.txt").read_text().split() == ["QFx"]


def test_sessions_can_come_from_picture_names(tmp_path):
    cvat_images(tmp_path / "export")
    photos = tmp_path / "photos"
    assert (
        run(["photos", "import", str(tmp_path / "export"), "--photos", str(photos), "--session-from", "([ab]|c)"]) == 0
    )
    assert sorted(path.name for path in (photos / "images").iterdir()) == ["a", "b", "c"]


def import_all(found, folder, session):
    with staged(folder) as changes:
        import_pictures(found, changes, lambda _: session)
        changes.commit()


@pytest.mark.parametrize("session", ["../x", "a/b", " ", "."])
def test_a_session_is_a_folder_name(tmp_path, session):
    path = picture(tmp_path / "a.jpg", "a")
    found = [LabeledPicture(path, "a", SIZES["a"], ())]
    with pytest.raises(DatasetError, match="cannot be a folder name"):
        import_all(found, tmp_path / "photos", session)


def test_two_pictures_of_one_name_get_two_names(tmp_path):
    found = [LabeledPicture(picture(tmp_path / name / "x.jpg", name), "x", SIZES[name], ()) for name in "ab"]
    import_all(found, tmp_path / "photos", "s")
    assert sorted(path.name for path in (tmp_path / "photos/images/s").iterdir()) == ["x-2.jpg", "x.jpg"]


@pytest.mark.parametrize("target", WRITERS)
def test_write_then_read_is_identity(tmp_path, target):
    roboflow_yolo(tmp_path / "export")
    photos = tmp_path / "photos"
    run(["photos", "import", str(tmp_path / "export"), "--session", "s", "--photos", str(photos)])
    names = (photos / "classes.txt").read_text().split()
    dataset = read_yolo(photos, names, lambda path: path)
    write_export(dataset, target, tmp_path / "out")
    found = judged(tmp_path / "out")
    assert found.faults == []
    assert {
        entry.path.stem.split("__")[-1]: sorted(
            (label.class_name, tuple(np.round(label.box_xyxy, 3).tolist())) for label in entry.labels
        )
        for entry in found.pictures
    } == EXPECTED


def test_nothing_is_written_into_a_folder_that_holds_something(tmp_path):
    write(tmp_path / "out" / "x", "mine")
    roboflow_yolo(tmp_path / "export")
    run(["photos", "import", str(tmp_path / "export"), "--session", "s", "--photos", str(tmp_path / "photos")])
    assert (
        run(["photos", "export", "--to", "coco", "--out", str(tmp_path / "out"), "--photos", str(tmp_path / "photos")])
        == 1
    )


# Archives -------------------------------------------------------------------------------------------------------------


def archive_with(path: Path, name: str, content: bytes = b"x", mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, content)
    return path


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:\\evil.txt"])
def test_members_that_would_land_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(DatasetError, match="outside the folder"):
        unpack(archive_with(tmp_path / "a.zip", name), tmp_path / "out")
    assert not (tmp_path / "evil.txt").exists()


def test_links_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="is a link"):
        unpack(archive_with(tmp_path / "a.zip", "link", b"/etc/passwd", stat.S_IFLNK | 0o777), tmp_path / "out")


def test_bombs_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="bomb"):
        unpack(archive_with(tmp_path / "a.zip", "zeros.txt", bytes(80_000_000)), tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut"])
def test_damaged_archives_are_explained(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DatasetError, match="cannot be unpacked"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


# The tools' own ways --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hashed", "name"),
    [("IMG_0012_jpg.rf.2ab8c0ffee2ab8c0ffee2ab8c0ffee12", "IMG_0012"), ("a_png.rf.0123456789abcdef", "a"), ("plain", "plain"),
     ("walk_mp4-0031_jpg.rf.0123456789abcdef0123", "walk-0031"), ("x.rf.0123456789abcdef0123", "x")],
)  # fmt: skip
def test_roboflow_names_are_undone(hashed, name):
    assert original_name(hashed) == name


def test_tracks_move_evenly_between_key_frames_and_end_outside():
    keys = [(0, TrackBox((0, 0, 10, 10))), (4, TrackBox((8, 4, 18, 14))), (6, None), (9, TrackBox((1, 1, 2, 2)))]
    boxes = {frame: box.box_xyxy for frame, box in boxes_of_track(keys, last_frame=10).items()}
    assert boxes[2] == (4, 2, 14, 12)
    assert boxes[5] == (8, 4, 18, 14)
    assert 6 not in boxes
    assert 8 not in boxes
    assert boxes[10] == (1, 1, 2, 2)


def test_a_cvat_video_is_read_with_its_frames(tmp_path):
    for frame in range(4):
        picture(tmp_path / "images" / f"frame_{frame:06d}.PNG", "a")
    box = (
        '<box frame="{}" outside="{}" occluded="0" keyframe="1" xtl="{}" ytl="10" xbr="{}" ybr="60" z_order="0"></box>'
    )
    shapes = box.format(0, 0, 20, 80) + box.format(2, 0, 40, 100) + box.format(3, 1, 40, 100)
    meta = "<meta><task><size>4</size><labels><label><name>QF</name></label></labels></task></meta>"
    write(
        tmp_path / "annotations.xml",
        f'<annotations><version>1.1</version>{meta}<track id="0" label="QF" source="manual">{shapes}</track></annotations>',
    )
    found = judged(tmp_path)
    assert found.faults == []
    assert [len(entry.labels) for entry in found.pictures] == [1, 1, 1, 0]
    assert found.pictures[1].labels[0].box_xyxy == (30, 10, 90, 60)


@pytest.mark.parametrize(
    ("source", "name"),
    [("/data/upload/1/3f2b9c1e-IMG 1.jpg", "3f2b9c1e-IMG 1.jpg"), ("/data/local-files/?d=lab/IMG_1.jpg", "IMG_1.jpg"),
     ("https://host/x/IMG%201.jpg?token=1", "IMG 1.jpg")],
)  # fmt: skip
def test_label_studio_addresses_hold_a_file_name(source, name):
    assert picture_name(source) == name


def test_tasks_without_annotation_are_left_out_and_told(tmp_path):
    label_studio(tmp_path)
    found = judged(tmp_path)
    assert len(found.pictures) == 3
    assert [(one.name, one.reason) for one in found.left_out] == [("later.jpg", "is not labeled yet")]
    assert found.faults == []


def test_pictures_elsewhere_are_asked_for(tmp_path):
    label_studio(tmp_path / "export")
    (tmp_path / "export" / "media").rename(tmp_path / "media")
    assert "give its folder (`pictures`)" in judged(tmp_path / "export").faults[0]
    assert len(judged(tmp_path / "export", tmp_path / "media").pictures) == 3


def test_a_turned_box_counts_by_its_extent(tmp_path):
    label_studio(tmp_path)
    path = next(tmp_path.glob("*.json"))
    tasks = json.loads(path.read_text())
    tasks[0]["annotations"][0]["result"][0]["value"] |= {"x": 50, "y": 20, "width": 20, "height": 10, "rotation": 90}
    path.write_text(json.dumps(tasks))
    box = judged(tmp_path).pictures[0].labels[0].box_xyxy
    assert box == pytest.approx((90, 20, 100, 60))


@pytest.mark.parametrize(
    ("layout", "damage", "told"),
    [
        ("YOLO 1.1 (CVAT)", ("obj_train_data/a.txt", "7 0.5 0.5 0.1 0.1\n"), "class 7 is not among the 2 classes"),
        ("Roboflow YOLO", ("data.yaml", "names: [QD, QD]\nnc: 2\n"), "unique"),
        ("CVAT XML", ("annotations.xml", "<annotations><broken"), "not XML"),
        (
            "COCO (CVAT)",
            ("annotations/instances_default.json", '{"images": [{}], "annotations": [], "categories": []}'),
            "has no file_name",
        ),
        (
            "Pascal VOC",
            ("Annotations/a.xml", "<annotation><filename>z.jpg</filename></annotation>"),
            "no such picture in the export",
        ),
    ],
)
def test_malformed_exports_are_explained(tmp_path, layout, damage, told):
    LAYOUTS[layout](tmp_path)
    if layout == "Pascal VOC":
        (tmp_path / "JPEGImages" / "a.jpg").unlink()
    write(tmp_path / damage[0], damage[1])
    with pytest.raises(DatasetError, match=told):
        raise_problems(judged(tmp_path).faults, tmp_path)


def test_an_unknown_folder_says_what_is_known(tmp_path):
    write(tmp_path / "x.docx", "")
    with pytest.raises(DatasetError, match=r"no labels in a known layout; it holds x\.docx\. Known: Label Studio JSON"):
        read_export(open_folder(tmp_path))
