"""Pictures with boxes as the compact family is fed them: letterboxed, and varied for training.

What is drawn for a picture depends on seed, epoch and its place in the epoch alone, so that a resumed training sees what an
undisturbed one sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from partsight.config.sections.train import TrainSection
from partsight.detector.letterbox import place, resize
from partsight.errors import DatasetError, DetectorError
from partsight.pictures import read_picture
from partsight.structures.arrays import FloatArray, Image, IntArray
from partsight.structures.network import NetworkSpec
from partsight.texts import parse_yaml

PADDING = 114
NMS_IOU = 0.65
"""Overlap above which the weaker of two boxes of a class is dropped."""
_LEAST_SIDE_PX, _LEAST_SHARE = 2.0, 0.2
"""A box must keep this much of itself when a varied picture cuts it."""
_CACHE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Labeled:
    """A picture and what is on it, in its own pixels."""

    image: Image
    boxes_xyxy: FloatArray
    class_ids: IntArray


@dataclass(frozen=True, slots=True)
class PictureSet:
    """One split of a dataset, each picture scaled into a square of `image_size`."""

    paths: tuple[Path, ...]
    labels: tuple[FloatArray, ...]
    """Rows of class, center, size, in shares of the picture's sides."""
    image_size: int
    _cache: dict[int, Labeled] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Labeled:
        """Return a picture letterboxed. Raises DetectorError when it cannot be read."""
        if index in self._cache:
            return self._cache[index]
        found = _letterboxed(_read(self.paths[index]), self.labels[index], self.image_size)
        if (len(self._cache) + 1) * found.image.nbytes <= _CACHE_BYTES:
            self._cache[index] = found
        return found


def spec_for(image_size: int) -> NetworkSpec:
    """Return how pictures go into a network of the family, and how its answer is read."""
    return NetworkSpec(
        image_size=image_size,
        stride=32,
        is_rectangular=True,
        padding_value=PADDING,
        pixel_mean=(0.0, 0.0, 0.0),
        pixel_scale=(255.0, 255.0, 255.0),
        output="candidates",
        nms_iou=NMS_IOU,
    )


def read_pictures(data_yaml: Path, split: str, image_size: int) -> PictureSet:
    """List the pictures of 'train' or 'val' of a dataset in YOLO layout. Raises DetectorError."""
    try:
        content = parse_yaml(data_yaml.read_text(encoding="utf-8"))
        rows = (data_yaml.parent / content[split]).read_text(encoding="utf-8").splitlines()
        paths = tuple(data_yaml.parent / row for row in rows if row)
        labels = tuple(_read_labels(path.parent.parent / "labels" / f"{path.stem}.txt") for path in paths)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DetectorError(f"{data_yaml}: not a dataset as Partsight writes it ({error!r}). Make it again.") from error
    if not paths:
        raise DetectorError(f"{data_yaml}: the split '{split}' is empty.")
    return PictureSet(paths, labels, image_size)


def vary(pictures: PictureSet, index: int, section: TrainSection, rng: np.random.Generator, *, mosaic: bool) -> Labeled:
    """Return a picture changed at random, as the section says."""
    found = _vary_one(pictures, index, section, rng, mosaic=mosaic)
    if rng.random() < section.augment.mixup:
        other = _vary_one(pictures, int(rng.integers(len(pictures))), section, rng, mosaic=mosaic)
        found = _blended(found, other, float(rng.beta(32, 32)))
    return found


def _vary_one(
    pictures: PictureSet, index: int, section: TrainSection, rng: np.random.Generator, *, mosaic: bool
) -> Labeled:
    if mosaic and rng.random() < section.augment.mosaic:
        others = rng.integers(len(pictures), size=3).tolist()
        found = _mosaic([pictures[k] for k in (index, *others)], pictures.image_size, rng)
    else:
        found = pictures[index]
    found = _moved(found, pictures.image_size, section, rng)
    found = Labeled(_recolored(found.image, section.augment.hsv, rng), found.boxes_xyxy, found.class_ids)
    return _mirrored(found) if rng.random() < section.augment.flip else found


def _letterboxed(image: Image, labels: FloatArray, image_size: int) -> Labeled:
    placement = place((image.shape[1], image.shape[0]), _square_spec(image_size))
    (left, top), (width, height) = placement.offset_xy, placement.scaled_wh
    canvas = np.full((image_size, image_size, 3), PADDING, np.uint8)
    canvas[top : top + height, left : left + width] = resize(image, (width, height))
    middles, sizes = labels[:, 1:3] * (width, height) + (left, top), labels[:, 3:5] * (width, height)
    boxes = np.concatenate([middles - sizes / 2, middles + sizes / 2], axis=1)
    return Labeled(canvas, boxes, labels[:, 0].astype(np.int64))


