"""Shapes: edges as they are seen, depths as rays find them, files that read back the same or are refused."""

import io
import json

import numpy as np
import pytest

from partsight.errors import ModelError
from partsight.pose.shapes.contours import see_contour
from partsight.pose.shapes.drawing import draw_shape, pixels_of
from partsight.pose.shapes.shape import shape_of
from partsight.pose.shapes.shape_file import read_shape, write_shape
from partsight.structures.world.scene import Instance
from partsight.structures.world.symmetry import Symmetry, SymmetryAxis
from partsight.structures.world.transform import moved, rigid, rotation_about
from tests.unit.annotate.rasterizer import rasterize_depth
from tests.unit.annotate.scenes import box_part, camera_at_origin, scene_of
from tests.unit.pose.scenes import block_part, block_shape

POSE = rigid(rotation_about([1, 0.4, 0.2], 40), [0.02, -0.01, 0.7])


def test_a_box_has_twelve_creases_and_is_closed():
    mesh = box_part((0.1, 0.2, 0.3)).mesh
    shape = shape_of(mesh.vertices_m, mesh.triangles)
    assert shape.is_crease.sum() == 12
    assert shape.is_closed
    assert shape.diameter_m == pytest.approx(np.sqrt(0.01 + 0.04 + 0.09))


@pytest.mark.parametrize("spoil", [lambda faces: faces[:-1], lambda faces: faces[:, ::-1]])
def test_a_mesh_with_a_hole_or_turned_inside_out_is_not_closed(spoil):
    mesh = box_part((0.1, 0.2, 0.3)).mesh
    assert not shape_of(mesh.vertices_m, spoil(mesh.triangles)).is_closed


def test_vertices_that_a_file_repeats_for_each_face_are_one():
    mesh = box_part((0.1, 0.2, 0.3)).mesh
    apart = mesh.vertices_m[mesh.triangles].reshape(-1, 3)
    shape = shape_of(apart, np.arange(len(apart)).reshape(-1, 3))
    assert (len(shape.vertices_m), len(shape.edges)) == (8, 18)


def test_a_shape_without_area_is_refused():
    with pytest.raises(ValueError, match="area"):
        shape_of(np.zeros((3, 3)), np.array([[0, 1, 2]]))


def test_depths_are_those_of_an_independent_rasterizer():
    part = block_part()
    camera = camera_at_origin((120, 120), 110.0)
    _, expected = rasterize_depth(scene_of(camera, Instance(part, POSE, part.materials, 0)))
    drawn = draw_shape(block_shape(), POSE, 110.0, 120).depth_m
    both = np.isfinite(expected) & np.isfinite(drawn)
    assert (np.isfinite(expected) != np.isfinite(drawn)).sum() <= 4
    assert np.abs(drawn[both] - expected[both]).max() < 2e-3


def test_the_contour_of_a_box_has_what_is_seen_of_its_edges_and_nothing_else():
    mesh = box_part((0.2, 0.2, 0.2)).mesh
    shape = shape_of(mesh.vertices_m, mesh.triangles)
    contour = see_contour(shape, POSE, 250.0, 160, 1.0)
    near_edge = np.sort(np.abs(np.abs(contour.points_m) - 0.1), axis=1)[:, 1]
    assert near_edge.max() < 1e-9, "every point lies on one of the twelve edges"
    pixels = pixels_of(moved(POSE, contour.points_m), 250.0, 160)
    outer = pixels[contour.is_outer]
    corners = pixels_of(moved(POSE, shape.vertices_m), 250.0, 160)
    np.testing.assert_allclose(outer.min(axis=0), corners.min(axis=0), atol=2)
    np.testing.assert_allclose(outer.max(axis=0), corners.max(axis=0), atol=2)
    hidden = shape.vertices_m[np.argmax(moved(POSE, shape.vertices_m)[:, 2])]
    assert np.linalg.norm(contour.points_m - hidden, axis=1).min() > 0.01, "the corner at the back is not seen"


def test_a_shape_reads_back_as_it_was_written(tmp_path):
    half = np.diag([-1.0, -1, 1, 1])
    symmetry = Symmetry(half[None], (SymmetryAxis(np.array([0, 0, 1.0]), np.zeros(3)),), 2, 1e-3, np.array([0, 0, 1.0]))
    mesh = block_part().mesh
    shape = shape_of(mesh.vertices_m, mesh.triangles, node_names=["ä 'b'"], symmetry=symmetry)
    write_shape(shape, tmp_path / "a.npz")
    again = read_shape(tmp_path / "a.npz")
    np.testing.assert_allclose(again.vertices_m, shape.vertices_m, atol=1e-7)
    np.testing.assert_array_equal(again.triangles, shape.triangles)
    assert again.node_names == shape.node_names
    assert again.symmetry.name == symmetry.name


def _file(**changed) -> bytes:
    stated = {
        "node_names": ["a"],
        "symmetry": {"discrete": [], "continuous": [], "order": 1, "tolerance_m": 0, "main_axis": None},
    }
    arrays = {
        "vertices_m": np.eye(3, dtype=np.float32), "triangles": np.array([[0, 1, 2]], np.int32), "node_ids": np.zeros(1, np.int32),
    }  # fmt: skip
    stated |= changed.pop("stated", {})
    names = changed.pop("names", np.frombuffer(json.dumps(stated).encode(), np.uint8))
    buffer = io.BytesIO()
    np.savez(buffer, names=names, **{**arrays, **changed})
    return buffer.getvalue()


def test_the_smallest_sound_file_is_read(tmp_path):
    (tmp_path / "a.npz").write_bytes(_file())
    assert len(read_shape(tmp_path / "a.npz").triangles) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 no archive",
        _file()[:200],
        _file(triangles=np.array([[0, 1, 3]], np.int32)),
        _file(triangles=np.array([[0, -1, 2]], np.int32)),
        _file(triangles=np.zeros((0, 3), np.int32), node_ids=np.zeros(0, np.int32)),
        _file(node_ids=np.ones(1, np.int32)),
        _file(vertices_m=np.full((3, 3), np.nan, np.float32)),
        _file(vertices_m=np.zeros((3, 3), np.float32)),
        _file(vertices_m=np.eye(3) * 1e9),
        _file(vertices_m=np.zeros((3, 2), np.float32)),
        _file(vertices_m=np.array([{"pickled": 1}], object)),
        _file(names=np.frombuffer(b"no json", np.uint8)),
        _file(stated={"symmetry": None}),
        _file(stated={"symmetry": {"discrete": [(np.eye(4) * 3).tolist()], "continuous": [], "order": 2, "tolerance_m": 0,
                                   "main_axis": None}}),
    ],
)  # fmt: skip
def test_what_is_no_shape_is_refused_with_its_name(tmp_path, content):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"a\.npz: not a shape"):
        read_shape(path)
