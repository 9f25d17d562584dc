"""Small inputs on which other tools and earlier versions went wrong: the right boxes, or a remark that names what is wrong."""

import os
from pathlib import Path

import pytest

from partsight.labels.importing import read_imports

from .imports import boxes_in, imported

SHARED = Path(os.environ.get("PARTSIGHT_SHARED", Path(__file__).resolve().parents[3] / ".." / "shared"))
CASES = SHARED / "cases" / "labels"
A = (10.0, 10.0, 50.0, 50.0)
MIDDLE = (80.0, 30.0, 120.0, 70.0)

RIGHT = {
    "coco_mixed_id_types": {"a": [("QF", A)]},
    "coco_newline": {"a": [("bolt M6", A), ("nut", A)]},
    "coco_pictures": {"a": [("QF", A)]},
    "coco_rotated_attr": {"a": [("QF", (90, 10, 110, 90))]},
    "createml": {"a": [("QF", A)]},
    "cvat_images_of_video": {"frame_000000": [("QF", (10, 10, 60, 60))], "frame_000001": []},
    "cvat_rotated": {"a": [("QF", (90, 10, 110, 90))]},
    "cvat_shapes": {"a": [("QD", (10, 10, 50, 40)), ("QF", (70, 30, 130, 70))]},
    "cvat_twotasks": {"task1": [("QF", (1, 1, 9, 9))], "task2": [("QF", (1, 1, 9, 9))]},
    "cvat_video_step": {"frame_000000": [("QF", A)], "frame_000005": [("QF", (15, 10, 55, 50))], "frame_000010": []},
    "labelme": {"a": [("QF", A)]},
    "ls_polygon": {"a": [("QF", (20, 10, 100, 60))]},
    "ls_separate_rectangle_and_labels": {"a": [("QF", (20, 10, 60, 50))]},
    "voc_pictures": {"a": [("QF", A)]},
    "voc_reversed": {"a": [("QF", A)]},
    "voc_samename": {"x": [("QF", A)], "x-2": [("QD", (20, 20, 60, 60))]},
    "voc_stale_filename": {"a": [("QF", A)], "b": [("QD", (20, 20, 60, 60))]},
    "voc_verified": {"a": [("QF", A)], "b": [("QD", (20, 20, 60, 60))]},
    "yolo_labelimg_beside": {"a": [("QF", MIDDLE)], "b": [("QF", MIDDLE)]},
    "yolo_obb_labelTxt": {"a": [("QF", (70, 20, 120, 80))]},
    "yolo_pose_1kpt_2dim": {"a": [("QF", (60, 10, 140, 90))]},
    "yolo_val_instead_of_valid": {"a": [("QF", MIDDLE)], "b": [("QF", MIDDLE)]},
}
TOLD = {
    "coco_noname": "annotation 1: has no class name",
    "cvat_size": "a.jpg: stated as 400×200, found 200×100",
    "voc_wrongsize": "a.jpg: stated as 400×200, found 200×100",
    "yolo_orphan_label": "labels/gone.txt: no picture of this name",
    "yolo_outside": "labels/a.txt:1: the box leaves the picture (200×100) by 16.0 px",
    "dirfile.zip": "member 'train/images/a.jpg/b.jpg' cannot be written",
    "long.zip": "cannot be written",
    "ls_brush": "brush: its pixels cannot be read",
}


def case(name: str) -> Path:
    if not (CASES / name).exists():
        pytest.skip(f"{CASES / name} is not there")
    return CASES / name


@pytest.mark.shared
@pytest.mark.parametrize("name", RIGHT)
def test_the_boxes_are_those_that_the_tool_shows(tmp_path, name):
    rc, shown = imported(case(name), tmp_path / "photos")
    assert rc == 0, shown
    assert boxes_in(tmp_path / "photos") == RIGHT[name]
    assert read_imports(tmp_path / "photos")[0].balance.is_complete


@pytest.mark.shared
@pytest.mark.parametrize("name", TOLD)
def test_what_cannot_be_right_is_told_with_the_users_own_path(tmp_path, name):
    _, shown = imported(case(name), tmp_path / "photos")
    assert TOLD[name] in shown
    assert "partsight-import-" not in shown
    assert not (tmp_path / "photos" / "images").exists()


@pytest.mark.shared
@pytest.mark.parametrize("name", ["yolo_outside", "yolo_orphan_label"])
def test_bad_ones_can_be_left_out(tmp_path, name):
    rc, shown = imported(case(name), tmp_path / "photos", "--skip-bad")
    assert rc == 0, shown
    expected = {"yolo_outside": (0, 30, 24, 70), "yolo_orphan_label": MIDDLE}[name]
    assert boxes_in(tmp_path / "photos") == {"a": [("QF", expected)]}


@pytest.mark.shared
def test_splits_of_a_leaking_set_become_sessions(tmp_path):
    rc, shown = imported(case("rf_leak"), tmp_path / "photos", "--session-from", "(train|valid|test)")
    assert rc == 0, shown
    assert sorted(path.name for path in (tmp_path / "photos" / "images").iterdir()) == ["test", "train", "valid"]
