"""What the page needs from the rest: a store of photos and labels, and somebody who proposes boxes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from partsight.labels.label import Label
from partsight.labels.photo_labels import LabelState, Outlook, PhotoLabels, Proposals


class PhotoStore(Protocol):
    """Photos and their labels on disk."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """All classes that a box may have."""
        ...

    def list_keys(self) -> tuple[str, ...]:
        """Return all photos, session by session, in the order they were taken."""
        ...

    def picture(self, key: str) -> Path:
        """Return the picture's file. Raises DatasetError for an unknown key."""
        ...

    @property
    def folder(self) -> Path:
        """The photos folder."""
        ...

    @property
    def session_of(self) -> Callable[[str], str]:
        """Names the session of a photo by its key."""
        ...

    def added_s(self, key: str) -> float:
        """Return when a photo came into the folder, in seconds of the system's clock."""
        ...

    def read(self, key: str) -> PhotoLabels:
        """Read the labels of one photo."""
        ...

    def save(self, key: str, revision: str, boxes: Sequence[Label], state: LabelState) -> PhotoLabels:
        """Write the labels of one photo. Raises StaleLabelsError when the revision is not the one on disk."""
        ...


class Proposer(Protocol):
    """Proposes boxes for photos that are not finished."""

    def propose(self, key: str) -> Proposals:
        """Return what is proposed for a photo by now, without waiting for a detector."""
        ...

    def outlooks(self) -> dict[str, Outlook]:
        """Return what is known by now of photos that are not finished, by key."""
        ...

    @property
    def is_looking(self) -> bool:
        """Whether a detector still looks through photos."""
        ...
