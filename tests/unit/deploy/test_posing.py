"""Poses beside detections: in the model folder, in files for other programs, from frame to frame."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from partsight.cli.app import app
from partsight.deploy.description import ModelDescription
from partsight.deploy.model_folder import read_model_folder, shape_entry, write_description
from partsight.deploy.posing import PosedPicture, Poser
from partsight.deploy.records import Record, as_csv, as_json
from partsight.errors import ModelError, SourceError
from partsight.pose.finding import FoundPose
from partsight.pose.metrics import rotation_error_deg
from partsight.pose.optics import Calibration, KnownCamera
from partsight.pose.shapes.shape_file import write_shape
from partsight.structures.detections import Detections
from partsight.structures.world.camera import centered_intrinsics
from partsight.structures.world.transform import quaternion_wxyz, rigid, rotation_about
from tests.unit.pose.scenes import INTRINSICS, block_part, block_shape, picture_of

TURNED = rigid(rotation_about([0, 0, 1], 90), [0.1, -0.2, 1.5])
CAMERA = KnownCamera(centered_intrinsics((64, 48), 60.0), "EXIF", 0.05)
FOUND = Detections([[1.25, 2, 30.5, 40], [0, 0, 10, 10]], [0.9, 0.5], [0, 1])
POSED = Record(
    "a.jpg", None, None, (64, 48), FOUND, PosedPicture(CAMERA, (FoundPose(TURNED, 0.61), None), (None, None))
)
PLAIN = Record("a.jpg", None, None, (64, 48), FOUND)
NAMES = ("square", "disc")


def test_json_has_the_pose_of_each_part_and_what_is_known_of_the_camera():
    (picture,) = json.loads(as_json([POSED], NAMES))["pictures"]
    assert picture["camera"] == {
        "focal_px": 60.0, "principal_point_px": [32.0, 24.0], "source": "EXIF", "focal_error": 0.05,
    }  # fmt: skip
    first, second = (part["pose"] for part in picture["parts"])
    np.testing.assert_allclose(first["camera_from_part"], TURNED, atol=1e-6)
    assert (first["fit"], second) == (0.61, None)


def test_csv_has_position_and_quaternion_and_is_empty_where_no_pose_was_found():
    first, second = csv.DictReader(io.StringIO(as_csv([POSED], NAMES)))
    position = [float(first[name]) for name in ("x_m", "y_m", "z_m")]
    np.testing.assert_allclose(position, [0.1, -0.2, 1.5])
    turn = [float(first[name]) for name in ("qw", "qx", "qy", "qz")]
    np.testing.assert_allclose(turn, [np.sqrt(0.5), 0, 0, np.sqrt(0.5)], atol=1e-6)
    assert (first["focal_px"], second["z_m"], second["class"]) == ("60.0", "", "disc")


def test_nothing_about_poses_is_written_where_they_were_not_asked_for():
    assert "pose" not in as_json([PLAIN], NAMES)
    assert "x_m" not in as_csv([PLAIN], NAMES)


@pytest.mark.parametrize("angle_deg", [0, 1e-7, 90, 179.999, 180])
def test_quaternions_turn_as_their_rotations_do(angle_deg):
    axis = np.array([0.6, 0.0, -0.8])
    w, *vector = quaternion_wxyz(rotation_about(axis, angle_deg))
    half = np.radians(angle_deg) / 2
    assert w == pytest.approx(np.cos(half), abs=1e-9)
    np.testing.assert_allclose(np.abs(vector), np.abs(axis) * np.sin(half), atol=1e-9)


@pytest.fixture
def folder(model_path, tmp_path):
    """A model folder with a shape for its first class."""
    path = shutil.copytree(model_path, tmp_path / "model")
    (path / "shapes").mkdir()
    write_shape(block_shape(), path / "shapes" / "square.npz")
    described = read_model_folder(path).description
    square, disc = described.parts
    parts = (square.model_copy(update={"shape": shape_entry(path, path / "shapes" / "square.npz")}), disc)
    write_description(path, described.model_copy(update={"parts": parts}))
    return path


def change(folder, edit):
    content = json.loads((folder / "model.json").read_text())
    edit(content)
    (folder / "model.json").write_text(json.dumps(content))


def test_shapes_are_read_from_a_copied_folder_and_a_class_may_have_none(folder):
    square, disc = read_model_folder(folder).shapes()
    assert (len(square.triangles), disc) == (36, None)


def test_a_folder_without_shapes_says_that_it_has_to_be_exported_again(model_path):
    with pytest.raises(ModelError, match="Export the model again"):
        read_model_folder(model_path).shapes()


def test_a_shape_of_another_export_is_refused(folder):
    write_shape(block_shape([((0.1, 0.1, 0.1), (0, 0, 0))]), folder / "shapes" / "other.npz")
    shutil.move(folder / "shapes" / "other.npz", folder / "shapes" / "square.npz")
    with pytest.raises(ModelError, match="not the file that was exported"):
        read_model_folder(folder).shapes()


def test_a_shape_that_was_given_to_another_class_is_refused(folder):
    def swap(content):
        content["parts"][1]["shape"] = content["parts"][0].pop("shape")

    change(folder, swap)
    with pytest.raises(ModelError, match="shapes were changed after the export"):
        read_model_folder(folder)


@pytest.mark.parametrize("path", ["../shape.npz", "/shape.npz", "shapes/none.npz"])
def test_a_shape_elsewhere_or_missing_is_refused(folder, path):
    change(folder, lambda content: content["parts"][0]["shape"].update(path=path))
    with pytest.raises(ModelError, match=r"inside the folder|missing"):
        read_model_folder(folder)


def test_versions_that_know_no_shapes_open_the_folder(folder, model_path):
    """They check `binding`, which has to be the same with and without shapes."""
    with_shapes, without = (
        ModelDescription.model_validate_json((p / "model.json").read_bytes()) for p in (folder, model_path)
    )
    assert with_shapes.binding == without.binding
    assert with_shapes.format == without.format


def test_a_calibration_without_poses_is_refused_since_it_would_change_nothing(model_path, tmp_path):
    ended = CliRunner().invoke(app, ["detect", str(model_path), str(tmp_path), "--calibration", "camera.json"])
    assert isinstance(ended.exception, SourceError)
    assert "give `pose`" in str(ended.exception)


def test_frames_are_followed_and_pictures_are_not():
    poser = Poser((block_shape(), None), Calibration(Path("camera.json"), INTRINSICS))
    first, box, _ = picture_of(block_part(), (0.5, -0.4, 0.35))
    second, next_box, truth = picture_of(block_part(), (0.52, -0.37, 0.355))
    frame = lambda box: Detections([box, [5, 5, 60, 60]], [0.9, 0.8], [0, 1])  # noqa: E731
    poser.pose(first, frame(box), is_frame=True)
    posed = poser.pose(second, frame(next_box), is_frame=True)
    assert rotation_error_deg(posed.poses[0].camera_from_part, truth, np.eye(4)[None]) < 3
    assert (posed.poses[1], posed.outlines[1]) == (None, None), "a class without a shape has no pose"
    assert posed.outlines[0].lines.shape[1:] == (2, 2)
