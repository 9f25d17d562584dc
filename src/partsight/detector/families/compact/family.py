"""Small detectors in plain torch, part of Partsight and licensed as it is (Apache-2.0): no other library, no network."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from partsight.config.sections.train import TrainSection
from partsight.detector.batch_size import Say
from partsight.detector.detector import Checkpoint, ExportedNetwork, Tracker, TrainJob, TrialStep, say_nothing
from partsight.detector.devices import num_free_cores
from partsight.detector.letterbox import boxes_in_picture, make_input, place
from partsight.errors import DetectorError
from partsight.structures.arrays import Image
from partsight.structures.detections import Detections

LICENSE = "The network's code is Partsight's (Apache-2.0). Its weights are under the terms of what it was trained on and from."
_OPSET = 18
_MOST_CANDIDATES = 3000
"""Places that are looked at for overlaps: more only at a threshold of nothing."""


def open_family() -> "CompactFamily":
    """Return the family."""
    return CompactFamily()


class CompactFamily:
    """Trains and loads the networks 'nano', 'tiny' and 'lite0'."""

    def train(self, job: TrainJob, tracker: Tracker, *, say: Say = say_nothing) -> Checkpoint:
        """Train in `job.output_dir`, going on from the last finished epoch of a killed run. Raises DetectorError and StorageError."""
        _open_torch(job.section.threads)
        from partsight.detector.families.compact.training import STATE, train_network
        from partsight.detector.families.compact.weights import write_model
        from partsight.detector.families.training_state import forget_earlier

        network = train_network(job, _device(job.section.device), tracker, say=say, look=partial(_look, job))
        folder = job.output_dir / "model"
        write_model(folder, network, _description(job))
        forget_earlier(job.output_dir / STATE)
        return Checkpoint(folder, "compact", job.class_names)

    def open_trial(self, section: TrainSection, num_classes: int) -> tuple[TrialStep, str]:
        """Return a training step with made-up pictures, and its device. Raises DetectorError."""
        _open_torch(section.threads)
        from partsight.detector.families.compact.training import open_trial

        device = _device(section.device if isinstance(section.device, str) else section.device[:1])
        return open_trial(section, num_classes, device), device

    def load(self, checkpoint: Checkpoint, threads: int, *, image_size: int | None = None) -> "CompactDetector":
        """Load a model folder; runs no code from it. Raises DetectorError."""
        _open_torch(threads)
        from partsight.detector.families.compact.weights import read_model

        network, description = read_model(checkpoint.path)
        if tuple(description["class_names"]) != checkpoint.class_names:
            raise DetectorError(
                f"{checkpoint.path}: was trained for {description['class_names']}, asked for as {list(checkpoint.class_names)}"
            )
        return CompactDetector(checkpoint.class_names, network, image_size or description["image_size"])

    def export(
        self, checkpoint: Checkpoint, target: str, output_dir: Path, *, image_size: int | None = None
    ) -> ExportedNetwork:
        """Write the network as onnx. Raises DetectorError, for missing packages too."""
        if target != "onnx":
            raise DetectorError(f"{target}: unknown to the family 'compact'. Known: onnx, openvino.")
        if find_spec("onnx") is None:
            raise DetectorError("onnx: needs the package onnx. Install: pip install onnx")
        _open_torch(0)
        from partsight.detector.families.compact.pictures import spec_for
        from partsight.detector.families.compact.weights import read_model

        network, description = read_model(checkpoint.path)
        output_dir.mkdir(parents=True, exist_ok=True)
        path = output_dir / "model.onnx"
        _write_onnx(network, path)
        return ExportedNetwork(path, spec_for(image_size or description["image_size"]), LICENSE)

    def fetch_weights(self, model: str, folder: Path) -> Path:
        """Raise DetectorError: there is nothing to fetch."""
        del folder
        raise DetectorError(f"train.weights = 'download': nobody offers weights of {model}, of the family 'compact'.")

    def load_export(self, checkpoint: Checkpoint, exported: ExportedNetwork) -> "CompactDetector":
        """Raise DetectorError: the family has no format of its own."""
        del checkpoint
        raise DetectorError(f"{exported.path}: the family 'compact' has no format of its own to load.")


@dataclass(frozen=True, slots=True)
class CompactDetector:
    """A trained network that looks at pictures."""

    class_names: tuple[str, ...]
    network: Any
    image_size: int

    def detect(self, images: Sequence[Image], min_score: float, max_detections: int) -> list[Detections]:
        """Return the detections of each RGB picture, best first."""
        return [self._detect_one(image, min_score, max_detections) for image in images]

    def _detect_one(self, image: Image, min_score: float, max_detections: int) -> Detections:
        import torch

        from partsight.detector.families.compact.pictures import spec_for
        from partsight.detector.families.compact.validation import best_candidates, without_overlaps

        spec = spec_for(self.image_size)
        placement = place((image.shape[1], image.shape[0]), spec)
        with torch.inference_mode():
            pixels = torch.from_numpy(make_input(image, placement, spec)).to(next(self.network.parameters()).device)
            boxes, logits = self.network(pixels)
        found = without_overlaps(best_candidates(boxes[0], logits[0], min_score, _MOST_CANDIDATES), max_detections)
        return Detections(boxes_in_picture(found.boxes_xyxy, placement), found.scores, found.class_ids)


def _look(job: TrainJob, epoch: int, network: Any) -> None:
    if job.look is not None:
        job.look(epoch, lambda: CompactDetector(job.class_names, network, job.section.detect_size))


def _open_torch(threads: int) -> None:
    """Import torch and let it use this many CPU threads; 0 means all free ones. Raises DetectorError when it is missing."""
    try:
        import torch
    except ImportError as error:
        raise DetectorError(
            f"the detector family 'compact' needs torch ({error}). Install it: pip install 'partsight[compact]'"
        ) from error
    torch.set_num_threads(threads or num_free_cores())


def _device(wanted: str | tuple[int, ...]) -> str:
    """Return torch's word for a device. Raises DetectorError for what is not there."""
    import torch

    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if isinstance(wanted, str):
        return wanted
    if len(wanted) != 1 or wanted[0] >= torch.cuda.device_count():
        raise DetectorError(
            f"train.device = {list(wanted)}: the family 'compact' trains on the CPU or one GPU; this machine has "
            f"{torch.cuda.device_count()} GPU(s). Use 'auto', 'cpu' or [0]."
        )
    return f"cuda:{wanted[0]}"


def _write_onnx(network: Any, path: Path) -> None:
    import torch

    from partsight.detector.families.compact.network import ExportableNetwork

    sides = {0: "batch", 2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # torch announces the end of the tracing exporter, which needs no further package
        torch.onnx.export(
            ExportableNetwork(network).eval(),
            (torch.zeros(1, 3, 64, 96),),
            str(path),
            input_names=["images"],
            output_names=["candidates"],
            dynamic_axes={"images": sides, "candidates": {0: "batch", 2: "places"}},
            opset_version=_OPSET,
            dynamo=False,
        )


def _description(job: TrainJob) -> Mapping[str, Any]:
    import torch

    return {
        "format": 1,
        "family": "compact",
        "model": job.section.model,
        "class_names": list(job.class_names),
        "image_size": job.section.detect_size,
        "seed": job.seed,
        "train": {**job.section.model_dump(mode="json"), "batch": job.batch},
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
    }
