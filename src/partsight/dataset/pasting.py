"""What a detector wrongly took for a part, cut out of photos and pasted into renders as a thing of no class.

Cut-and-paste after Dwibedi et al. (ICCV 2017), with what must *not* be found; edges are feathered so that they are no cue.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image as Pillow
from PIL import ImageFilter

from partsight.structures.arrays import FloatArray, Image

_MARGIN = 0.15
"""Surroundings that come along, as a share of the box's sides: they are what fades."""
_LEAST_PX = 12
_SIZES = (0.5, 1.5)
_LARGEST_SHARE = 0.5
"""Most of the picture's shorter side that a pasted thing takes."""
_NUM_TRIES = 20


def cut_out(image: Image, boxes_xyxy: FloatArray) -> list[Image]:
    """Return the inside of boxes with some margin, (h, w, 3) each; boxes of a few pixels show nothing and are left out."""
    height, width = image.shape[:2]
    margins = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]) * _MARGIN
    low = np.floor(np.clip(boxes_xyxy[:, :2] - margins, 0, None)).astype(int)
    high = np.ceil(np.minimum(boxes_xyxy[:, 2:] + margins, (width, height))).astype(int)
    cut = [image[y0:y1, x0:x1] for (x0, y0), (x1, y1) in zip(low, high, strict=True)]
    return [one for one in cut if min(one.shape[:2], default=0) >= _LEAST_PX]


def paste(image: Image, boxes_xyxy: FloatArray, cutouts: Sequence[Image], rng: np.random.Generator) -> Image:
    """Return the picture with one of the cut-outs, turned over and scaled at random, where it covers no box.

    The picture comes back as it is where no free place is found; its labels hold in either case.
    """
    pasted = _varied(cutouts[int(rng.integers(len(cutouts)))], min(image.shape[:2]), rng)
    height, width = pasted.shape[:2]
    room = np.array([image.shape[1] - width, image.shape[0] - height])
    if (room < 0).any():
        return image
    for corner in rng.integers(0, room + 1, (_NUM_TRIES, 2)):
        is_before, is_behind = boxes_xyxy[:, 2:] <= corner, boxes_xyxy[:, :2] >= corner + np.array([width, height])
        if (is_before | is_behind).any(axis=1).all():
            return _blended(image, pasted, int(corner[0]), int(corner[1]))
    return image


def _varied(cutout: Image, shorter_side: int, rng: np.random.Generator) -> Image:
    factor = min(rng.uniform(*_SIZES), _LARGEST_SHARE * shorter_side / max(cutout.shape[:2]))
    size = tuple(max(_LEAST_PX, round(side * factor)) for side in (cutout.shape[1], cutout.shape[0]))
    picture = Pillow.fromarray(cutout if rng.random() < 0.5 else np.ascontiguousarray(cutout[:, ::-1]))
    return np.asarray(picture.resize((size[0], size[1]), Pillow.Resampling.LANCZOS))


def _blended(image: Image, pasted: Image, left: int, top: int) -> Image:
    height, width = pasted.shape[:2]
    fade = max(1.0, _MARGIN * min(height, width) / 3)
    inner = np.zeros((height, width), np.uint8)
    edge = int(np.ceil(1.5 * fade))
    inner[edge : height - edge, edge : width - edge] = 255
    share = np.asarray(Pillow.fromarray(inner).filter(ImageFilter.GaussianBlur(fade)), np.float64)[..., None] / 255
    result = image.copy()
    region = result[top : top + height, left : left + width]
    region[:] = np.rint(share * pasted + (1 - share) * region).astype(np.uint8)
    return result
