"""A part's visible edges laid over the picture, and where its sub-parts are seen, for people."""

from dataclasses import dataclass

import numpy as np

from partsight.pose.finding import box_around
from partsight.pose.look import turned_to_box
from partsight.pose.shapes.contours import contour_in
from partsight.pose.shapes.drawing import Drawing, draw_shape
from partsight.pose.shapes.shape import PartShape
from partsight.structures.arrays import FloatArray, locked
from partsight.structures.world.camera import Intrinsics, pixels_at
from partsight.structures.world.transform import Transform, inverse, moved

_SIDE_PX = 160.0
"""The part's longer side where its edges are looked for."""
_STEP_PX = 2.0
_MOST_NAMES = 8
_NAME_SHARE = 1 / 12
"""Of the picture's mean side: each name wants so much of the box."""
_LEAST_SHARE = 0.02
"""Of what is seen of the part: smaller sub-parts are not named."""


@dataclass(frozen=True, slots=True, eq=False)
class PosedOutline:
    """Short lines and names, in pixels of the picture."""

    lines: FloatArray
    """(N, 2, 2) ends of lines."""
    names: tuple[tuple[str, float, float], ...]
    """Sub-parts that are seen, the largest first, and a place in each."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", locked(self.lines, np.float64, (None, 2, 2)))


def outline_of(shape: PartShape, camera_from_part: Transform, intrinsics: Intrinsics) -> PosedOutline | None:
    """Return the outline of a part at a pose; None where it is out of the picture."""
    box = box_around(shape, camera_from_part, intrinsics)
    if box is None:
        return None
    view = turned_to_box(intrinsics, box, _SIDE_PX)
    look_from_part = inverse(view.camera_from_look) @ camera_from_part
    drawing = draw_shape(shape, look_from_part, view.focal_px, view.size_px)
    contour = contour_in(drawing, shape, look_from_part, view.focal_px, step_px=_STEP_PX)
    depth = moved(look_from_part, contour.points_m)[:, 2:]
    half = contour.tangents * depth * (0.6 * _STEP_PX / view.focal_px)
    ends = [_seen(contour.points_m + way * half, camera_from_part, intrinsics) for way in (-1, 1)]
    spots = _name_places(shape, drawing)[: _room_for_names(box, intrinsics)]
    offsets = np.array([[x, y, 1.0] for _, x, y in spots]).reshape(-1, 3) - [view.size_px / 2, view.size_px / 2, 0]
    rays = (offsets / [view.focal_px, view.focal_px, 1]) @ view.camera_from_look[:3, :3].T
    places = pixels_at(intrinsics, rays[:, :2] / rays[:, 2:])
    names = tuple((name, float(x), float(y)) for (name, _, _), (x, y) in zip(spots, places, strict=True))
    return PosedOutline(np.stack(ends, axis=1), names)


def _room_for_names(box_xyxy: FloatArray, intrinsics: Intrinsics) -> int:
    """Return how many names can be read in a box: text is as large as the picture asks for."""
    side_px, picture_px = float(max(box_xyxy[2:] - box_xyxy[:2])), float(np.sqrt(np.prod(intrinsics.size_wh)))
    return int(min(_MOST_NAMES, side_px / (_NAME_SHARE * picture_px)))


def _seen(points_m: FloatArray, camera_from_part: Transform, intrinsics: Intrinsics) -> FloatArray:
    points = moved(camera_from_part, points_m)
    return pixels_at(intrinsics, points[:, :2] / points[:, 2:])


def _name_places(shape: PartShape, drawing: Drawing) -> list[tuple[str, float, float]]:
    """Return names of sub-parts that are seen, and a pixel of each near its middle."""
    rows, columns = np.nonzero(drawing.triangle_ids >= 0)
    nodes = shape.node_ids[drawing.triangle_ids[rows, columns]]
    numbers, counts = np.unique(nodes, return_counts=True)
    shown = [number for number in numbers[np.argsort(-counts)] if shape.node_names[number]][:_MOST_NAMES]
    spots = []
    for number in shown if len(numbers) > 1 else ():
        own = np.flatnonzero(nodes == number)
        if len(own) >= _LEAST_SHARE * len(nodes):
            off = np.hypot(columns[own] - columns[own].mean(), rows[own] - rows[own].mean())
            place = own[off.argmin()]
            spots.append((shape.node_names[number], columns[place] + 0.5, rows[place] + 0.5))
    return spots
