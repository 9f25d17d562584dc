"""Kinds of label files that tools really write: the right boxes, or a remark that names what is wrong."""

from pathlib import Path

import pytest

from partsight.labels.importing import read_imports

from .imports import boxes_in, imported
from .kinds import (
    RIGHT,
    A,
    box,
    coco,
    cvat,
    cvat_subsets,
    cvat_turning_track,
    label_studio,
    picture,
    two_coco_files,
    voc_text,
    with_picture,
    write,
    yolo,
)


@pytest.mark.parametrize("kind", [kind for kind, (_, expected) in RIGHT.items() if expected])
def test_the_boxes_are_those_that_the_tool_shows(tmp_path, kind):
    build, expected = RIGHT[kind]
    build(tmp_path / "export" if "linked" not in kind else tmp_path)
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 0, shown
    assert boxes_in(tmp_path / "photos") == {"a": [("QF", pytest.approx(expected, abs=0.03))]}
    assert read_imports(tmp_path / "photos")[0].balance.is_complete, shown


def test_pictures_of_one_name_belong_to_the_label_file_of_their_subset(tmp_path):
    cvat_subsets(tmp_path / "cvat")
    two_coco_files(tmp_path / "coco")
    for name, lefts in (("cvat", [0, 10]), ("coco", [10, 20])):
        rc, shown = imported(tmp_path / name, tmp_path / f"photos-{name}")
        assert rc == 0, shown
        assert sorted(boxes[0][1][0] for boxes in boxes_in(tmp_path / f"photos-{name}").values()) == lefts


def test_a_track_turns_the_shorter_way_and_frames_between_steps_are_not_missed(tmp_path):
    cvat_turning_track(tmp_path / "export")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 0, shown
    assert boxes_in(tmp_path / "photos")["frame_000002"] == [("QF", (90, 10, 110, 90))]


def animated(root: Path) -> None:
    picture(root / "a.gif")
    coco(root, [box()], [{"id": 1, "file_name": "a.gif"}])


TOLD = {
    "coco picture of a kind that is not read": (animated, "a.gif: pictures ending in .gif are not read"),
    "yolo few columns at the first line": (lambda root: yolo(root, "0 0.15 0.3\n"), "labels/a.txt:1: 3 columns"),
    "coco annotation of an unlisted picture": (
        with_picture(lambda root: coco(root, [box(), box(id=2, image_id=9)])), "annotation 2: image id 9 is not listed"),
    "coco two pictures of one id": (
        with_picture(lambda root: coco(root, [box()], [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}])),
        "image id 1 occurs 2 times or more"),
    "coco unknown category": (with_picture(lambda root: coco(root, [box(category_id=8)])), "annotation 1: category 8, not listed"),
    "coco box of five numbers": (with_picture(lambda root: coco(root, [box(bbox=[1, 2, 3, 4, 5])])), "annotation 1: bbox: found"),
    "yolo six columns": (lambda root: yolo(root, "0 0.15 0.3 0.2 0.4 0.9\n"), "labels/a.txt:1: 6 columns"),
    "yolo without names": (lambda root: (yolo(root, "0 0.15 0.3 0.2 0.4\n"), (root / "classes.txt").unlink()), "class names missing"),
    "yolo orphan": (
        lambda root: (yolo(root, "0 0.15 0.3 0.2 0.4\n"), write(root / "labels" / "b.txt", "0 0.5 0.5 0.1 0.1\n")),
        "labels/b.txt: no picture of this name"),
    "yolo shared label file": (
        lambda root: (yolo(root, "0 0.15 0.3 0.2 0.4\n"), picture(root / "images" / "a.png")), "shares its name with another picture"),
    "label studio two classes": (lambda root: label_studio(root, {"type": "rectanglelabels", "value": {
        "x": 5, "y": 10, "width": 20, "height": 40, "rectanglelabels": ["QF", "QD"]}}), "has several classes: QF, QD"),
    "voc without area": (
        with_picture(lambda root: write(root / "a.xml", voc_text(edges=(10, 10, 10, 50)))), "a.xml: object 1: the box has no area"),
    "voc picture missing": (lambda root: write(root / "a.xml", voc_text()), "no such picture in the export"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TOLD)
