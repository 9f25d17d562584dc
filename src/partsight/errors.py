"""The exception tree.

PartsightError            the user can mend it: printed without a traceback
├── RecipeError           the recipe: unknown key, wrong value, missing file
│   └── UntrustedRecipeError   values as trusted as a script, which the user has not accepted
├── CadError              a CAD file: missing, broken, empty, in an unknown format
├── SceneError            ranges from which no scene can be sampled
├── RenderError           a renderer: missing library, unusable variant
├── DatasetError          pictures and labels: missing, unreadable, out of range, names that do not match
├── PhotosError           videos and photos to label: unreadable, empty, without a usable frame
├── DetectorError         a detector library or its weights: missing, foreign, unusable
├── ModelError            a model folder: missing, malformed, not in agreement with its checkpoint, its runtime missing
├── SourceError           a video or stream to look at: missing, unreadable, lost
├── ClusterError          workers on a cluster: missing library, jobs that cannot be submitted
├── EvaluationError       ground truth and detections that cannot be compared
├── StorageError          the disk: full, read-only, in use
├── MemoryShortageError   the memory, or a limit on it, does not suffice
├── StaleLabelsError      labels that somebody else changed since they were read
└── ExtraError            an optional package that is not installed

Anything else that escapes is our bug, and its traceback stays.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class PartsightError(Exception):
    """Something the user can mend; the message says where, found, expected, what to do."""


class RecipeError(PartsightError):
    """The recipe cannot be used; the message lists every problem found in it."""


class UntrustedRecipeError(RecipeError):
    """A recipe holds values that are as trusted as a script, and this user has not accepted them."""

    def __init__(self, message: str, values: Mapping[str, Any], folder: Path) -> None:
        super().__init__(message)
        self.values, self.folder = values, folder

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.values, self.folder)


class RecipeWarning(FutureWarning):
    """A recipe states what will not be read for ever."""


class MachineWarning(UserWarning):
    """Something of this machine does not do what it was named for; the command goes on without it."""


class CadError(PartsightError):
    """A CAD file cannot be turned into a part."""


class SceneError(PartsightError):
    """No scene can be sampled from these parts and ranges."""


class RenderError(PartsightError):
    """A renderer cannot be opened or cannot draw."""


class DatasetError(PartsightError):
    """Pictures or labels are missing, unreadable or contradict each other."""


class PhotosError(PartsightError):
    """No frames can be taken from a video or from pictures."""


class DetectorError(PartsightError):
    """A detector library or its weights cannot be used."""


class ModelError(PartsightError):
    """A model folder cannot be written, read or run."""


class SourceError(PartsightError):
    """A video or stream cannot be looked at."""


class ClusterError(PartsightError):
    """Work cannot be given to a cluster, or was lost there again and again."""


class EvaluationError(PartsightError):
    """Detections and ground truth cannot be compared."""


class StorageError(PartsightError):
    """A file cannot be written."""


class MemoryShortageError(PartsightError):
    """There is too little memory, or a limit on it."""


class StaleLabelsError(PartsightError):
    """Labels were changed elsewhere since they were read; nothing was written."""


class StaleRecipeError(RecipeError):
    """The recipe was changed elsewhere since it was read."""


class JobError(PartsightError):
    """A job cannot be started, stopped or continued."""


class ExtraError(PartsightError):
    """An optional package is not installed; the message names the command that installs it."""


def first_of(names: Sequence[str], most: int = 10) -> str:
    """Return the first names for a message, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
