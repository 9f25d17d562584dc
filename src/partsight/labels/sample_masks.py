"""Which pixels show each labeled part of a picture: of a render exactly, of a photo what was drawn around."""

import numpy as np

from partsight.errors import DatasetError
from partsight.labels.formats.yolo.lines import yolo_outline_line
from partsight.labels.formats.yolo.writing import LabelText
from partsight.labels.outlines import joined_outline, outlines_of
from partsight.structures.arrays import BoolArray, FloatArray
from partsight.structures.labeled_instance import LabeledInstance
from partsight.structures.mask import Mask
from partsight.structures.polygon import fill_polygon
from partsight.structures.sample import Sample


def has_masks(sample: Sample) -> bool:
    """Return whether the pixels of every labeled part are known; a picture without parts has none to know."""
    if sample.source == "render":
        return True
    return len(sample.outlines) == len(sample.class_ids) and all(one is not None for one in sample.outlines)


def sample_masks(sample: Sample) -> tuple[Mask, ...]:
    """Return the pixels of each labeled part of a picture that `has_masks`. Raises DatasetError."""
    if not has_masks(sample):
        raise ValueError(f"{sample.sample_id}: shows a part without an outline")
    if sample.source == "render":
        cut = (_visible(one, sample) for one in sample.instances)
        return tuple(Mask.of(pixels, left_top, sample.size_wh) for pixels, left_top in cut)
    drawn = (one for one in sample.outlines if one is not None)
    return tuple(Mask.of(fill_polygon(one, sample.size_wh)) for one in drawn)


def text_for(task: str) -> LabelText | None:
    """Return what writes the label files of a task of `train.task`; None for that of boxes."""
    return yolo_mask_text if task == "segment" else None


def yolo_mask_text(sample: Sample) -> str:
    """Return the YOLO-seg label file of a picture that `has_masks`: one closed path for each part. Raises DatasetError."""
    lines = zip(sample.class_ids.tolist(), _paths(sample), strict=True)
    return "".join(yolo_outline_line(class_id, path, sample.size_wh) for class_id, path in lines)


def _paths(sample: Sample) -> list[FloatArray]:
    if sample.source == "photo":
        return [one for one in sample.outlines if one is not None]
    cut = (_visible(one, sample) for one in sample.instances)
    return [joined_outline(outlines_of(pixels)) + np.array(left_top, float) for pixels, left_top in cut]


def _visible(instance: LabeledInstance, sample: Sample) -> tuple[BoolArray, tuple[int, int]]:
    """Return what is visible of a part inside of its box, and where that begins."""
    mask = instance.mask
    left, top, right, bottom = instance.box_xyxy.round().astype(int).tolist()
    if mask is None or not mask[top:bottom, left:right].any():
        raise DatasetError(
            f"{sample.label_path}: the pixels of {instance.class_name!r} are not in its picture of masks. Delete the folder of these "
            "renders and render again."
        )
    return mask[top:bottom, left:right], (left, top)
