"""Squares and discs on noise, as a dataset: enough to learn from in seconds."""

from pathlib import Path

import numpy as np
from PIL import Image

from partsight.labels.formats.yolo import write_yolo
from partsight.labels.formats.yolo.lines import yolo_outline_line
from partsight.labels.formats.yolo.writing import LabelText
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.sample import Sample

NAMES = ("square", "disc")
SIDE = 64


def shape_picture(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture with one bright square (even numbers) or disc, and its box."""
    rng = np.random.default_rng(number)
    picture = rng.integers(0, 90, (SIDE, SIDE, 3), dtype=np.uint8)
    left, top, size = (*rng.integers(2, 30, 2).tolist(), 28)
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    shape = np.ones((size, size), bool) if number % 2 == 0 else rows**2 + columns**2 < (size / 2) ** 2
    picture[top : top + size, left : left + size][shape] = (250, 60, 40) if number % 2 == 0 else (40, 90, 250)
    return picture, np.array([left, top, left + size, top + size], float)


def write_shapes(folder: Path, num_train: int, num_others: int, label_text: LabelText | None = None) -> Path:
    """Write a dataset; return its data.yaml."""
    (folder / "source").mkdir(parents=True)
    samples = tuple(_sample(folder / "source", number) for number in range(num_train + 2 * num_others))
    cuts = samples[:num_train], samples[num_train : num_train + num_others], samples[num_train + num_others :]
    return write_yolo(Splits(*(Dataset(NAMES, cut) for cut in cuts)), folder / "yolo", {}, label_text)


def _sample(folder: Path, number: int) -> Sample:
    picture, box = shape_picture(number)
    path = folder / f"{number:03d}.png"
    Image.fromarray(picture).save(path)
    return Sample(path.stem, path, (SIDE, SIDE), box[None], np.array([number % 2]), "render", path.stem)


def outline_of(sample: Sample) -> np.ndarray:
    """Return the (P, 2) outline of the shape on a picture."""
    left, top, right, bottom = sample.boxes_xyxy[0]
    if sample.class_ids[0] == 0:
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack([np.cos(turns), np.sin(turns)], axis=1) * 14 + [(left + right) / 2, (top + bottom) / 2]


def outline_text(sample: Sample) -> str:
    """Return the label file of a picture with the outline of its shape."""
    return yolo_outline_line(int(sample.class_ids[0]), outline_of(sample), sample.size_wh)
