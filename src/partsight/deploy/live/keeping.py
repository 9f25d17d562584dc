"""Keeping a frame for labeling: the very frame that a page shows, with the boxes that it shows, as proposals."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from partsight.deploy.live.frame_results import FrameResult
from partsight.labels.label import Label
from partsight.labels.photo_labels import Proposal
from partsight.structures.arrays import Image


@dataclass(frozen=True, slots=True, eq=False)
class ShownFrame:
    """A frame as a page shows it."""

    image: Image
    proposals: tuple[Proposal, ...]
    """The boxes seen in this very frame; what a page shows from memory is none of them."""
    source: str
    """Name of the camera or film."""
    time_s: float | None
    """Since the first frame of a film; None for cameras."""
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class KeptFrame:
    """Where a kept frame lies."""

    file: str
    """Below the photos folder, with forward slashes."""
    is_new: bool
    """False for a frame that was kept before."""


class Keeper(Protocol):
    """Keeps frames for labeling."""

    def keep(self, frame: ShownFrame) -> KeptFrame:
        """Write it and return where it lies. Raises PartsightError."""
        ...


def shown_frame(look: FrameResult, tracks: Collection[int], class_names: Sequence[str], source: str) -> ShownFrame:
    """Return a look as a page shows it: with the boxes of these tracks."""
    seen = (one for one in look.tracks if one.is_seen and one.number in tracks)
    proposals = tuple(
        Proposal(Label(one.box_xyxy, class_names[one.class_id]), round(one.score, 4), "live") for one in seen
    )
    return ShownFrame(look.image(), proposals, source, look.frame.time_s, look.frame.taken_at)
