"""The compact family learns: boxes find their places, labels follow the pixels, a kill changes nothing."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partsight.config.sections.train import AugmentSection, TrainSection
from partsight.detector.detector import TrainJob, open_family
from partsight.errors import DetectorError
from partsight.structures.boxes import pairwise_iou
from tests.unit.detector.shapes import NAMES, SIDE, shape_picture, write_shapes

torch = pytest.importorskip("torch", reason="the extra [compact] is not installed")

from partsight.detector.families.compact.loss import Targets, complete_iou, detection_loss  # noqa: E402
from partsight.detector.families.compact.network import build_network, places  # noqa: E402
from partsight.detector.families.compact.pictures import Labeled, PictureSet, read_pictures, vary  # noqa: E402
from partsight.detector.families.compact.validation import validate  # noqa: E402

SECTION = TrainSection(
    family="compact", model="nano", weights="scratch", image_size=SIDE, epochs=3, batch=8, device="cpu", threads=1,
    augment=AugmentSection(mosaic=0.5, close_mosaic=1),
)  # fmt: skip
PLAIN = SECTION.but(augment=SECTION.augment.but(mosaic=0.0, hsv=(0.0, 0.0, 0.0), rotate_deg=0.0, flip=0.0, scale=0.0))


@pytest.fixture(scope="module")
def data_yaml(tmp_path_factory) -> Path:
    return write_shapes(tmp_path_factory.mktemp("data"), 32, 8)


def job(data_yaml, section, folder):
    return TrainJob(data_yaml, NAMES, section, 0, folder, section.batch)


def ignore(epoch, figures):
    """Track nothing."""


# --- what is learned ---------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_the_misfit_of_boxes_is_that_of_torchvision(seed):
    ops = pytest.importorskip("torchvision").ops
    generator = torch.Generator().manual_seed(seed)
    low = torch.rand(2, 40, 2, generator=generator) * 60
    boxes, others = torch.cat([low, low + 3 + torch.rand(2, 40, 2, generator=generator) * 40], dim=-1)
    torch.testing.assert_close(
        1 - complete_iou(boxes, others), ops.complete_box_iou_loss(boxes, others), atol=1e-5, rtol=0
    )


def answer_of(target_boxes, *, shift=0.0):
    """Return an answer in which every place says the first box that it lies in, and knows nothing of classes."""
    centers, strides = places((SIDE, SIDE), torch.zeros(1))
    boxes = torch.cat([centers - strides, centers + strides], dim=-1)
    for box in target_boxes:
        inside = ((centers > box[:2]) & (centers < box[2:])).all(dim=-1)
        boxes[inside] = box + shift
    return boxes[None].clone().requires_grad_(), torch.full((1, len(boxes), 2), -3.0, requires_grad=True)


def test_places_in_a_box_learn_its_class_and_the_others_learn_nothing_is_there():
    box = torch.tensor([16.0, 16, 48, 48])
    boxes, logits = answer_of([box])
    loss, _ = detection_loss(boxes, logits, [Targets(box[None], torch.tensor([1]))], (SIDE, SIDE))
    loss.backward()
    centers, _ = places((SIDE, SIDE), torch.zeros(1))
    rising = logits.grad[0, :, 1] < 0
    assert rising.sum() == 10
    assert ((centers[rising] > 16) & (centers[rising] < 48)).all()
    assert (logits.grad[0, :, 0] > 0).all()


def test_boxes_that_fit_cost_nothing_and_the_rest_costs_more_the_worse_it_fits():
    box = torch.tensor([16.0, 16, 48, 48])
    target = [Targets(box[None], torch.tensor([0]))]
    costs = [
        detection_loss(*answer_of([box], shift=shift), target, (SIDE, SIDE))[1]["box_loss"] for shift in (0.0, 2.0, 6.0)
    ]
    assert costs[0] < 1e-4 < costs[1] < costs[2]


def test_places_around_a_part_smaller_than_they_are_learn_it_too():
    box = torch.tensor([21.0, 21, 24, 24])
    boxes, logits = answer_of([])
    loss, _ = detection_loss(boxes, logits, [Targets(box[None], torch.tensor([0]))], (SIDE, SIDE))
    loss.backward()
    centers, _ = places((SIDE, SIDE), torch.zeros(1))
    learning = boxes.grad[0].abs().sum(dim=-1) > 0
    assert learning.any()
    assert ((centers[learning] - 22.5).abs() < 8).all()


def test_pictures_without_parts_teach_that_nothing_is_there():
    boxes, logits = answer_of([])
    nothing = Targets(torch.zeros((0, 4)), torch.zeros(0, dtype=torch.int64))
    loss, _ = detection_loss(boxes, logits, [nothing], (SIDE, SIDE))
    loss.backward()
    assert (logits.grad > 0).all()


# --- pictures ----------------------------------------------------------------------------------------------------------------


def bright_box(image):
    """Return the box around what is far brighter than the noise, or None."""
    rows, columns = np.nonzero(image.max(axis=2) > 180)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) if len(rows) else None


def one_picture(number):
    image, box = shape_picture(number)
    pictures = PictureSet((Path("none"),), (np.empty((0, 5)),), SIDE)
    pictures._cache[0] = Labeled(image, box[None], np.array([number % 2]))
    return pictures


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_boxes_follow_the_pixels_when_a_picture_is_moved_scaled_mirrored_and_recolored(seed):
    section = PLAIN.but(augment=PLAIN.augment.but(scale=0.5, flip=0.5, hsv=(0.02, 0.3, 0.1)))
    found = vary(one_picture(seed % 50), 0, section, np.random.default_rng(seed), mosaic=False)
    bright = bright_box(found.image)
    assert len(found.boxes_xyxy) <= 1
    for box in found.boxes_xyxy:
        np.testing.assert_allclose(box, bright, atol=1.6)


def test_a_turned_box_holds_the_turned_part():
    section = PLAIN.but(augment=PLAIN.augment.but(rotate_deg=20.0))
    for seed in range(20):
        found = vary(one_picture(seed), 0, section, np.random.default_rng(seed), mosaic=False)
        bright = bright_box(found.image)
        for box in found.boxes_xyxy:
            assert (box[:2] <= bright[:2] + 1.6).all()
            assert (box[2:] >= bright[2:] - 1.6).all()


def test_a_mosaic_shows_parts_of_several_pictures_where_its_boxes_say(data_yaml):
    pictures = read_pictures(data_yaml, "train", SIDE)
    section = PLAIN.but(augment=PLAIN.augment.but(mosaic=1.0))
    counts = []
    for seed in range(12):
        found = vary(pictures, 0, section, np.random.default_rng(seed), mosaic=True)
        counts.append(len(found.boxes_xyxy))
        for box in np.round(found.boxes_xyxy).astype(int):
            x, y = (box[:2] + box[2:]) // 2
            assert found.image[y, x].max() > 180
    assert max(counts) > 1


def test_a_missing_split_or_picture_is_told(data_yaml, tmp_path):
    with pytest.raises(DetectorError, match="not a dataset as Partsight writes it"):
        read_pictures(data_yaml, "extra", SIDE)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nothing")
    with pytest.raises(DetectorError, match=r"broken\.png: not a readable picture"):
        replace(read_pictures(data_yaml, "val", SIDE), paths=(broken,))[0]


# --- training ----------------------------------------------------------------------------------------------------------------


def test_training_learns_to_tell_squares_from_discs(data_yaml, tmp_path):
    """From nothing, in seconds."""
    rows = []
    augment = SECTION.augment.but(mosaic=0.0, rotate_deg=0.0, scale=0.2)
    changes = {"epochs": 20, "batch": 4, "learning_rate": 0.01, "augment": augment}
    section = SECTION.but(**changes)
    checkpoint = open_family("compact").train(job(data_yaml, section, tmp_path), lambda _, row: rows.append(row))
    assert rows[-1]["train/class_loss"] < 0.7 * rows[0]["train/class_loss"]
    detector = open_family("compact").load(checkpoint, threads=1)
    right = 0
    for number in range(100, 120):
        image, box = shape_picture(number)
        (found,) = detector.detect([image], 0.05, 5)
        overlaps = pairwise_iou(box[None], found.boxes_xyxy[:1])
        right += bool((overlaps > 0.5).any() and found.class_ids[0] == number % 2)
    assert right >= 16


RUN = """
import sys
from pathlib import Path
from partsight.config.sections.train import AugmentSection, TrainSection
from partsight.train.training import train_detector

