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
from typing import Any, ClassVar


class PartsightError(Exception):
    """Something the user can mend; the message says where, found, expected, what to do."""

    page: ClassVar[str] = "docs/how-to/index.md"
    """What explains more, below the project's folder."""


class RecipeError(PartsightError):
    """The recipe cannot be used; the message lists every problem found in it."""

    page = "docs/reference/recipe.md"


class UntrustedRecipeError(RecipeError):
    """A recipe holds values that are as trusted as a script, and this user has not accepted them."""

    page = "docs/background/security.md#recipes"

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

    page = "docs/reference/cad.md"


class SceneError(PartsightError):
    """No scene can be sampled from these parts and ranges."""

    page = "docs/reference/randomize.md"


class RenderError(PartsightError):
    """A renderer cannot be opened or cannot draw."""

    page = "docs/reference/render.md"


class DatasetError(PartsightError):
    """Pictures or labels are missing, unreadable or contradict each other."""

    page = "docs/reference/dataset.md"


class PhotosError(PartsightError):
    """No frames can be taken from a video or from pictures."""

    page = "docs/reference/photos.md"


class DetectorError(PartsightError):
    """A detector library or its weights cannot be used."""

    page = "docs/reference/train.md#weights"


class ModelError(PartsightError):
    """A model folder cannot be written, read or run."""

    page = "docs/reference/deploy.md"


class SourceError(PartsightError):
    """A video or stream cannot be looked at."""

    page = "docs/reference/deploy.md#live"


class ClusterError(PartsightError):
    """Work cannot be given to a cluster, or was lost there again and again."""

    page = "docs/how-to/cluster.md"


class EvaluationError(PartsightError):
    """Detections and ground truth cannot be compared."""

    page = "docs/reference/evaluate.md"


class StorageError(PartsightError):
    """A file cannot be written."""

    page = "docs/background/security.md"


class MemoryShortageError(PartsightError):
    """There is too little memory, or a limit on it."""

    page = "docs/reference/train.md#pictures-per-step"


class StaleLabelsError(PartsightError):
    """Labels were changed elsewhere since they were read; nothing was written."""

    page = "docs/reference/photos.md#labeling"


class StaleRecipeError(RecipeError):
    """The recipe was changed elsewhere since it was read."""

    page = "docs/how-to/app.md"


class JobError(PartsightError):
    """A job cannot be started, stopped or continued."""

    page = "docs/how-to/app.md#jobs"


class ExtraError(PartsightError):
    """An optional package is not installed; the message names the command that installs it."""

    page = "docs/how-to/install.md"


def first_of(names: Sequence[str], most: int = 10) -> str:
    """Return the first names for a message, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
