"""Geometry of boxes: how much they overlap and which belong together."""

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray

FOUND_IOU = 0.5
"""Overlap from which two boxes show one object: a detection has found a part, a proposal repeats a label."""


def pairwise_iou(boxes_xyxy: FloatArray, others_xyxy: FloatArray) -> FloatArray:
    """Return the (N, M) intersection over union of every box with every other; 0 where they do not overlap.

    Computed in the order of pycocotools' C code (corner + size), so that ties at a threshold fall to the same side.
    """
    left, top, width, height = _corner_and_size(boxes_xyxy[:, None])
    other_left, other_top, other_width, other_height = _corner_and_size(others_xyxy[None])
    overlap_width = np.minimum(left + width, other_left + other_width) - np.maximum(left, other_left)
    overlap_height = np.minimum(top + height, other_top + other_height) - np.maximum(top, other_top)
    overlap = np.where((overlap_width > 0) & (overlap_height > 0), overlap_width * overlap_height, 0.0)
    union = width * height + other_width * other_height - overlap
    iou: FloatArray = np.divide(overlap, union, out=np.zeros_like(overlap), where=overlap > 0)
    return iou


def pair_boxes(boxes_xyxy: FloatArray, others_xyxy: FloatArray, min_iou: float) -> IntArray:
    """Return (P, 2) indices of boxes that belong together, each used once, best overlap first, whatever their class.

    For boxes of equal rank, such as those of one frame and the next. Detections choose true boxes by score: `take_boxes`.
    """
    overlaps = pairwise_iou(boxes_xyxy, others_xyxy)
    rows, columns = np.nonzero(overlaps >= min_iou)
    free_rows, free_columns, pairs = set(rows.tolist()), set(columns.tolist()), []
    for best in np.argsort(-overlaps[rows, columns], kind="stable"):
        row, column = int(rows[best]), int(columns[best])
        if row in free_rows and column in free_columns:
            free_rows.remove(row)
            free_columns.remove(column)
            pairs.append((row, column))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _corner_and_size(boxes_xyxy: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    left, top, right, bottom = (boxes_xyxy[..., edge] for edge in range(4))
    return left, top, right - left, bottom - top