def _square_spec(image_size: int) -> NetworkSpec:
    return replace(spec_for(image_size), is_rectangular=False)


def _read(path: Path) -> Image:
    try:
        return read_picture(path)
    except DatasetError as error:
        raise DetectorError(f"{error} Or make the dataset again.") from error


def _read_labels(path: Path) -> FloatArray:
    rows = [[float(value) for value in line.split()] for line in path.read_text().splitlines() if line.strip()]
    return np.array(rows, np.float64).reshape(-1, 5)


def _mosaic(four: Sequence[Labeled], size: int, rng: np.random.Generator) -> Labeled:
    """Lay four pictures around a random point of a canvas of twice the size."""
    canvas = np.full((2 * size, 2 * size, 3), PADDING, np.uint8)
    middle_x, middle_y = rng.integers(size // 2, size + size // 2, size=2).tolist()
    boxes, class_ids = [], []
    for k, one in enumerate(four):
        left, top = middle_x - size * (k % 2 == 0), middle_y - size * (k < 2)
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + size, 2 * size), min(top + size, 2 * size)
        canvas[y0:y1, x0:x1] = one.image[y0 - top : y1 - top, x0 - left : x1 - left]
        boxes.append(one.boxes_xyxy + np.array([left, top, left, top]))
        class_ids.append(one.class_ids)
    return _cut(Labeled(canvas, np.concatenate(boxes), np.concatenate(class_ids)))


def _moved(found: Labeled, size: int, section: TrainSection, rng: np.random.Generator) -> Labeled:
    """Turn, scale and shift around the middle into a square of `size`."""
    angle = np.deg2rad(rng.uniform(-section.augment.rotate_deg, section.augment.rotate_deg))
    factor = rng.uniform(1 - section.augment.scale, 1 + section.augment.scale)
    shift = rng.uniform(-0.1, 0.1, 2) * size
    cos, sin = np.cos(angle) * factor, np.sin(angle) * factor
    linear = np.array([[cos, -sin], [sin, cos]])
    offset = size / 2 + shift - linear @ np.full(2, found.image.shape[0] / 2)
    back = np.linalg.inv(linear)
    coefficients = np.column_stack([back, -back @ offset]).ravel().tolist()
    picture = Pillow.fromarray(found.image).transform(
        (size, size), Pillow.Transform.AFFINE, coefficients, Pillow.Resampling.BILINEAR, fillcolor=(PADDING,) * 3
    )
    corners = found.boxes_xyxy[:, [[0, 1], [2, 1], [2, 3], [0, 3]]] @ linear.T + offset
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return _cut(Labeled(np.asarray(picture), boxes, found.class_ids))


def _cut(found: Labeled) -> Labeled:
    """Cut boxes at the picture's borders and drop those of which little is left."""
    height, width = found.image.shape[:2]
    inside = np.clip(found.boxes_xyxy, 0, (width, height, width, height))
    sides, whole = inside[:, 2:] - inside[:, :2], found.boxes_xyxy[:, 2:] - found.boxes_xyxy[:, :2]
    keep = (sides.min(axis=1, initial=np.inf) > _LEAST_SIDE_PX) & (
        sides.prod(axis=1) > _LEAST_SHARE * whole.prod(axis=1)
    )
    return Labeled(found.image, inside[keep], found.class_ids[keep])


def _recolored(image: Image, hsv: tuple[float, float, float], rng: np.random.Generator) -> Image:
    """Change hue, saturation and value by random factors."""
    if not any(hsv):
        return image
    hue, saturation, value = 1 + rng.uniform(-1, 1, 3) * hsv
    level = np.arange(256)
    tables = np.concatenate(
        [(level + (hue - 1) * 256) % 256, np.clip(level * saturation, 0, 255), np.clip(level * value, 0, 255)]
    )
    return np.asarray(Pillow.fromarray(image).convert("HSV").point(tables.astype(np.uint8).tolist()).convert("RGB"))


def _mirrored(found: Labeled) -> Labeled:
    boxes = found.boxes_xyxy[:, [2, 1, 0, 3]] * (-1, 1, -1, 1) + np.array([1, 0, 1, 0]) * found.image.shape[1]
    return Labeled(np.ascontiguousarray(found.image[:, ::-1]), boxes, found.class_ids)


def _blended(one: Labeled, other: Labeled, share: float) -> Labeled:
    image = (one.image * share + other.image * (1 - share)).astype(np.uint8)
    return Labeled(
        image,
        np.concatenate([one.boxes_xyxy, other.boxes_xyxy]),
        np.concatenate([one.class_ids, other.class_ids]),
    )
