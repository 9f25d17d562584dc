"""What people draw around parts comes to the training as it was drawn, and a box stays a box."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.dataset.crops import crop_photo
from partsight.labels.formats.writing import write_export
from partsight.labels.label import Label
from partsight.labels.own_folders import read_yolo
from partsight.labels.sample_masks import has_masks, sample_masks, yolo_mask_text
from partsight.labels.store import open_label_store
from partsight.structures.dataset import Dataset

from .imports import imported
from .kinds import box, coco, cvat, label_studio, label_studio_brush, labelme, with_picture, yolo

TRIANGLE = [(10.0, 10.0), (50.0, 20.0), (20.0, 50.0)]
SQUARE = [(10.0, 10.0), (50.0, 10.0), (50.0, 50.0), (10.0, 50.0)]
IN_PERCENT = [[x / 2, y] for x, y in TRIANGLE]
FLAT = [value for point in TRIANGLE for value in point]
SQUARE_RUNS = [1010, *([40, 60] * 39), 40, 15050]
"""A square of 40 pixels in a picture of 200 × 100, down its columns."""
DRAWN = {
    "labelme polygon": (labelme("polygon", TRIANGLE), TRIANGLE),
    "cvat polygon": (lambda root: cvat(root, '<polygon label="QF" points="10,10;50,20;20,50"/>'), TRIANGLE),
    "cvat mask": (
        lambda root: cvat(root, '<mask label="QF" rle="0,1600" left="10" top="10" width="40" height="40"/>'), SQUARE),
    "label studio polygon": (
        lambda root: label_studio(root, {"type": "polygonlabels", "value": {
            "points": IN_PERCENT, "polygonlabels": ["QF"]}}), TRIANGLE),
    "label studio brush": (label_studio_brush, SQUARE),
    "coco polygon": (with_picture(lambda root: coco(root, [box(segmentation=[FLAT])])), TRIANGLE),
    "coco polygon without box": (with_picture(lambda root: coco(root, [box(bbox=[], segmentation=[FLAT])])), TRIANGLE),
    "coco mask": (with_picture(lambda root: coco(root, [box(segmentation={"size": [100, 200], "counts": SQUARE_RUNS})])), SQUARE),
    "yolo polygon": (lambda root: yolo(root, "0 0.05 0.1 0.25 0.2 0.1 0.5\n"), TRIANGLE),
}  # fmt: skip
BOXES_ONLY = {
    "a box": lambda root: yolo(root, "0 0.15 0.3 0.2 0.4\n"),
    "a turned box": lambda root: yolo(root, "0 0.05 0.3 0.15 0.1 0.25 0.3 0.15 0.5\n"),
    "keypoints": with_picture(lambda root: coco(root, [box(bbox=[], keypoints=[10, 10, 2, 50, 50, 1, 0, 0, 0])])),
    "an outline of something else": with_picture(lambda root: coco(root, [box(segmentation=[[60, 60, 90, 60, 90, 90]])])),
    "an outline that is none": with_picture(lambda root: coco(root, [box(segmentation=[["a", 1, 2]])])),
    "a cuboid": lambda root: cvat(
        root, '<polyline label="QF" points="10,10;50,20;20,50"/>'),
}  # fmt: skip


def brought_in(build, tmp_path):
    build(tmp_path / "export")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 0, shown
    (sample,) = read_yolo(tmp_path / "photos", ("QF", "QD"), lambda path: path)
    return sample


def pixels_of(corners):
    """The (H, W) pixels whose centers a convex outline goes around, by the sides that they lie on."""
    rows, columns = np.mgrid[:100, :200] + 0.5
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    return np.logical_and.reduce(
        [(x1 - x0) * (rows - y0) - (y1 - y0) * (columns - x0) > 0 for (x0, y0), (x1, y1) in pairs]
    )


@pytest.mark.parametrize("kind", DRAWN)
def test_what_was_drawn_around_a_part_is_what_a_training_of_masks_is_told(tmp_path, kind):
    build, corners = DRAWN[kind]
    sample = brought_in(build, tmp_path)
    assert has_masks(sample)
    (mask,) = sample_masks(sample)
    assert (mask.pixels ^ pixels_of(corners)).sum() <= 2
    np.testing.assert_allclose(sample.boxes_xyxy, [[10, 10, 50, 50]], atol=0.05)
    told = [float(value) for value in yolo_mask_text(sample).split()]
    assert told[0] == 0
    assert len(told) > 6
    np.testing.assert_allclose(np.array(told[1:]).reshape(-1, 2).max(axis=0), [0.25, 0.5], atol=0.001)


@pytest.mark.parametrize("kind", BOXES_ONLY)
def test_a_box_is_never_taken_for_an_outline(tmp_path, kind):
    sample = brought_in(BOXES_ONLY[kind], tmp_path)
    assert len(sample.class_ids) == 1
    assert not has_masks(sample)


def test_an_import_brought_in_again_changes_nothing(tmp_path):
    brought_in(DRAWN["coco polygon"][0], tmp_path)
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 0
    assert "other labels" not in shown


@pytest.mark.parametrize("target", ["yolo", "coco", "cvat", "label-studio"])
def test_an_outline_comes_back_from_every_tool_that_knows_outlines(tmp_path, target):
    sample = brought_in(DRAWN["labelme polygon"][0], tmp_path)
    write_export(Dataset(("QF", "QD"), (sample,)), target, tmp_path / "out")
    rc, shown = imported(tmp_path / "out", tmp_path / "again")
    assert rc == 0, shown
    (back,) = read_yolo(tmp_path / "again", ("QF", "QD"), lambda path: path)
    np.testing.assert_allclose(back.outlines[0], sample.outlines[0], atol=0.001)


def test_labels_for_trainers_never_mix_boxes_and_outlines(tmp_path):
    sample = brought_in(DRAWN["labelme polygon"][0], tmp_path)
    boxed = replace(sample, sample_id="boxed", outlines=())
    write_export(Dataset(("QF", "QD"), (sample, boxed)), "yolo", tmp_path / "out")
    lines = [path.read_text().split() for path in (tmp_path / "out" / "labels").iterdir()]
    assert [len(line) for line in lines] == [5, 5]


@pytest.mark.parametrize("before", ["a box", "another outline"])
def test_an_outline_drawn_later_around_the_same_box_is_another_label(tmp_path, before):
    builds = {"a box": labelme("rectangle", [[10, 10], [50, 50]]), "another outline": labelme("polygon", SQUARE)}
    brought_in(builds[before], tmp_path)
    DRAWN["labelme polygon"][0](tmp_path / "export")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 0
    assert "1 box changed" in shown
    rc, shown = imported(tmp_path / "export", tmp_path / "photos", "--replace")
    (sample,) = read_yolo(tmp_path / "photos", ("QF", "QD"), lambda path: path)
    assert len(sample.outlines[0]) == 3


def test_a_photo_that_is_labeled_keeps_the_outlines_that_are_those_of_their_boxes(tmp_path):
    brought_in(DRAWN["labelme polygon"][0], tmp_path)
    store = open_label_store(tmp_path / "photos", ("QF", "QD"))
    (key,) = store.list_keys()
    seen = store.read(key)
    (drawn,) = seen.boxes
    wider = replace(drawn, box_xyxy=(10.0, 10.0, 70.0, 50.0))
    boxes = [replace(drawn, class_name="QD"), Label((100.0, 10.0, 150.0, 60.0), "QF"), wider]
    after = store.save(key, seen.revision, boxes, "open")
    after = store.save(key, after.revision, after.boxes, "done")
    assert [bool(one.outline) for one in after.boxes] == [True, False, False]
    (sample,) = read_yolo(tmp_path / "photos", ("QF", "QD"), lambda path: path)
    assert [one is not None for one in sample.outlines] == [True, False, False]
    np.testing.assert_allclose(sample.outlines[0], TRIANGLE, atol=0.001)


def test_crops_of_a_photo_are_told_the_outline_inside_of_them(tmp_path):
    sample = brought_in(DRAWN["labelme polygon"][0], tmp_path)
    (whole,) = sample_masks(sample)
    crops = crop_photo(sample, 0.2, 0.01, tmp_path)
    labeled = [crop for crop in crops if len(crop.sample.class_ids)]
    assert len(labeled) > 1
    for crop in labeled:
        left, top, right, bottom = crop.window
        (inside,) = sample_masks(crop.sample)
        np.testing.assert_array_equal(inside.pixels, whole.pixels[top:bottom, left:right])