def test_what_cannot_be_right_refuses_the_import_and_is_named(tmp_path, kind):
    build, told = TOLD[kind]
    build(tmp_path / "export")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 1
    assert told in shown
    assert not (tmp_path / "photos").exists()


def yolo_of_another_picture(root: Path) -> None:
    yolo(root, "")
    picture(root / "images" / "b.jpg")
    (root / "labels" / "a.txt").rename(root / "labels" / "b.txt")


INCOMPLETE = {
    "cvat single point": lambda root: cvat(root, '<points label="QF" points="10,10"/>'),
    "label studio keypoint": lambda root: label_studio(root, {"type": "keypointlabels", "value": {
        "x": 5, "y": 10, "width": 1, "keypointlabels": ["QF"]}}),
    "coco crowd": with_picture(lambda root: coco(root, [box(iscrowd=1)])),
    "label studio not annotated yet": lambda root: label_studio(root, annotations=[]),
    "label studio cancelled": lambda root: label_studio(root, annotations=[{"was_cancelled": True, "result": []}]),
    "cvat nothing drawn anywhere": lambda root: cvat(root, ""),
    "yolo no label file": yolo_of_another_picture,
}  # fmt: skip


@pytest.mark.parametrize("kind", INCOMPLETE)
def test_a_picture_whose_labels_are_not_known_is_no_negative(tmp_path, kind):
    INCOMPLETE[kind](tmp_path / "export")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 0, shown
    assert not (tmp_path / "photos" / "images" / "s" / "a.jpg").exists()
    balance = read_imports(tmp_path / "photos")[0].balance
    assert balance.is_complete
    assert balance.count("pictures", "left out") >= 1


def test_a_picture_that_somebody_looked_at_is_a_negative(tmp_path):
    label_studio(tmp_path / "export")
    rc, _ = imported(tmp_path / "export", tmp_path / "photos")
    assert (rc, boxes_in(tmp_path / "photos")) == (0, {"a": []})


def test_most_pictures_without_boxes_are_negatives_when_the_user_says_so(tmp_path):
    cvat(tmp_path / "export", "")
    imported(tmp_path / "export", tmp_path / "photos", "--empty", "nothing")
    assert boxes_in(tmp_path / "photos") == {"a": []}


def voc_twin_without_picture(root: Path) -> None:
    picture(root / "1" / "a.jpg")
    write(root / "1" / "a.xml", voc_text())
    write(root / "2" / "a.xml", voc_text(edges=(0, 0, 9, 9)))


def voc_stale_name_without_picture(root: Path) -> None:
    picture(root / "a.jpg")
    write(root / "a.xml", voc_text())
    write(root / "b.xml", voc_text("a.jpg", edges=(0, 0, 9, 9)))


def coco_twin_without_picture(root: Path) -> None:
    picture(root / "1" / "a.jpg")
    images = [{"id": number, "file_name": f"{number}/a.jpg"} for number in (1, 2)]
    coco(root, [box(), box(id=2, image_id=2, bbox=[0, 0, 9, 9])], images)


def cvat_task_without_pictures(root: Path) -> None:
    cvat(root / "task1", '<box label="QF" xtl="10" ytl="10" xbr="50" ybr="50"/>')
    cvat(root / "task2", '<box label="QF" xtl="0" ytl="0" xbr="9" ybr="9"/>')
    (root / "task2" / "images" / "a.jpg").unlink()


def coco_split_without_pictures(root: Path) -> None:
    two_coco_files(root)
    (root / "images" / "val" / "a.jpg").unlink()


TWINS = (
    voc_twin_without_picture,
    voc_stale_name_without_picture,
    coco_twin_without_picture,
    cvat_task_without_pictures,
    coco_split_without_pictures,
)


@pytest.mark.parametrize("build", TWINS, ids=lambda build: build.__name__)
def test_labels_of_a_missing_picture_never_go_to_its_namesake(tmp_path, build):
    build(tmp_path / "export")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert (rc, "no such picture" in shown) == (1, True), shown
    rc, shown = imported(tmp_path / "export", tmp_path / "photos", "--skip-bad")
    assert (rc, boxes_in(tmp_path / "photos")) == (0, {"a": [("QF", A)]}), shown
    assert read_imports(tmp_path / "photos")[0].balance.is_complete
