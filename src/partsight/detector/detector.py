"""The seam between Partsight and libraries of trainable detectors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from partsight.config.sections.train import TrainSection
from partsight.detector.batch_size import Say
from partsight.errors import DetectorError
from partsight.structures.arrays import Image
from partsight.structures.detections import Detections
from partsight.structures.network import NetworkSpec

FAMILIES = ("ultralytics", "compact")

Tracker: TypeAlias = Callable[[int, Mapping[str, float]], None]
"""Called after each epoch with its number (from 1) and its figures by name."""

Look: TypeAlias = Callable[[int, "Callable[[], Detector]"], None]
"""Called with an epoch's number and what opens its detector, which it need not do; all is as before when it returns."""

TrialStep: TypeAlias = Callable[[int], None]
"""Makes one training step with that many made-up pictures of the size that the training has."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A trained detector on disk, with the class names its numbers stand for."""

    path: Path
    family: str
    class_names: tuple[str, ...]
    verifier: Path | None = None
    """Folder of the verifier that looks once more at what this detector proposes, where there is one."""


@dataclass(frozen=True, slots=True)
class TrainJob:
    """One training: a dataset in YOLO layout, the settings, where to write."""

    data_yaml: Path
    """`data.yaml` of a dataset written by `labels.formats.yolo`, with train and val."""
    class_names: tuple[str, ...]
    section: TrainSection
    seed: int
    output_dir: Path
    batch: int
    """Pictures per step over all devices: what `section.batch` says, or what was found where it says 'auto'."""
    look: "Look | None" = None
    """Asked after each epoch whether it wants to see what the weights of that epoch find."""


@dataclass(frozen=True, slots=True)
class ExportedNetwork:
    """A trained network in the format of another runtime."""

    path: Path
    """A file, or a folder for formats of several files."""
    spec: NetworkSpec
    license: str
    """Terms under which the network may be passed on, in a sentence."""


class Detector(Protocol):
    """A trained detector, ready to look at pictures."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes in the order of their numbers."""
        ...

    def detect(self, images: Sequence[Image], min_score: float, max_detections: int) -> list[Detections]:
        """Return the detections of each RGB picture, best first, boxes in that picture's pixels."""
        ...


def say_nothing(text: str, /) -> None:
    """Tell nobody."""
    del text


class DetectorFamily(Protocol):
    """A library of trainable detectors."""

    def train(self, job: TrainJob, tracker: Tracker, *, say: Say = say_nothing) -> Checkpoint:
        """Train, resuming what a killed run of the same job left; what is damaged of it is told and left aside.

        Raises DetectorError, and StorageError when the disk is full: the same job goes on once there is space.
        """
        ...

    def open_trial(self, section: TrainSection, num_classes: int) -> tuple[TrialStep, str]:
        """Return what makes a training step with made-up pictures, and the device it runs on ("cpu" or torch's word for a GPU).

        The step has ended when it returns. Raises DetectorError.
        """
        ...

    def load(self, checkpoint: Checkpoint, threads: int, *, image_size: int | None = None) -> Detector:
        """Load a checkpoint; `image_size` is the input's longer side, by default the one for whole photos. Raises DetectorError."""
        ...

    def export(
        self, checkpoint: Checkpoint, target: str, output_dir: Path, *, image_size: int | None = None
    ) -> ExportedNetwork:
        """Write a checkpoint's network into a folder, as 'onnx' or in a format of the family's own; `image_size` as in `load`.

        Raises DetectorError.
        """
        ...

    def fetch_weights(self, model: str, folder: Path) -> Path:
        """Fetch its makers' weights of a network into a folder, with the user's word, and check that they can be read.

        Raises DetectorError.
        """
        ...

    def load_export(self, checkpoint: Checkpoint, exported: ExportedNetwork) -> Detector:
        """Load what `export` wrote in a format of the family's own, to compare it. Raises DetectorError."""
        ...


def open_family(name: str) -> DetectorFamily:
    """Return a family by name; its library is imported when it is first used. Raises DetectorError for an unknown name."""
    from importlib import import_module

    if name not in FAMILIES:
        raise DetectorError(f"train.family = {name!r}: unknown. Known: {', '.join(FAMILIES)}")
    family: DetectorFamily = import_module(f"partsight.detector.families.{name}.family").open_family()
    return family
