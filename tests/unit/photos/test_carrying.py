import numpy as np
import pytest
from PIL import Image as PillowImage
from scipy.ndimage import gaussian_filter

from partsight.photos.carrying import carry_box

SIZE_WH = (640, 480)


def scene(box, seed=3):
    """A textured patch on a textured wall; the patch is drawn at the box's place and size."""
    rng = np.random.default_rng(seed)
    wall = gaussian_filter(rng.uniform(0, 255, (*SIZE_WH[::-1], 3)), (6, 6, 0)) * 2 - 128
    patch = gaussian_filter(rng.uniform(0, 255, (100, 120, 3)), (4, 4, 0)) * 3 - 256
    picture = PillowImage.fromarray(np.clip(wall, 0, 255).astype(np.uint8))
    left, top, right, bottom = (round(edge) for edge in box)
    small = PillowImage.fromarray(np.clip(patch, 0, 255).astype(np.uint8)).resize((right - left, bottom - top))
    picture.paste(small, (left, top))
    return np.asarray(picture)


def iou(first, second):
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    both = max(width, 0) * max(height, 0)
    return both / (sum((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)) - both)


@pytest.mark.parametrize(("dx", "dy", "zoom"), [(0, 0, 1), (25, -10, 1), (90, 40, 1), (-60, 20, 1.15), (30, 30, 0.85)])
def test_a_part_that_moved_and_grew_is_found_again(dx, dy, zoom):
    before = (220, 180, 340, 280)
    after = (220 + dx, 180 + dy, 220 + dx + round(120 * zoom), 180 + dy + round(100 * zoom))
    carried = carry_box(scene(before), scene(after), before)
    assert carried is not None
    assert iou(carried.box_xyxy, after) > 0.85


def test_a_part_that_is_gone_is_not_carried():
    before = (220, 180, 340, 280)
    assert carry_box(scene(before), scene((20, 20, 40, 40), seed=99), before) is None


def test_a_carried_box_lies_in_the_picture():
    before, after = (20, 180, 140, 280), (-8, 180, 112, 280)
    carried = carry_box(scene(before), scene(after), before)
    assert carried is not None
    assert carried.box_xyxy[0] == 0
