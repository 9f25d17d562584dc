"""The recipe's dataset for other tools: other readers see what was traced, and a stopped export is carried on."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import binary_dilation, binary_erosion

from partsight.cli.app import run
from partsight.errors import CadError, DatasetError, RenderError
from partsight.labels.formats.rendered import mask_path
from partsight.labels.own_folders import read_yolo
from partsight.pipeline.delivery.datasets import export as exporting
from partsight.pipeline.delivery.datasets import picture as exporting_pictures
from partsight.pipeline.delivery.datasets.export import MANIFEST, export_dataset
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.inventory import list_folders
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.layers.stage import all_layers
from partsight.progress import Silence
from tests.pipeline.bop_reader import read_models, read_scene, scene_of_instance
from tests.unit.annotate.rasterizer import rasterize_depth

SPLITS = ("train", "val", "test")
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)  # of pycocotools with NumPy 2


@pytest.fixture(scope="module")
def pointed(finished):
    """The finished renders, with keypoints in the recipe: they change no render."""
    name, part = next(iter(finished.recipe.parts.items()))
    with_keypoints = part.but(keypoints={"middle": finished_center(finished, name), "coil": "COIL*"})
    recipe = finished.recipe.at({"parts": {**finished.recipe.parts, name: with_keypoints}})
    return Experiment(recipe, finished.workspace, Silence())


@pytest.fixture(scope="module")
def coco_folder(finished, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "coco"
    export_dataset(finished, "coco", folder)
    return folder


@pytest.fixture(scope="module")
def bop_folder(finished, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "bop"
    export_dataset(finished, "bop", folder)
    return folder


def finished_center(finished, name):
    from partsight.pipeline.stages.cad.stage import load_parts

    parts = finished.import_parts()
    center = load_parts(parts.folder, parts.files)[name][0].cad_center_m
    return [1000 * value for value in center]


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_coco_reads_every_mask_box_and_keypoint_as_it_was_traced(pointed, finished, tmp_path):
    coco = pytest.importorskip("pycocotools.coco")
    assert pointed.graph.renders.key == finished.graph.renders.key, "keypoints make no picture anew"
    found = export_dataset(pointed, "coco", tmp_path / "coco")
    samples = {sample.sample_id: sample for sample in pointed.render().dataset}
    num_labels = 0
    for split in SPLITS:
        read = coco.COCO(str(tmp_path / "coco" / "annotations" / f"instances_{split}.json"))
        for image in read.imgs.values():
            assert (tmp_path / "coco" / split / image["file_name"]).is_file()
            sample = samples[image["sample_id"]]
            annotations = read.loadAnns(read.getAnnIds(image["id"]))
            assert len(annotations) == len(sample.instances)
            for annotation, instance in zip(annotations, sample.instances, strict=True):
                np.testing.assert_array_equal(read.annToMask(annotation) > 0, instance.mask)
                assert read.cats[annotation["category_id"]]["name"] == instance.class_name
                assert ("keypoints" in annotation) == (annotation["category_id"] == 1)
            num_labels += len(annotations)
    assert (found.num_pictures, found.num_labels) == (10, num_labels)


@pytest.mark.slow
def test_supervision_reads_coco_masks_and_yolo_outlines_alike(finished, coco_folder, tmp_path):
    supervision = pytest.importorskip("supervision")
    export_dataset(finished, "yolo-seg", tmp_path / "seg")
    coco = supervision.DetectionDataset.from_coco(
        str(coco_folder / "train"), str(coco_folder / "annotations" / "instances_train.json")
    )
    outlines = supervision.DetectionDataset.from_yolo(
        str(tmp_path / "seg" / "images" / "train"), str(tmp_path / "seg" / "labels" / "train"),
        str(tmp_path / "seg" / "data.yaml"), force_masks=True,
    )  # fmt: skip
    by_name = {path.rpartition("/")[2]: labels for path, _, labels in outlines}
    samples = {sample.image_path.name: sample for sample in finished.render().dataset}
    stems = {sample.sample_id: name for name, sample in samples.items()}
    compared = 0
    for path, _, labels in coco:
        name = path.rpartition("/")[2]
        sample = samples[stems[name.rpartition(".")[0]]]
        for place, instance in enumerate(sample.instances):
            np.testing.assert_array_equal(labels.mask[place], instance.mask)
            near = binary_dilation(instance.mask, np.ones((3, 3)))
            drawn = by_name[name].mask[place]
            assert np.count_nonzero(drawn & ~near) <= 0.02 * drawn.sum() + 4, "but for bridges to holes and pieces"
            assert not (binary_erosion(instance.mask, np.ones((3, 3))) & ~drawn).any()
            compared += 1
    assert compared > 5


@pytest.mark.parametrize("target", ["yolo", "yolo-seg", "yolo-pose"])
def test_our_own_reader_finds_the_same_boxes_in_every_kind_of_yolo_file(pointed, tmp_path, target):
    export_dataset(pointed, target, tmp_path / target)
    found = read_yolo(tmp_path / target, pointed.recipe.class_names, lambda path: path)
    stated = {sample.sample_id: sample for sample in pointed.render().dataset}
    for sample in found:
        expected = stated[sample.image_path.stem]
        np.testing.assert_allclose(sample.boxes_xyxy, expected.boxes_xyxy, atol=1e-3)
        np.testing.assert_array_equal(sample.class_ids, expected.class_ids)
    assert len(found) == len(stated)


def test_a_bop_reader_finds_models_that_drawn_at_their_poses_give_masks_and_depth(bop_folder):
    models = read_models(bop_folder / "models")
    pictures = read_scene(bop_folder / "train_pbr" / "000000")
    assert (bop_folder / "camera.json").is_file()
    chosen = [(one, place) for one in pictures for place, info in enumerate(one.infos) if info["visib_fract"] > 0.6][:2]
    assert len(chosen) == 2
    for picture, place in chosen:
        expected, depth_m = rasterize_depth(scene_of_instance(picture, place, models))
        whole, visible = picture.mask("mask", place), picture.mask("mask_visib", place)
        differing = whole != (expected == 0)
        edge = binary_dilation(whole, np.ones((3, 3))) & ~binary_erosion(whole, np.ones((3, 3)))
        assert not (differing & ~edge).any()
        assert differing.sum() <= 0.01 * whole.sum()
        both = visible & (expected == 0)
        limit = 0.1 + 1e-3 * depth_m[both] * 1000 + picture.camera["depth_scale"] / 2
        assert (np.abs(picture.depth_mm[both] - depth_m[both] * 1000) <= limit).all()
        info = picture.infos[place]
        assert info["px_count_visib"] == visible.sum()
        assert info["visib_fract"] == pytest.approx(visible.sum() / info["px_count_all"])
        left, top, width, height = info["bbox_visib"]
        assert visible[top : top + height, left : left + width].sum() == visible.sum()


def test_bop_models_are_in_millimeters_with_their_diameter_and_extent(bop_folder):
    for mesh, info in read_models(bop_folder / "models").values():
        low, high = mesh.bounds
        np.testing.assert_allclose([info[f"min_{axis}"] for axis in "xyz"], low, atol=1e-3)
        np.testing.assert_allclose([info[f"size_{axis}"] for axis in "xyz"], high - low, atol=1e-3)
        assert (high - low).max() <= info["diameter"] <= np.linalg.norm(high - low)
        assert 100 < info["diameter"] < 2000, "the samples are about half a meter"


@pytest.mark.slow
def test_bop_pictures_through_a_lens_are_straightened_and_labels_fit_them(smoke, tmp_path):
    recipe = smoke.at({"randomize.camera.distortion": [-0.15, -0.15], "randomize.placement": "scatter"})
    recipe = recipe.at({"render.count": 4, "dataset.render_validation_share": 0.25, "dataset.render_test_share": 0.25})
    experiment = Experiment(recipe, Workspace(tmp_path / "runs"), Silence())
    found = export_dataset(experiment, "bop", tmp_path / "bop")
    assert found.num_straightened == found.num_pictures == 4
    models = read_models(tmp_path / "bop" / "models")
    (picture, *_) = read_scene(tmp_path / "bop" / "train_pbr" / "000000")
    expected, _ = rasterize_depth(scene_of_instance(picture, 0, models))
    whole = picture.mask("mask", 0)
    assert np.mean(whole != (expected == 0)) < 0.01
    assert picture.rgb.shape[:2] == whole.shape


def test_keypoints_are_written_for_pose_trainers_and_wanted_there(pointed, finished, tmp_path):
    export_dataset(pointed, "yolo-pose", tmp_path / "pose")
    assert "kpt_shape" in (tmp_path / "pose" / "data.yaml").read_text()
    lines = [line for path in (tmp_path / "pose" / "labels").rglob("*.txt") for line in path.read_text().splitlines()]
    assert lines
    assert {len(line.split()) for line in lines} == {5 + 2 * 3}
    with pytest.raises(DatasetError, match="no class has keypoints"):
        export_dataset(finished, "yolo-pose", tmp_path / "none")


def test_a_keypoint_that_a_part_does_not_have_is_told_before_anything_is_written(finished, tmp_path):
    name, part = next(iter(finished.recipe.parts.items()))
    wrong = {**finished.recipe.parts, name: part.but(keypoints={"tip": "NO-SUCH-NODE*"})}
    experiment = Experiment(finished.recipe.at({"parts": wrong}), finished.workspace, Silence())
    with pytest.raises(CadError, match="no node matches 'NO-SUCH-NODE"):
        export_dataset(experiment, "coco", tmp_path / "coco")
    assert not (tmp_path / "coco").exists()


@pytest.mark.parametrize("target", ["coco", "bop"])
def test_an_export_that_was_stopped_is_carried_on_to_the_same_files(finished, request, tmp_path, monkeypatch, target):
    whole = request.getfixturevalue(f"{target}_folder")
    calls = []
    write = exporting_pictures._WRITERS[target]

    def stopping(job, picture, opened):
        calls.append(picture.sample_id)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return write(job, picture, opened)

    monkeypatch.setitem(exporting_pictures._WRITERS, target, stopping)
    with pytest.raises(KeyboardInterrupt):
        export_dataset(finished, target, tmp_path / "stopped")
    assert not json.loads((tmp_path / "stopped" / MANIFEST).read_text())["is_finished"]
    export_dataset(finished, target, tmp_path / "stopped")
    assert len(calls) == 11, "three finished, one stopped, seven after it and the stopped one again"
    assert files_of(tmp_path / "stopped") == files_of(whole)
    export_dataset(finished, target, tmp_path / "stopped")
    assert len(calls) == 11, "a finished export is found"


def test_a_folder_with_anything_else_is_left_as_it_is(finished, pointed, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(DatasetError, match="holds no export of ours"):
        export_dataset(finished, "coco", tmp_path / "mine")
    assert list(files_of(tmp_path / "mine")) == ["notes.txt"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DatasetError, match="holds no export of ours"):
        export_dataset(finished, "coco", tmp_path / "file")
    (tmp_path / "yolo").mkdir()
    (tmp_path / "yolo" / ".lock").touch()  # a kill in the first moment leaves no more
    export_dataset(finished, "yolo", tmp_path / "yolo")
    before = files_of(tmp_path / "yolo")
    for experiment, target in ((finished, "coco"), (pointed, "yolo")):
        with pytest.raises(DatasetError, match=r"holds another export \(yolo\)"):
            export_dataset(experiment, target, tmp_path / "yolo")
    assert files_of(tmp_path / "yolo") == before


def test_a_folder_with_anything_else_is_refused_before_anything_is_rendered(smoke, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DatasetError, match="holds no export of ours"):
        export_dataset(Experiment(smoke, Workspace(tmp_path / "runs"), Silence()), "coco", tmp_path)
    assert not (tmp_path / "runs").exists()


def test_a_scene_that_is_not_what_was_drawn_is_refused(finished, tmp_path):
    workspace = Workspace(tmp_path / "runs")
    shutil.copytree(finished.workspace.root, workspace.root)
    experiment = Experiment(finished.recipe, workspace, Silence())
    sample = next(sample for sample in experiment.render().dataset if len(sample.class_ids))
    masks = mask_path(sample.label_path)
    changed = np.asarray(Image.open(masks)).copy()
    changed[:5] = 1
    Image.fromarray(changed).save(masks)
    with pytest.raises(RenderError, match="cannot be made again as it was drawn"):
        export_dataset(experiment, "coco", tmp_path / "coco")


@pytest.mark.slow
def test_photos_with_parts_are_left_out_where_masks_are_wanted_and_boxes_take_them(finished, tmp_path):
    photos = tmp_path / "photos"
    for place, label in enumerate(["0 0.5 0.5 0.2 0.2\n", ""]):
        for kind in ("images", "labels"):
            (photos / kind / "walk").mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 40), (place, 0, 0)).save(photos / "images" / "walk" / f"{place}.png")
        (photos / "labels" / "walk" / f"{place}.txt").write_text(label)
    (photos / "classes.txt").write_text("QF\nSD\n")
    recipe = finished.recipe.at({"photos.folder": photos, "photos.train": ["walk"]}).at(
        "dataset.photos_per_class", "all"
    )
    experiment = Experiment(recipe, finished.workspace, Silence())
    for target, num_left_out in (("yolo", 0), ("yolo-seg", 1), ("coco", 1)):
        found = export_dataset(experiment, target, tmp_path / target)
        assert (found.num_left_out, found.num_pictures) == (num_left_out, 12 - num_left_out)
    assert export_dataset(experiment, "bop", tmp_path / "bop").num_pictures == 10


def test_unknown_formats_are_named(finished, tmp_path):
    with pytest.raises(DatasetError, match="Known: coco, yolo, yolo-seg, yolo-obb, yolo-pose, bop"):
        export_dataset(finished, "kitti", tmp_path / "x")
    assert exporting.TARGETS


def test_layers_are_written_once_for_finished_renders_and_extend(finished, tmp_path):
    written = finished.write_layers("depth", "masks", "sub-parts", "normals")
    assert written.layers == ("masks", "sub-parts", "depth", "normals")
    for sample in written.dataset[:3]:
        assert sample.depth_m.shape == sample.normals.shape[:2] == sample.sub_parts.shape
        for instance in sample.instances:
            np.testing.assert_array_equal(instance.mask & instance.amodal_mask, instance.mask)
            assert (sample.sub_parts[instance.mask] >= 0).all()
    table = json.loads((written.folder / "sub-parts.json").read_text())
    assert {"class", "part", "sub-part"} == set(table[0])
    described = json.loads((written.folder / "poses" / "000000.json").read_text())
    steps = np.asarray(Image.open(written.folder / "depth" / "000000.png")).astype(float)
    depth_mm = np.where(np.isfinite(written.dataset[0].depth_m), written.dataset[0].depth_m, 0) * 1000
    fits = depth_mm / described["depth_step_mm"] < 65535
    np.testing.assert_allclose(
        (steps * described["depth_step_mm"])[fits], depth_mm[fits], atol=0.51 * described["depth_step_mm"]
    )
    reached = {(one.name, one.key) for one in all_layers(finished.graph.renders)}
    (listed,) = (
        one for one in list_folders(finished.workspace, all_layers(finished.graph.renders)) if one.stage == "layers"
    )
    assert listed.is_reached, "what a recipe's layers are is not offered for deletion"
    assert (listed.stage, listed.key) in reached
    with pytest.raises(DatasetError, match="shadows: unknown layer"):
        finished.write_layers("shadows")


def test_the_command_exports_and_says_what_it_wrote(finished, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    recipe = tmp_path / "recipe.toml"
    source = (finished.recipe._origin.folder / "smoke.toml").read_text()
    recipe.write_text(source.replace("../src", str(finished.recipe._origin.folder.parent / "src")))
    where = ["--recipe", str(recipe), "--runs", str(finished.workspace.root)]
    kept = ["--set", "render.variant=scalar_rgb", "--set", "render.workers=1"]
    assert run(["dataset", "export", "--to", "yolo-obb", "--out", str(tmp_path / "obb"), *where, *kept]) == 0
    assert "10 pictures with" in capsys.readouterr().out
    assert (tmp_path / "obb" / "data.yaml").is_file()
