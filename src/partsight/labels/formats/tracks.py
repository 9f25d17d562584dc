"""Boxes of tracks: given at key frames, they move and turn evenly from one to the next."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from partsight.labels.label import Box
from partsight.labels.shapes import DrawnShape, rectangle


@dataclass(frozen=True, slots=True)
class TrackBox:
    """A box at one frame, turned clockwise about a point."""

    box_xyxy: Box
    angle_deg: float = 0.0
    is_about_corner: bool = False
    """Turned about its upper left corner instead of its middle."""

    def shape(self) -> DrawnShape:
        """Return it as something drawn."""
        pivot = self.box_xyxy[:2] if self.is_about_corner else None
        return rectangle(self.box_xyxy, angle_deg=self.angle_deg, pivot_xy=pivot)

    def towards(self, other: "TrackBox", share: float) -> "TrackBox":
        """Return the box at a share of the way to another one; it turns the shorter way round."""
        left, top, right, bottom = (np.array(self.box_xyxy) * (1 - share) + np.array(other.box_xyxy) * share).tolist()
        turn = (other.angle_deg - self.angle_deg + 180) % 360 - 180
        return TrackBox((left, top, right, bottom), self.angle_deg + share * turn, self.is_about_corner)


def boxes_of_track(keys: list[tuple[int, TrackBox | None]], last_frame: int) -> dict[int, TrackBox]:
    """Return the box of each frame from those at some frames; None where the track is outside."""
    return dict(_boxes(sorted(keys, key=lambda key: key[0]), last_frame))


def _boxes(keys: list[tuple[int, TrackBox | None]], last_frame: int) -> Iterator[tuple[int, TrackBox]]:
    for (frame, box), (next_frame, next_box) in zip(keys, [*keys[1:], (last_frame + 1, None)], strict=True):
        for current in range(frame, next_frame if box is not None else frame):
            target = box if next_box is None else next_box
            if box is not None and target is not None:
                yield current, box.towards(target, (current - frame) / (next_frame - frame))
