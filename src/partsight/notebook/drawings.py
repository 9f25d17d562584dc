"""Pictures with boxes, drawn for the eye: scaled first, so that names stay readable."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from partsight.deploy.model import PictureInput, as_image
from partsight.deploy.overlay import draw_boxes, tint_masks
from partsight.errors import PartsightError
from partsight.pictures import read_picture
from partsight.structures.arrays import FloatArray, Image, IntArray
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

_MOST_ENLARGED = 3.0
"""So that names at the boxes of small pictures can be read, and the pixels are still seen."""
_MISSING_RGB = (200, 200, 200)


def draw_found(detections: Detections, picture: "PictureInput | Sample", class_names: Sequence[str] = ()) -> Any:
    """Return a PIL.Image of a picture with detections; of a sample it takes picture and class names. Raises DatasetError."""
    names = picture.class_names if isinstance(picture, Sample) else class_names
    image = read_picture(picture.image_path) if isinstance(picture, Sample) else as_image(picture)
    tinted, texts = tint_masks(image, detections), found_texts(detections, names)
    return PillowImage.fromarray(draw_boxes(tinted, detections.boxes_xyxy, detections.class_ids, texts))


def draw_small(
    image: Image, boxes_xyxy: FloatArray, class_ids: IntArray, *, texts: Sequence[str], longer_side_px: int
) -> Image:
    """Return a picture scaled to a longer side, small ones at most so many times larger, with its boxes."""
    scale = min(_MOST_ENLARGED, longer_side_px / max(image.shape[:2]))
    size_wh = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = np.asarray(PillowImage.fromarray(image).resize(size_wh, PillowImage.Resampling.LANCZOS))
    return draw_boxes(small, boxes_xyxy * scale, class_ids, texts)


def draw_sample(sample: Sample, longer_side_px: int) -> Image:
    """Return a sample's picture, scaled, with its labels; gray where the picture cannot be read."""
    try:
        image = read_picture(sample.image_path)
    except PartsightError:
        image = np.full((sample.size_wh[1], sample.size_wh[0], 3), _MISSING_RGB, np.uint8)
    texts = [sample.class_name(class_id) for class_id in sample.class_ids.tolist()]
    return draw_small(image, sample.boxes_xyxy, sample.class_ids, texts=texts, longer_side_px=longer_side_px)


def found_texts(detections: Detections, class_names: Sequence[str]) -> list[str]:
    """Return name and score of each detection."""
    names = names_of(detections.class_ids, class_names)
    return [f"{name} {100 * score:.0f}%" for name, score in zip(names, detections.scores.tolist(), strict=True)]


def names_of(class_ids: IntArray, class_names: Sequence[str]) -> list[str]:
    """Return the names of classes; numbers where no names are given."""
    return [class_names[class_id] if class_names else f"class {class_id}" for class_id in class_ids.tolist()]
