"""Training on crops: renders are drawn larger, photos are cut, whole photos are looked at with a larger input."""

import numpy as np
import pytest
from PIL import Image as Pillow

from partsight.detector.detector import open_family
from partsight.pictures import read_picture
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.photos.check import check_photos
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.camera_ranges import for_rendering
from partsight.pipeline.stages.dataset.cropping import seen_in_crops
from partsight.pipeline.stages.dataset.photo_splits import read_splits
from partsight.pipeline.stages.train.stage import TrainStage
from partsight.progress import Silence

SIDE = 36


def write_photos(folder, class_names):
    """Two sessions of four photos of 200 × 120 pixels with three bright squares each, one of them cut by the photo's border."""
    rng = np.random.default_rng(0)
    (folder / "classes.txt").parent.mkdir(parents=True)
    (folder / "classes.txt").write_text("\n".join(class_names))
    for session in ("monday", "tuesday"):
        for number in range(4):
            pixels = rng.integers(0, 60, (120, 200, 3), dtype=np.uint8)
            lines = []
            for class_id, (left, top) in enumerate([(10, 10), (90, 50), (170, 70)]):
                right, bottom = min(left + SIDE, 200), top + SIDE
                pixels[top:bottom, left:right] = 250
                center = (left + right) / 400, (top + bottom) / 240
                lines.append(f"{class_id % 2} {center[0]} {center[1]} {(right - left) / 200} {(bottom - top) / 120}\n")
            for kind in ("images", "labels"):
                (folder / kind / session).mkdir(parents=True, exist_ok=True)
            Pillow.fromarray(pixels).save(folder / "images" / session / f"{number}.png")
            (folder / "labels" / session / f"{number}.txt").write_text("".join(lines))


@pytest.fixture
def cropped(smoke, tmp_path):
    """The smoke recipe with photos, and crops of half their width."""
    write_photos(tmp_path / "photos", smoke.class_names)
    photos = smoke.photos.but(folder=tmp_path / "photos", train=("monday",), validation=("tuesday",))
    return smoke.at({"photos": photos, "dataset.photos_per_class": "all", "train.crop": 0.5, "train.epochs": 1})


def test_renders_show_parts_larger(smoke, cropped):
    whole, near = smoke.randomize.camera, for_rendering(cropped, lambda: read_splits(cropped)).randomize.camera
    assert near.object_size == pytest.approx([2 * size for size in whole.object_size])
    assert near.focal == pytest.approx([2 * length for length in whole.focal])
    assert for_rendering(smoke, lambda: read_splits(smoke)) is smoke


def test_the_edge_of_a_crop_is_distorted_less(smoke):
    camera = smoke.randomize.camera.but(distortion=(-0.08, 0.04))
    assert seen_in_crops(camera, 0.5).distortion == pytest.approx((-0.02, 0.01))


def test_photos_are_cut_and_evaluated_whole(cropped, finished):
    experiment = Experiment(cropped, finished.workspace, Silence())
    dataset = experiment.assemble()
    folder = dataset.data_yaml.parent
    assert {sample.size_wh for sample in dataset.splits.validation.samples} == {(200, 120)}
    listed = (folder / "train.txt").read_text().split()
    assert len(listed) == dataset.num_listed
    cut = sorted((folder / "images").glob("*@*"))
    assert len(cut) == 2 * 4 * 3 * 2  # sessions, photos, columns, rows
    for path in cut:
        pixels = read_picture(path)
        is_bright = pixels.min(axis=2) > 150
        labels = (folder / "labels" / f"{path.stem}.txt").read_text().split("\n")[:-1]
        height, width = is_bright.shape
        assert (width, height) == (100, 100)
        labeled = np.zeros_like(is_bright)
        for line in labels:
            x, y, across, down = (float(share) * 100 for share in line.split()[1:])
            labeled[round(y - down / 2) : round(y + down / 2), round(x - across / 2) : round(x + across / 2)] = True
        assert not (labeled & ~is_bright).any()
        unlabeled = (is_bright & ~labeled).sum()
        assert unlabeled < 2 * 0.25 * SIDE**2 + 1  # slivers, of at most two squares
    checkpoint = experiment.train().checkpoint
    family = open_family(checkpoint.family)
    assert family.load(checkpoint, 1).image_size == 2 * cropped.train.image_size
    evaluation = experiment.evaluate()
    assert len(evaluation.detections) == len(dataset.splits.test.samples)


def test_another_crop_is_another_training_only_by_its_dataset(smoke, cropped, tmp_path):
    whole = cropped.at("train.crop", 1.0)
    (one, other) = (Experiment(recipe, Workspace(tmp_path), Silence()).graph.dataset for recipe in (whole, cropped))
    assert one.key != other.key
    assert TrainStage(whole, one).key == TrainStage(cropped, one).key


def test_inputs_for_whole_photos_are_multiples_of_the_stride(smoke):
    sizes = {share: smoke.train.but(image_size=480, crop=share).detect_size for share in (1, 0.7, 0.5)}
    assert sizes == {1: 480, 0.7: 672, 0.5: 960}


def small_parts(recipe, workspace):
    found = check_photos(Experiment(recipe, workspace, Silence()), with_gaps=False).findings
    return [finding.message for finding in found if finding.kind == "small parts"]


def test_small_parts_are_told_with_a_crop_that_helps(cropped, tmp_path):
    workspace = Workspace(tmp_path / "runs")
    whole = cropped.at({"train.crop": 1.0, "train.image_size": 128})
    (message,) = small_parts(whole, workspace)  # 36 of 200 pixels: 23 of 128
    assert "100% of 24 parts are shorter than 32 px" in message
    advised = float(message.split("train.crop = ")[1].split(",")[0])
    helped = whole.at("train.crop", advised)
    assert small_parts(helped, workspace) == []
    large = whole.at("train.image_size", 640)
    assert small_parts(large, workspace) == []


def test_test_photos_advise_nothing(cropped, tmp_path):
    photos = cropped.photos.but(train=(), validation=(), test=("monday", "tuesday"))
    whole = cropped.train.but(crop=1.0, image_size=128)
    assert small_parts(cropped.but(photos=photos, train=whole), Workspace(tmp_path / "runs")) == []


def test_gaps_compare_crops_and_speak_of_whole_photos(cropped, finished):
    gaps = {
        gap.name: gap for gap in check_photos(Experiment(cropped, finished.workspace, Silence()), with_gaps=True).gaps
    }
    assert gaps["objects a picture"].num_photos > 12  # more crops than photos
    assert gaps["object size"].photos[2] == pytest.approx(SIDE / 200)