section = TrainSection.model_validate_json(sys.argv[2])
train_detector(
    Path(sys.argv[1]), ("square", "disc"), section, seed=0, output_dir=Path(sys.argv[3]), num_pictures=32,
    say=lambda text: None, tracker=lambda epoch, figures: print("EPOCH", epoch, flush=True),
)
assert not {"ultralytics", "cv2", "torchvision"} & set(sys.modules)  # no code under other terms, and none that opens windows
"""


def run(data_yaml, folder, *, kill_after=0):
    """Train in a process of its own, killed with SIGKILL in the epoch after that many."""
    command = [sys.executable, "-c", RUN, str(data_yaml), SECTION.model_dump_json(), str(folder)]
    told = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            told.append(line.strip())
            if kill_after and len(told) == kill_after:
                os.kill(process.pid, signal.SIGKILL)
                break
    assert process.returncode == (-signal.SIGKILL if kill_after else 0)
    return told


def test_a_killed_training_ends_with_the_very_weights_of_an_undisturbed_one(data_yaml, tmp_path):
    assert run(data_yaml, tmp_path / "killed", kill_after=1) == ["EPOCH 1"]
    assert run(data_yaml, tmp_path / "killed") == ["EPOCH 2", "EPOCH 3"]
    assert run(data_yaml, tmp_path / "whole") == ["EPOCH 1", "EPOCH 2", "EPOCH 3"]
    weights = [(tmp_path / name / "model" / "weights.safetensors").read_bytes() for name in ("killed", "whole")]
    assert weights[0] == weights[1]


def test_frozen_layers_stay_as_they_are(data_yaml, tmp_path):
    from partsight.detector.families.compact.weights import read_model

    torch.manual_seed(0)
    before = build_network("nano", 2).state_dict()
    section = SECTION.but(freeze=2, epochs=1)
    checkpoint = open_family("compact").train(job(data_yaml, section, tmp_path), ignore)
    after = read_model(checkpoint.path)[0].state_dict()
    same = {name for name in before if torch.equal(before[name], after[name])}
    frozen = {name for name in before if name.startswith(("backbone.backbone.stem.", "backbone.backbone.dark2."))}
    assert frozen <= same
    assert not {name for name in same - frozen if name.endswith("conv.weight")}


def test_training_stops_when_validation_gets_no_better(data_yaml, tmp_path):
    section = SECTION.but(epochs=30, patience=2, learning_rate=1e-12)
    epochs = []
    open_family("compact").train(job(data_yaml, section, tmp_path), lambda epoch, _: epochs.append(epoch))
    assert len(epochs) < 30


def test_a_rate_far_too_high_is_told_and_not_trained_on(data_yaml, tmp_path):
    section = SECTION.model_copy(update={"learning_rate": 1e30, "warmup_epochs": 0.0})  # no recipe may say so
    with pytest.raises(DetectorError, match=r"diverged.*learning_rate"):
        open_family("compact").train(job(data_yaml, section, tmp_path), ignore)


def test_a_gpu_that_is_not_there_is_refused(data_yaml, tmp_path):
    section = SECTION.but(device=(97,))
    with pytest.raises(DetectorError, match="GPU"):
        open_family("compact").train(job(data_yaml, section, tmp_path), ignore)


class _Sure(torch.nn.Module):
    """Knows where everything is: its answer for each picture is given."""

    def __init__(self, pictures, *, shift):
        super().__init__()
        self.answers = {one.image.tobytes(): one for one in (pictures[k] for k in range(len(pictures)))}
        self.shift = shift

    def forward(self, pixels):
        found = [self.answers[(one.permute(1, 2, 0) * 255).round().to(torch.uint8).numpy().tobytes()] for one in pixels]
        boxes = torch.stack([torch.from_numpy(one.boxes_xyxy).float() + self.shift for one in found])
        logits = torch.stack(
            [torch.nn.functional.one_hot(torch.from_numpy(one.class_ids), 2) * 20.0 - 10 for one in found]
        )
        return boxes, logits


def test_validation_gives_one_to_what_is_right_and_less_to_what_is_shifted(data_yaml):
    pictures = read_pictures(data_yaml, "val", SIDE)
    exact = validate(_Sure(pictures, shift=0.0), pictures, 2, "cpu")
    assert exact == {"val/mAP50": 1.0, "val/mAP50-95": 1.0}
    shifted = validate(_Sure(pictures, shift=2.0), pictures, 2, "cpu")
    assert shifted["val/mAP50"] == 1.0
    assert 0.3 < shifted["val/mAP50-95"] < 0.9
    assert validate(_Sure(pictures, shift=40.0), pictures, 2, "cpu")["val/mAP50"] == 0.0


# --- what is looked at meanwhile ---------------------------------------------------------------------------------------------


def test_looking_on_shows_what_each_epoch_finds_and_changes_nothing(data_yaml, tmp_path):
    pictures, seen = [shape_picture(number)[0] for number in range(2)], []
    look = lambda epoch, open_detector: seen.append((epoch, open_detector().detect(pictures, 0.0, 5)))  # noqa: E731
    watched = open_family("compact").train(
        replace(job(data_yaml, SECTION.but(epochs=2), tmp_path / "watched"), look=look), ignore
    )
    alone = open_family("compact").train(job(data_yaml, SECTION.but(epochs=2), tmp_path / "alone"), ignore)
    assert [epoch for epoch, _ in seen] == [1, 2]
    assert all(len(found) == 2 and len(found[0].scores) == 5 for _, found in seen)
    weights = [(one.path / "weights.safetensors").read_bytes() for one in (watched, alone)]
    assert weights[0] == weights[1]
