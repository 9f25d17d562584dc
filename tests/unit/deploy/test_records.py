"""What was found, for other programs: written, read back, the same."""

import csv
import io
import json

import numpy as np
import pytest

from partsight.deploy.records import Record, as_coco, as_csv, as_json, as_json_lines, write_records
from partsight.errors import SourceError
from partsight.labels.own_folders import read_coco
from partsight.structures.detections import Detections

NAMES = ("QF", 'odd "name", with comma')
FOUND = Detections([[1.25, 2, 30.5, 40], [0, 0, 10, 10]], [0.91, 0.5], [1, 0])
PHOTO = Record("hall/a.jpg", None, None, (64, 48), FOUND)
FRAME = Record("walk.mp4", 12, 0.4, (64, 48), Detections(np.empty((0, 4)), [], []))


def test_json_holds_every_picture_also_without_parts():
    content = json.loads(as_json([PHOTO, FRAME], NAMES))
    assert content["class_names"] == list(NAMES)
    first, second = content["pictures"]
    assert first["parts"][0] == {"class": NAMES[1], "score": 0.91, "box_xyxy": [1.25, 2.0, 30.5, 40.0]}
    assert "frame" not in first
    assert (second["frame"], second["time_s"], second["parts"]) == (12, 0.4, [])


def test_json_lines_are_the_pictures_of_the_json_one_a_line():
    lines = as_json_lines([PHOTO, FRAME], NAMES).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(as_json([PHOTO, FRAME], NAMES))["pictures"]


def test_csv_has_one_line_for_each_part_and_survives_odd_names():
    rows = list(csv.DictReader(io.StringIO(as_csv([PHOTO, FRAME], NAMES))))
    assert [row["class"] for row in rows] == [NAMES[1], NAMES[0]]
    assert (rows[0]["source"], rows[0]["frame"], rows[0]["left"]) == ("hall/a.jpg", "", "1.25")


def test_coco_is_read_back_as_the_boxes_that_were_found(tmp_path):
    from PIL import Image

    (tmp_path / "hall").mkdir()
    Image.new("RGB", (64, 48)).save(tmp_path / "hall" / "a.jpg")
    write_records([PHOTO], NAMES, "coco", tmp_path / "found.json")
    read = read_coco(tmp_path / "found.json", tmp_path, NAMES, session_of=lambda _: "one")
    np.testing.assert_allclose(read.samples[0].boxes_xyxy, FOUND.boxes_xyxy)
    assert read.samples[0].class_ids.tolist() == [1, 0]
    assert json.loads(as_coco([PHOTO], NAMES))["annotations"][0]["score"] == 0.91


def test_frames_of_a_video_have_names_of_their_own():
    other = Record("walk.mp4", 13, 0.5, (64, 48), FOUND)
    names = [image["file_name"] for image in json.loads(as_coco([FRAME, other], NAMES))["images"]]
    assert names == ["walk.mp4#12", "walk.mp4#13"]


def test_an_unknown_kind_is_named(tmp_path):
    with pytest.raises(SourceError, match="xml"):
        write_records([PHOTO], NAMES, "xml", tmp_path / "found.xml")
