"""An exported verifier: crops through a runtime, without torch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from partsight.deploy.description import VerifierEntry
from partsight.deploy.model_folder import checked_file
from partsight.deploy.runtimes import Infer, open_runtime
from partsight.detector.crops import Crops, as_input
from partsight.errors import ModelError
from partsight.structures.arrays import FloatArray
from partsight.structures.verifier_spec import VerifierSpec

_AT_ONCE = 32
"""Crops that go through the network together."""


@dataclass(frozen=True, slots=True)
class ExportedVerifier:
    """Names crops through a runtime. Follows `detector.verifier.Verifier`."""

    class_names: tuple[str, ...]
    spec: VerifierSpec
    infer: Infer

    def classify(self, crops: Crops) -> FloatArray:
        """Return (N, C + 1) probabilities of (N, size, size, 3) crops. Raises ModelError when the network answers with others."""
        answers = [np.zeros((0, len(self.class_names) + 1))]
        for start in range(0, len(crops), _AT_ONCE):
            batch = as_input(crops[start : start + _AT_ONCE], self.spec)
            answers.append(self._checked(self.infer(batch)[0], len(batch)))
        return np.concatenate(answers)

    def _checked(self, answer: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", num_crops: int) -> FloatArray:
        expected = (num_crops, len(self.class_names) + 1)
        if answer.shape != expected:
            raise ModelError(
                f"the verifier answers with an array of shape {answer.shape}, expected {expected} for {len(self.class_names)} "
                "classes. The network is not the one model.json describes: export again."
            )
        return answer.astype(np.float64)


def open_verifier(
    folder: Path, entry: VerifierEntry, class_names: tuple[str, ...], *, runtime: str, threads: int
) -> ExportedVerifier:
    """Open a model folder's verifier in this runtime, or as ONNX where it is not there for it. Raises ModelError."""
    held = runtime if runtime in entry.networks else "onnx"
    network = checked_file(folder, entry.networks[held])
    side = entry.spec.size_px
    opened = open_runtime(held, network, threads)
    infer = opened.check(network, (None, 3, side, side), (None, len(class_names) + 1))
    return ExportedVerifier(class_names, entry.spec, infer)
