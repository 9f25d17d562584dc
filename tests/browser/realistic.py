"""A report as a real run would give it: drawn pictures, a detector that errs, figures by the real evaluation."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw

from partsight.config.sections.evaluate import EvaluateSection
from partsight.evaluate.breakdown.slices import slice_recall
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.figures.thresholds import choose_threshold
from partsight.evaluate.matching import match
from partsight.report.content import ReportContent, ReportPart, ReportPicture, StageTiming
from partsight.report.gallery import pick_gallery
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

NAMES = ("quadrupole_long", "quadrupole_short", "quadrupole_alternating", "sextupole_a", "sextupole_b")
COLORS = ("#b03a2e", "#1f618d", "#1e8449", "#b7950b", "#6c3483")
SIZE_WH = (640, 480)
RECIPE = 'seed = 0\n\n[render]\nbackend = "mitsuba"\n\n[train]\nfamily = "ultralytics"\nepochs = 40\n'


def realistic_content(folder: Path) -> ReportContent:
    rng = np.random.default_rng(7)
    dataset = Dataset(NAMES, tuple(_sample(rng, folder, number) for number in range(60)))
    detections = [_guess(rng, sample) for sample in dataset.samples]
    matched = match(dataset, detections)
    threshold = choose_threshold(matched)
    evaluation = evaluate(
        matched, EvaluateSection(bootstrap=200), threshold=threshold, threshold_source="validation", seed=0
    )
    evaluation = replace(evaluation, slices=slice_recall(matched, threshold, rng))
    gallery = pick_gallery(matched, threshold, 8)
    return ReportContent(
        title="Five magnets, seen by a small network",
        evaluation=evaluation,
        test_source="render",
        parts=tuple(_card(name, color) for name, color in zip(NAMES, COLORS, strict=True)),
        renders=tuple(ReportPicture(one.image_path, one.boxes_xyxy, one.class_ids) for one in dataset.samples[:12]),
        history=tuple(_epoch(rng, number) for number in range(1, 41)),
        best=gallery.best,
        worst=gallery.worst,
        false_positives=gallery.false_positives,
        recipe=RECIPE,
        provenance=(("Partsight", "0.1.0"), ("Dataset", "3f2a9c1d77e0b842"), ("Machine", "2 CPU cores, no GPU")),
        timings=(
            StageTiming("cad", 3.1, "5 parts"),
            StageTiming("render", 214.0, "320 pictures, 2 workers"),
            StageTiming("train", 301.5, "40 epochs"),
            StageTiming("evaluate", 6.2),
        ),
        num_train_renders=320,
        dropped_labels=(("less than 15 % visible", 31),),
        notes=("Two sextupoles differ only in their terminal blocks: expect them to be confused.",),
    )


def _sample(rng, folder, number):
    width, height = SIZE_WH
    ramp = np.linspace(90, 190, height)[:, None, None] + np.array([0, 4, 10])
    noise = rng.normal(0, 6, (height, width, 1))
    picture = PillowImage.fromarray(np.clip(ramp + noise, 0, 255).astype(np.uint8))
    class_ids = rng.integers(0, len(NAMES), 0 if number % 10 == 9 else int(rng.integers(1, 4)))
    boxes = [_draw_part(rng, ImageDraw.Draw(picture), class_id) for class_id in class_ids]
    path = folder / f"{number:04}.jpg"
    picture.save(path, quality=90)
    return Sample(f"{number:04}", path, SIZE_WH, np.array(boxes), class_ids, "render", f"render {number}")


def _draw_part(rng, pen, class_id):
    side = rng.uniform(70, 190)
    x, y = rng.uniform(5, SIZE_WH[0] - 1.5 * side), rng.uniform(5, SIZE_WH[1] - side - 5)
    box = (x, y, x + side * (1.4 if class_id == 0 else 1.0), y + side)
    pen.rounded_rectangle(box, radius=side / 8, fill=COLORS[class_id], outline="#22262a", width=3)
    pen.ellipse((x + side * 0.3, y + side * 0.3, x + side * 0.7, y + side * 0.7), fill="#2c3136")
    return box


def _guess(rng, sample):
    boxes, scores, class_ids = [], [], []
    for box, class_id in zip(sample.boxes_xyxy, sample.class_ids, strict=True):
        if rng.random() < 0.93:
            boxes.append(box + rng.normal(0, 5, 4))
            scores.append(rng.beta(6, 2))
            class_ids.append(7 - class_id if class_id > 2 and rng.random() < 0.25 else class_id)
    for _ in range(int(rng.integers(0, 4))):
        x, y = rng.uniform(0, 450, 2)
        boxes.append((x, y * 0.7, x + 120, y * 0.7 + 90))
        scores.append(rng.beta(1.2, 5))
        class_ids.append(int(rng.integers(0, len(NAMES))))
    order = np.argsort(-np.array(scores), kind="stable")
    return Detections(
        np.array(boxes).reshape(-1, 4)[order], np.array(scores)[order], np.array(class_ids, dtype=int)[order]
    )


def _card(name, color):
    picture = PillowImage.new("RGBA", (400, 300), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((90, 60, 310, 240), radius=30, fill=color, outline="#22262a", width=4)
    pen.ellipse((150, 100, 250, 200), fill="#2c3136")
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    facts = (("Size", "320 × 280 × 410 mm"), ("Sub-parts", "14"), ("Triangles", "18 204"))
    return ReportPart(name, "Yoke, coils, terminal block, two hoses", stream.getvalue(), facts)


def _epoch(rng, number):
    fall, rise = np.exp(-number / 12), 1 - np.exp(-number / 9)
    return {
        "train/box_loss": 0.6 + 2.4 * fall + rng.normal(0, 0.02),
        "train/cls_loss": 0.4 + 4.1 * fall + rng.normal(0, 0.04),
        "val/box_loss": 0.8 + 2.2 * fall + rng.normal(0, 0.05),
        "val/cls_loss": 0.7 + 3.6 * fall + rng.normal(0, 0.08),
        "metrics/precision": 0.94 * rise + rng.normal(0, 0.01),
        "metrics/recall": 0.9 * rise + rng.normal(0, 0.012),
        "metrics/mAP50": 0.93 * rise + rng.normal(0, 0.006),
        "metrics/mAP50-95": 0.72 * rise + rng.normal(0, 0.006),
        "lr": 0.001,
    }


def realistic_pictures(folder: Path, count: int) -> None:
    """Write so many drawn pictures, as they come from `photos add`."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(11)
    for number in range(count):
        _sample(rng, folder, number)
