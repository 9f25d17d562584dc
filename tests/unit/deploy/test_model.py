"""`partsight.load`: pictures as people have them, results as people use them."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

import partsight
from partsight.deploy.model import as_image
from partsight.errors import DatasetError, ModelError, SourceError
from tests.unit.deploy.conftest import LOW, NAMES


@pytest.fixture(scope="module")
def model(model_path):
    return partsight.load(model_path, threads=1)


def test_array_file_and_pillow_picture_give_the_same(model, picture, tmp_path):
    Image.fromarray(picture).save(tmp_path / "a.png")
    given = (picture, tmp_path / "a.png", str(tmp_path / "a.png"), Image.fromarray(picture))
    results = [model.detect(one, max_detections=20) for one in given]
    assert len(results[0]) > 0
    for found in results[1:]:
        np.testing.assert_array_equal(found.detections.boxes_xyxy, results[0].detections.boxes_xyxy)


def test_found_parts_know_their_names_and_come_best_first(model, picture):
    found = list(model.detect(picture, threshold=LOW))
    assert all(part.name == NAMES[part.class_id] for part in found)
    assert [part.score for part in found] == sorted((part.score for part in found), reverse=True)
    assert model.card(0).description == "Four corners"


def test_the_threshold_of_the_folder_holds_unless_another_is_given(model, picture):
    assert model.threshold == LOW
    assert len(model.detect(picture)) > 0
    assert len(model.detect(picture, threshold=0.99)) == 0


def test_a_model_with_a_threshold_for_each_class_reports_by_it(model, picture):
    plain = model.detect(picture).detections
    description = model.description.model_copy(update={"class_thresholds": (0.99, LOW)})
    own = dataclasses.replace(model, folder=dataclasses.replace(model.folder, description=description))
    found = own.detect(picture).detections
    assert set(plain.class_ids.tolist()) == {0, 1}
    assert set(found.class_ids.tolist()) == {1}
    assert len(found.scores) == (plain.class_ids == 1).sum()
    assert len(own.detect(picture, threshold=LOW)) == len(plain.scores)


def test_a_picture_lies_as_its_exif_data_say(tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture).save(tmp_path / "turned.png", exif=exif)
    assert as_image(tmp_path / "turned.png").shape == (173, 91, 3)
    with Image.open(tmp_path / "turned.png") as opened:
        assert as_image(opened).shape == (173, 91, 3)


@pytest.mark.parametrize(
    "wrong", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8), None, 3]
)  # fmt: skip
def test_what_is_no_rgb_picture_is_refused(model, wrong):
    with pytest.raises(SourceError, match="red, green, blue"):
        model.detect(wrong)


def test_a_missing_picture_or_folder_is_named(model, tmp_path):
    with pytest.raises(DatasetError, match=r"none\.jpg"):
        model.detect(tmp_path / "none.jpg")
    with pytest.raises(ModelError, match="partsight export"):
        partsight.load(tmp_path)


def test_detections_go_to_supervision_with_their_names(model, picture):
    supervision = pytest.importorskip("supervision")
    found = model.detect(picture, threshold=LOW)
    converted = found.to_supervision()
    assert isinstance(converted, supervision.Detections)
    np.testing.assert_allclose(converted.xyxy, found.detections.boxes_xyxy, atol=1e-3)
    assert converted.data["class_name"].tolist() == [part.name for part in found]
    empty = model.detect(picture, threshold=0.99).to_supervision()
    assert len(empty) == 0


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="lod"):
        partsight.lod  # noqa: B018
