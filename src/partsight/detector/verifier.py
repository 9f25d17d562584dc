"""The seam to networks that look once more, at full resolution, at every box that a detector proposes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from partsight.detector.crops import Crops
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.verifier_spec import VerifierSpec

Epoch: TypeAlias = Callable[[int, float], None]
"""Called after each epoch with its number (from 1) and the mean loss."""


class Verifier(Protocol):
    """A trained classifier of crops."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes in the order of their numbers; "none of these" comes after them."""
        ...

    @property
    def spec(self) -> VerifierSpec:
        """How boxes become crops."""
        ...

    def classify(self, crops: Crops) -> FloatArray:
        """Return (N, C + 1) probabilities of (N, size, size, 3) crops; the last column is "none of these"."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class VerifyJob:
    """One training of a verifier."""

    crops: Crops
    labels: IntArray
    """(N,) class of each crop; the number of classes stands for "none of these"."""
    class_names: tuple[str, ...]
    spec: VerifierSpec
    seed: int
    threads: int
    """CPU threads; 0 means all free ones."""
    output_dir: Path


class VerifierKind(Protocol):
    """A kind of network that verifies."""

    num_epochs: int
    """Passes over the crops in a training."""

    def find_weights(self) -> Path | None:
        """Return the file that training starts from, None where what is needed is not installed."""
        ...

    def how_to_install(self) -> str:
        """Return the sentence that says how to get what is needed."""
        ...

    def train(self, job: VerifyJob, tell: Epoch) -> Path:
        """Train, and return the folder written below `job.output_dir`. Raises DetectorError."""
        ...

    def load(self, folder: Path, threads: int) -> Verifier:
        """Load what `train` wrote; runs no code from it. Raises DetectorError."""
        ...

    def export(self, folder: Path, path: Path) -> None:
        """Write the network as an ONNX file: (N, 3, size, size) → (N, C + 1) probabilities. Raises DetectorError."""
        ...


def open_verifiers() -> VerifierKind:
    """Return the kind of verifier that there is; its library is imported when it is first used."""
    from importlib import import_module

    kind: VerifierKind = import_module("partsight.detector.verifiers.lite").Kind()
    return kind
