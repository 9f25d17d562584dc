"""Rules of Label Studio's video boxes."""

import json

import pytest
from PIL import Image

from tests.unit.labels.test_exchange import judged


def key(frame, x, *, enabled=True):
    return {"frame": frame, "enabled": enabled, "rotation": 0, "x": x, "y": 10, "width": 20, "height": 30, "time": 0}


def export(folder, keys, names=("walk-0", "walk-100", "walk-200", "walk-400"), **changes):
    value = {"framesCount": 10, "duration": 1.0, "sequence": keys, "labels": ["QF"], **changes}
    result = {"id": "a1", "type": "videorectangle", "from_name": "box", "to_name": "video", "value": value}
    task = {"id": 7, "data": {"video": "/data/upload/1/3f2b9c1e-walk.mp4"}, "annotations": [{"result": [result]}]}
    (folder / "export").mkdir()
    (folder / "export" / "project.json").write_text(json.dumps([task]))
    (folder / "frames").mkdir()
    for name in names:
        Image.new("RGB", (200, 100)).save(folder / "frames" / f"{name}.jpg")
    return folder / "export", folder / "frames"


def boxes(folder, keys, **more):
    found = judged(*export(folder, keys, **more))
    return {picture.name: [label.box_xyxy for label in picture.labels] for picture in found.pictures}


def test_boxes_move_evenly_between_key_frames_that_count_from_one(tmp_path):
    found = boxes(tmp_path, [key(1, 0), key(3, 20)])
    assert found["walk-0"] == [pytest.approx((0, 10, 40, 40))]
    assert found["walk-100"] == [pytest.approx((20, 10, 60, 40))]
    assert found["walk-400"] == [pytest.approx((40, 10, 80, 40))]


def test_a_box_switched_off_is_gone_until_the_next_key_frame(tmp_path):
    found = boxes(tmp_path, [key(1, 0), key(2, 0, enabled=False), key(5, 40)])
    assert [len(found[name]) for name in ("walk-0", "walk-100", "walk-200", "walk-400")] == [1, 1, 0, 1]


def test_frames_counted_by_number_are_read_too(tmp_path):
    assert boxes(tmp_path, [key(1, 0), key(3, 20)], names=["frame_000001"])["frame_000001"] == [
        pytest.approx((20, 10, 60, 40))
    ]


def test_pictures_of_other_videos_are_left_alone(tmp_path):
    assert set(boxes(tmp_path, [key(1, 0)], names=["walk-0", "other-0"])) == {"walk-0"}


def test_a_video_without_frames_says_how_to_get_them(tmp_path):
    assert "photos add" in judged(*export(tmp_path, [key(1, 0)], names=["other-0"])).faults[0]


@pytest.mark.parametrize("changes", [{"duration": 0}, {"sequence": [{"frame": 1}]}, {"framesCount": None}])
def test_what_is_not_as_the_tool_writes_it_is_an_error_that_names_the_task(tmp_path, changes):
    assert "task 7: not as Label Studio writes it" in judged(*export(tmp_path, [key(1, 0)], **changes)).faults[0]
