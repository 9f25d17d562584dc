"""What was found, for other programs: written, read back, the same."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from partsight.deploy.records import Record, as_coco, as_csv, as_json, as_json_lines, write_records
from partsight.errors import SourceError
from partsight.labels.own_folders import read_coco
from partsight.structures.detections import Detections
from partsight.structures.mask import Mask
from partsight.structures.polygon import fill_polygon

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


def masked_photo():
    """A ring of pixels in the first box, nothing in the second."""
    pixels = np.zeros((48, 64), bool)
    pixels[2:40, 2:30] = True
    pixels[10:20, 10:20] = False
    masks = (Mask.of(pixels), Mask.of(np.zeros((48, 64), bool)))
    return Record("hall/a.jpg", None, None, (64, 48), replace(FOUND, masks=masks)), pixels


def test_json_holds_the_ways_around_the_pixels_of_parts():
    photo, pixels = masked_photo()
    first, second = json.loads(as_json([photo], NAMES))["pictures"][0]["parts"]
    ways = [fill_polygon(np.array(way), (64, 48)) for way in first["outlines"]]
    np.testing.assert_array_equal(ways[0] & ~ways[1], pixels)
    assert second["outlines"] == []


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_coco_holds_masks_that_its_own_tools_read():
    coco_masks = pytest.importorskip("pycocotools.mask")
    photo, pixels = masked_photo()
    first, second = json.loads(as_coco([photo], NAMES))["annotations"]
    np.testing.assert_array_equal(coco_masks.decode(first["segmentation"]), pixels)
    assert (first["area"], second["area"]) == (pixels.sum(), 0)
