"""Detections to and from the library supervision (extra [supervision])."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from partsight.errors import DetectorError
from partsight.notebook.drawings import names_of
from partsight.notebook.extras import need
from partsight.structures.detections import Detections
from partsight.structures.mask import Mask


def to_supervision(detections: Detections, class_names: Sequence[str] = ()) -> Any:
    """Return detections as supervision.Detections, with names where they are given. Raises ExtraError."""
    supervision = need("supervision", "Detections.to_supervision()")
    names = {"class_name": np.array(names_of(detections.class_ids, class_names), dtype=str)} if class_names else {}
    return supervision.Detections(
        xyxy=np.array(detections.boxes_xyxy, np.float32),
        confidence=np.array(detections.scores, np.float32),
        class_id=np.array(detections.class_ids, int),
        mask=None if not detections.masks else np.stack([mask.pixels for mask in detections.masks]),
        data=names,
    )


def from_supervision(found: Any) -> Detections:
    """Return supervision.Detections as ours, best first. Raises DetectorError where scores or classes are missing."""
    missing = [name for name in ("confidence", "class_id") if getattr(found, name) is None]
    if missing and len(found):
        raise DetectorError(
            f"supervision.Detections without {' and '.join(missing)}: expected a score and a class number for each of its "
            f"{len(found)} boxes. Give them when it is made."
        )
    if missing:
        return Detections(np.empty((0, 4)), np.empty(0), np.empty(0, np.int64))
    order = np.argsort(-found.confidence, kind="stable")
    masks = None if found.mask is None else tuple(Mask.of(np.asarray(found.mask[place], bool)) for place in order)
    return Detections(found.xyxy[order], found.confidence[order], found.class_id[order], masks)
