"""Masks, turned boxes, keypoints and layers of single pictures, read by other libraries."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from partsight.annotate.annotating import annotate_with_masks
from partsight.annotate.surface import trace_surface
from partsight.config.sections.annotate import AnnotateSection
from partsight.errors import DatasetError
from partsight.files import write_bytes, write_json
from partsight.labels.formats.exact.bop import camera_matrix, depth_step_mm, depth_steps
from partsight.labels.formats.exact.coco_instances import coco_annotations
from partsight.labels.formats.exact.layers import describe_masks, write_exr
from partsight.labels.formats.exact.yolo_tasks import turned_box, yolo_lines
from partsight.labels.formats.rendered import describe_render, encode_masks, label_path, mask_path
from partsight.labels.formats.run_lengths import packed_mask, unpacked_mask
from partsight.structures.mask import Mask
from partsight.structures.sample import Sample
from partsight.structures.traced.keypoint import SeenKeypoints
from partsight.structures.traced.picture_truth import PictureTruth
from partsight.structures.world.camera import project
from partsight.structures.world.part import PartRegion
from tests.unit.annotate.scenes import box_part, camera_at_origin, placed, random_scene, scene_of

EVERYTHING = AnnotateSection(min_visible_fraction=0.0, min_side_px=0.0)
SIZE = (96, 72)


def truth_of(scene, keypoints=None):
    traced = annotate_with_masks(scene, EVERYTHING, {"end": 4})
    keys = tuple(scene.instances[one.instance_id].part.key for one in traced.silhouettes)
    intrinsics, pose = scene.camera.intrinsics, scene.camera.world_from_camera
    return PictureTruth(intrinsics, pose, traced, keypoints or (None,) * len(keys), keys)


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (64, 80), (300, 400)])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_run_lengths_are_those_of_pycocotools_and_come_back(shape, share):
    coco = pytest.importorskip("pycocotools.mask")
    mask = np.random.default_rng(0).random(shape) < share
    packed = packed_mask(Mask.of(mask))
    assert packed["counts"] == coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    np.testing.assert_array_equal(unpacked_mask(packed).pixels, mask)


@pytest.mark.parametrize("seed", range(4))
def test_coco_annotations_hold_modal_and_amodal_masks_and_tight_boxes(seed):
    coco = pytest.importorskip("pycocotools.mask")
    truth = truth_of(random_scene(seed, SIZE))
    for annotation, (place, _) in zip(coco_annotations(truth, {}), truth.labels, strict=True):
        silhouette = truth.traced.silhouettes[place]
        for key, mask in (("segmentation", silhouette.visible), ("amodal_segmentation", silhouette.whole)):
            packed = {**annotation[key], "counts": annotation[key]["counts"].encode()}
            assert coco.area(packed) == np.count_nonzero(mask)
        packed = {**annotation["segmentation"], "counts": annotation["segmentation"]["counts"].encode()}
        assert coco.toBbox(packed).tolist() == annotation["bbox"]
        assert annotation["area"] == silhouette.label.num_visible_px


def test_keypoints_of_other_classes_are_not_there():
    scene = scene_of(camera_at_origin(SIZE, 80.0), placed(box_part((0.2, 0.2, 0.2)), (0, 0, 1), 1))
    seen = SeenKeypoints(("tip", "end"), np.array([[10.0, 20.0], [0, 0]]), np.array([2, 0]))
    truth = truth_of(scene, (seen,))
    (line,) = yolo_lines("yolo-pose", truth, ("other", "tip", "end")).splitlines()
    values = np.array(line.split()[5:], float).reshape(3, 3)
    np.testing.assert_allclose(values, [[0, 0, 0], [10 / 96, 20 / 72, 2], [0, 0, 0]], atol=1e-6)
    (annotation,) = coco_annotations(truth, {1: ("tip", "end")})
    assert annotation["keypoints"] == [10.0, 20.0, 2.0, 0.0, 0.0, 0.0]
    assert annotation["num_keypoints"] == 1


@pytest.mark.slow  # the trainer's library takes its time to load
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("target", ["yolo-seg", "yolo-obb", "yolo-pose"])
def test_ultralytics_takes_every_label_file(tmp_path, seed, target):
    """Its own check refuses a whole picture for one label outside of the borders, or of a wrong number of columns."""
    if find_spec("ultralytics") is None:
        pytest.skip("the extra [yolo] is not installed")
    from partsight.detector.families.ultralytics.library import open_library

    open_library()  # its quiet settings before anything else of it
    from ultralytics.data.utils import verify_image_label as check

    truth = truth_of(random_scene(seed, SIZE))
    text = yolo_lines(target, truth, ("tip",))
    from PIL import Image

    Image.new("RGB", SIZE).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text(text)
    is_pose = target == "yolo-pose"
    found = check((str(tmp_path / "a.png"), str(tmp_path / "a.txt"), "", is_pose, 10, 1 if is_pose else 0, 3, False))
    assert found[0] is not None, found[-1]
    assert len(found[1]) == len(truth.labels)


@pytest.mark.parametrize("seed", range(6))
def test_a_turned_box_holds_the_visible_pixels_and_is_no_larger_than_the_upright_one(seed):
    truth = truth_of(random_scene(seed, SIZE))
    for place, _ in truth.labels:
        silhouette = truth.traced.silhouettes[place]
        corners = turned_box(silhouette, SIZE)
        left, top, right, bottom = silhouette.label.box_xyxy
        sides = np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[3] - corners[0])
        assert np.prod(sides) <= (right - left) * (bottom - top) * (1 + 1e-9)
        rows, columns = np.nonzero(truth.full(silhouette, whole=False))
        for one, other in ((corners[0], corners[1]), (corners[0], corners[3])):
            along = (other - one) / np.linalg.norm(other - one)
            shares = (np.stack([columns, rows], axis=1) + 0.5 - one) @ along
            assert (shares > 0).all()
            assert (shares < np.linalg.norm(other - one)).all()


def test_bop_counts_pixels_from_the_center_of_the_first():
    scene = random_scene(2, SIZE)
    truth = truth_of(scene)
    points = np.random.default_rng(0).uniform(-0.1, 0.1, (20, 3))
    pixels, _ = project(scene.camera, points)
    camera = np.linalg.inv(scene.camera.world_from_camera)
    projected = (points @ camera[:3, :3].T + camera[:3, 3]) @ camera_matrix(truth).T
    np.testing.assert_allclose(projected[:, :2] / projected[:, 2:], pixels - 0.5, atol=1e-9)


@pytest.mark.parametrize(("farthest_m", "step"), [(0.5, 0.1), (6.5, 0.1), (6.6, 1.0), (60, 1.0)])
def test_depth_fits_into_16_bits_and_nothing_is_zero(farthest_m, step):
    assert depth_step_mm(farthest_m) == step
    depth_m = np.array([[farthest_m, np.inf, 1000.0]], np.float32)
    steps = depth_steps(depth_m, step)
    assert steps.dtype == np.uint16
    assert steps[0, 1:].tolist() == [0, 0]
    assert steps[0, 0] * step == pytest.approx(farthest_m * 1000, abs=step / 2 + 1e-3)


def sample_with_layers(folder, scene):
    traced = annotate_with_masks(scene, EVERYTHING, {"end": 4})
    annotation, path, layers = traced.annotation, label_path(folder, 7), folder / "layers"
    surface = trace_surface(scene, traced)
    write_bytes(mask_path(path), encode_masks(annotation))
    write_json(path, {"image": "000007.png", **describe_render(scene, annotation)})
    write_json(layers / "masks" / "000007.json", describe_masks(truth_of(scene)))
    write_exr(layers / "depth" / "000007.exr", {"Y": traced.depth_m})
    write_exr(
        layers / "normals" / "000007.exr", {name: surface.normals[..., place] for place, name in enumerate("RGB")}
    )
    boxes, ids = [one.box_xyxy for one in annotation.objects], [one.class_id for one in annotation.objects]
    names = ("QD", "QF", "SX", "SD", "end")
    size_wh = scene.camera.intrinsics.size_wh
    sample = Sample("a", folder / "a.png", size_wh, np.array(boxes), np.array(ids), "render", "a", names, path, layers)
    return sample, traced, surface


def test_layers_come_back_through_samples_as_they_were_traced(tmp_path):
    sample, traced, surface = sample_with_layers(tmp_path, random_scene(1, SIZE))
    np.testing.assert_array_equal(sample.depth_m, traced.depth_m)
    np.testing.assert_array_equal(sample.normals, surface.normals)
    assert sample.sub_parts is None, "that layer was not written"
    silhouettes = [one for one in traced.silhouettes if one.label is not None]
    for instance, silhouette in zip(sample.instances, silhouettes, strict=True):
        assert instance.mask.sum() == silhouette.visible.sum()
        assert instance.amodal_mask.sum() == silhouette.whole.sum()


def test_other_readers_of_exr_see_the_same_depth(tmp_path):
    openexr = pytest.importorskip("OpenEXR")
    _, traced, _ = sample_with_layers(tmp_path, random_scene(1, SIZE))
    with openexr.File(str(tmp_path / "layers" / "depth" / "000007.exr")) as file:
        np.testing.assert_array_equal(file.channels()["Y"].pixels, traced.depth_m)


def test_with_layers_a_sub_part_has_a_mask_of_its_own(tmp_path):
    halves = replace(
        box_part((0.4, 0.4, 0.1)),
        node_names=("body", "end"),
        node_ids=np.array([0] * 6 + [1] * 6),
        regions=(PartRegion("end", (1,)),),
    )
    scene = scene_of(camera_at_origin((200, 100), 100.0), placed(halves, (0.5, 0.3, 1)))
    sample, _, _ = sample_with_layers(tmp_path, scene)
    whole, end = sample.instances
    assert 0 < end.mask.sum() == end.num_visible_px < whole.mask.sum()
    assert not (end.mask & ~whole.mask).any()


def test_without_layers_there_are_none_and_damaged_ones_are_named(tmp_path):
    sample, _, _ = sample_with_layers(tmp_path, random_scene(1, SIZE))
    plain = replace(sample, layers_path=None)
    assert (plain.depth_m, plain.normals, plain.sub_parts, plain.instances[0].amodal_mask) == (None,) * 4
    (sample.layers_path / "depth" / "000007.exr").write_bytes(b"no picture")
    (sample.layers_path / "masks" / "000007.json").write_text("[]")
    with pytest.raises(DatasetError, match="not a readable layer"):
        _ = sample.depth_m
    with pytest.raises(DatasetError, match="not a readable layer"):
        _ = sample.instances[0].amodal_mask
