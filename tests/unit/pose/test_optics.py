"""What is known of a camera, and how well, is said; a calibration that cannot be is refused."""

import json

import numpy as np
import pytest
from PIL import Image

from partsight.errors import SourceError
from partsight.pose.optics import camera_of, read_calibration
from partsight.structures.world.camera import offsets_at, pixels_at

STATED = {"width": 640, "height": 480, "fx": 600.0, "fy": 602.0, "cx": 319.5, "cy": 239.5}


def written(tmp_path, **changed):
    path = tmp_path / "camera.json"
    path.write_text(json.dumps({**STATED, **changed}))
    return path


def photo(tmp_path, focal_35mm=None):
    exif = Image.Exif()
    if focal_35mm is not None:
        exif.get_ifd(0x8769)[0xA405] = focal_35mm
    Image.new("RGB", (360, 240)).save(tmp_path / "a.jpg", exif=exif)
    return tmp_path / "a.jpg"


def test_exif_gives_the_focal_length_by_the_diagonal_of_the_film(tmp_path):
    known = camera_of((360, 240), photo(tmp_path, 50))
    assert known.source == "EXIF"
    assert known.intrinsics.focal_px == pytest.approx(500, rel=1e-3)


@pytest.mark.parametrize("focal", [None, 0, 60_000])
def test_without_a_sound_focal_length_it_is_estimated_and_said_to_be_unsure(tmp_path, focal):
    known = camera_of((360, 240), photo(tmp_path, focal))
    assert (known.source, known.focal_error) == ("estimated", 0.25)


def test_a_calibration_goes_before_exif_and_serves_pictures_of_its_shape(tmp_path):
    calibration = read_calibration(written(tmp_path))
    known = camera_of((1280, 960), photo(tmp_path, 50), calibration)
    assert known.source == "camera.json"
    assert known.intrinsics.focal_px == pytest.approx(1202)
    assert known.intrinsics.principal_point_px == (640.0, 480.0)


@pytest.mark.parametrize("size_wh", [(480, 640), (640, 360)])
def test_pictures_that_were_turned_or_cut_are_refused(tmp_path, size_wh):
    with pytest.raises(SourceError, match="640 × 480"):
        camera_of(size_wh, None, read_calibration(written(tmp_path)))


@pytest.mark.parametrize("k1", [-0.2, 0.3])
def test_a_lens_is_bent_as_opencv_bends(tmp_path, k1):
    intrinsics = read_calibration(written(tmp_path, k1=k1)).intrinsics
    straight = np.array([[0.3, 0.2]])
    seen = straight * (1 + k1 * 0.13)
    np.testing.assert_allclose(pixels_at(intrinsics, straight), seen * 601 + [320, 240], atol=1e-6)
    np.testing.assert_allclose(offsets_at(intrinsics, pixels_at(intrinsics, straight)), straight, atol=1e-9)


@pytest.mark.parametrize(
    "changed",
    [{"fx": 0}, {"fx": 6}, {"fx": 900}, {"cx": -4}, {"cy": 500}, {"fy": "x"}, {"fx": float("nan")}, {"width": 0}, {"k1": -9}],
)  # fmt: skip
def test_a_calibration_that_no_camera_has_is_refused_with_its_name(tmp_path, changed):
    with pytest.raises(SourceError, match=r"camera\.json"):
        read_calibration(written(tmp_path, **changed))


@pytest.mark.parametrize("content", ["", "[]", "{}", "null"])
def test_what_is_no_calibration_is_refused_with_what_is_expected(tmp_path, content):
    path = tmp_path / "camera.json"
    path.write_text(content)
    with pytest.raises(SourceError, match="Expected a JSON object"):
        read_calibration(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"none\.json"):
        read_calibration(tmp_path / "none.json")
