"""Rules of COCO files."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from partsight.errors import DatasetError
from partsight.labels.formats.coco import write_coco
from partsight.labels.own_folders import read_coco
from tests.builders import NAMES, assert_same, dataset_of, sample_of, write_picture

from .test_yolo import LABELS, anywhere


def content_of(folder: Path) -> dict[str, Any]:
    write_picture(folder / "a.png")
    write_picture(folder / "b.png", shade=1)
    return {
        "images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}],
        "annotations": [{"id": 5, "image_id": 1, "category_id": 9, "bbox": [1, 2, 3, 4]}],
        "categories": [{"id": 9, "name": "QF"}],
    }


@settings(max_examples=25, deadline=None)
@given(labels=LABELS)
def test_writing_then_reading_is_identity(tmp_path_factory: pytest.TempPathFactory, labels: list) -> None:
    root = tmp_path_factory.mktemp("identity")
    sample = sample_of(
        write_picture(root / "in" / "p.png"), [box for box, _ in labels], [number for _, number in labels]
    )
    write_coco(dataset_of(sample), root / "out" / "coco.json")
    assert_same(read_coco(root / "out" / "coco.json", root / "out", NAMES, anywhere), dataset_of(sample))


def test_categories_are_matched_by_name(tmp_path: Path) -> None:
    (tmp_path / "coco.json").write_text(json.dumps(content_of(tmp_path)))
    (sample,) = read_coco(tmp_path / "coco.json", tmp_path, NAMES, anywhere).samples
    assert (sample.class_ids.tolist(), sample.boxes_xyxy.tolist()) == ([1], [[1, 2, 4, 6]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"categories": [{"id": 9, "name": "nut"}]}, "annotation 5: class 'nut' is not in the recipe"),
        ({"categories": [{"id": 8, "name": "QF"}]}, "category 9, not listed"),
        ({"categories": [{"id": 9, "name": "QD"}, {"id": 9, "name": "QF"}]}, "category id 9 stands for several names"),
        ({"images": [{"id": 1, "file_name": "a.png", "width": 30, "height": 40}]}, "stated as 30×40, found 40×30"),
        ({"images": [{"id": 1, "file_name": "c.png", "width": 40, "height": 30}]}, "c.png: no such picture"),
        ({"images": [{"id": 2, "file_name": "a.png", "width": 40, "height": 30}]}, "image id 1 is not listed"),
        ({"images": [{"id": 1, "file_name": f"{name}.png"} for name in "ab"]}, "image id 1 occurs 2 times"),
        ({"annotations": [{"id": 5, "image_id": 1, "category_id": 9, "bbox": [1, 2, 300, 4]}]}, "leaves the picture"),
        ({"annotations": [{"id": 5, "image_id": 1, "category_id": 9, "bbox": [1, 2, 3, 0]}]}, "no area"),
        (
            {"annotations": [{"id": 5, "image_id": 1, "category_id": 9, "bbox": [1, 2, 3]}]},
            "annotation 5: bbox: found",
        ),
        ({"annotations": [{"id": 5, "image_id": 1, "category_id": 9, "bbox": [1, 2, 3, 4], "iscrowd": 1}]}, "crowd"),
    ],
)
def test_every_contradiction_is_an_error(tmp_path: Path, change: dict, message: str) -> None:
    (tmp_path / "coco.json").write_text(json.dumps(content_of(tmp_path) | change))
    with pytest.raises(DatasetError, match=message):
        read_coco(tmp_path / "coco.json", tmp_path, NAMES, anywhere)


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_what_is_not_coco_is_said_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "coco.json").write_text(text)
    with pytest.raises(DatasetError, match="not COCO detection labels"):
        read_coco(tmp_path / "coco.json", tmp_path, NAMES, anywhere)
