"""A verifier of EfficientNet-Lite0: ImageNet's features, the last blocks trained on crops of the user's own renders (Apache-2.0)."""

import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from partsight.detector.backbones.imagenet import find_imagenet
from partsight.detector.crops import Crops, as_input
from partsight.detector.devices import num_free_cores
from partsight.detector.verifier import Epoch, VerifyJob
from partsight.errors import DetectorError
from partsight.structures.arrays import FloatArray
from partsight.structures.verifier_spec import VerifierSpec

_OPSET = 18
_AT_ONCE = 8
"""Crops that go through the network together."""


class Kind:
    """Trains and loads EfficientNet-Lite0."""

    num_epochs = 3

    def find_weights(self) -> Path | None:
        """Return the weights file that pip brings, whose package's code is not run; None where it or torch is not installed."""
        if any(find_spec(library) is None for library in ("torch", "safetensors")):
            return None
        return find_imagenet()

    def how_to_install(self) -> str:
        """Return the command."""
        return "pip install 'partsight[verify]'"

    def train(self, job: VerifyJob, tell: Epoch) -> Path:
        """Train the last blocks. Raises DetectorError where the weights are missing or damaged."""
        weights = self.find_weights()
        if weights is None:
            raise DetectorError(f"verify: ImageNet's weights are not installed. Install them: {self.how_to_install()}")
        _set_threads(job.threads)
        from partsight.detector.verifiers.lite_training import train_network
        from partsight.detector.verifiers.lite_weights import write_verifier

        network, folder = train_network(job, weights, self.num_epochs, tell), job.output_dir / "model"
        description = {"format": 1, "kind": "lite", "class_names": list(job.class_names), "spec": asdict(job.spec)}
        write_verifier(folder, network, description)
        return folder

    def load(self, folder: Path, threads: int) -> "LiteVerifier":
        """Load a trained verifier. Raises DetectorError."""
        _set_threads(threads)
        network, description = _lite_weights().read_verifier(folder)
        return LiteVerifier(tuple(description["class_names"]), VerifierSpec(**description["spec"]), network)

    def export(self, folder: Path, path: Path) -> None:
        """Write the network as an ONNX file. Raises DetectorError."""
        if find_spec("onnx") is None:
            raise DetectorError("onnx: needs the package onnx. Install: pip install onnx")
        network, description = _lite_weights().read_verifier(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_onnx(network, VerifierSpec(**description["spec"]), path)


@dataclass(frozen=True, slots=True)
class LiteVerifier:
    """A trained network that names crops. Follows `detector.verifier.Verifier`."""

    class_names: tuple[str, ...]
    spec: VerifierSpec
    network: Any

    def classify(self, crops: Crops) -> FloatArray:
        """Return (N, C + 1) probabilities; groups of crops go side by side, each on a core."""
        groups = [crops[start : start + _AT_ONCE] for start in range(0, len(crops), _AT_ONCE)]
        with _one_thread_each() as num_threads, ThreadPoolExecutor(num_threads) as pool:
            answers = list(pool.map(self._classify_some, groups))
        return np.concatenate([np.zeros((0, len(self.class_names) + 1)), *answers])

    def _classify_some(self, crops: Crops) -> FloatArray:
        import torch

        batch = torch.from_numpy(as_input(crops, self.spec)).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            probabilities: FloatArray = self.network(batch).softmax(dim=1).numpy().astype(np.float64)
        return probabilities


@contextmanager
def _one_thread_each() -> Iterator[int]:
    """Let torch compute with one thread in each of ours meanwhile; give the number that it had.

    The network's layers are so small that torch's own threads wait for each other where other programs run, many times as long.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield before
    finally:
        torch.set_num_threads(before)


def _set_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads or num_free_cores())


def _lite_weights() -> Any:
    from partsight.detector.verifiers import lite_weights

    return lite_weights


def _write_onnx(network: Any, spec: VerifierSpec, path: Path) -> None:
    import torch

    from partsight.detector.verifiers.lite_network import Probabilities

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces the end of the tracing exporter
        torch.onnx.export(
            Probabilities(network).eval(),
            (torch.zeros(2, 3, spec.size_px, spec.size_px),),
            str(path),
            input_names=["crops"],
            output_names=["probabilities"],
            dynamic_axes={"crops": {0: "crops"}, "probabilities": {0: "crops"}},
            opset_version=_OPSET,
            dynamo=False,
        )
