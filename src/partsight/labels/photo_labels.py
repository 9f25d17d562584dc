"""What a person labels: the boxes of one photo, how far that photo is, and what is proposed for it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from partsight.labels.label import Label

LabelState: TypeAlias = Literal["open", "done", "nothing"]
"""`open`: not finished, counts nowhere; `done`: all classes are labeled; `nothing`: a negative."""

Origin: TypeAlias = Literal["detector", "previous", "live"]
"""The project's newest detector; the photo before; what a live page showed."""


@dataclass(frozen=True, slots=True)
class PhotoLabels:
    """The labels of one photo as they lie on disk."""

    key: str
    """Its path below `images/`, where it is or will be."""
    session: str
    size_wh: tuple[int, int]
    state: LabelState
    boxes: tuple[Label, ...]
    revision: str
    """Hash of state and boxes: who writes says which revision was seen."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A box that is no label until a person accepts it."""

    box: Label
    score: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of one photo before it is opened."""

    num_proposed: int
    doubt: float
    """How unsure the least sure proposal is: 1 at a score of one half, 0 at none and at full score."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """What is proposed for one photo so far."""

    found: tuple[Proposal, ...]
    is_complete: bool
    """False while the detector still looks at this photo."""
    problem: str = ""
    """Why the detector proposes nothing, in words for the user; empty when all is well."""
