"""An exported network as a detector: letterbox, run, decode."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from partsight.deploy.exported_verifier import open_verifier
from partsight.deploy.model_folder import ModelFolder
from partsight.deploy.runtimes import RUNTIMES, Infer, Shape, is_installed, open_runtime
from partsight.detector.decoding import decode
from partsight.detector.detector import Detector
from partsight.detector.letterbox import make_input, place
from partsight.detector.verifying import VerifiedDetector
from partsight.errors import ModelError
from partsight.structures.arrays import Float32Array, Image
from partsight.structures.detections import Detections
from partsight.structures.network import NetworkSpec


@dataclass(frozen=True, slots=True)
class ExportedDetector:
    """Looks at pictures through a runtime; knows no torch. Follows `detector.Detector`."""

    class_names: tuple[str, ...]
    spec: NetworkSpec
    infer: Infer

    def detect(self, images: Sequence[Image], min_score: float, max_detections: int) -> list[Detections]:
        """Return the detections of each RGB picture, best first, boxes in that picture's pixels."""
        return [self._detect_one(image, min_score, max_detections) for image in images]

    def _detect_one(self, image: Image, min_score: float, max_detections: int) -> Detections:
        placement = place((image.shape[1], image.shape[0]), self.spec)
        answers = self.infer(make_input(image, placement, self.spec))
        self._check(answers)
        return decode(answers, placement, self.spec, min_score=min_score, max_detections=max_detections)

    def _check(self, answers: Sequence[Float32Array]) -> None:
        all_expected = _answers(self.spec, len(self.class_names))
        for answer, expected in zip(answers, all_expected, strict=False):
            if not _fits(answer.shape, expected):
                raise ModelError(
                    f"the network answers with an array of shape {answer.shape}, expected {expected} for {len(self.class_names)} "
                    "classes. The network is not the one model.json describes: export again."
                )
        if len(all_expected) > 1 and answers[0].shape[1] != 4 + len(self.class_names) + answers[1].shape[1]:
            raise ModelError(
                f"the network answers with {answers[0].shape[1]} rows and {answers[1].shape[1]} prototypes for "
                f"{len(self.class_names)} classes. The network is not the one model.json describes: export again."
            )


def open_detector(
    folder: ModelFolder, *, runtime: str = "auto", threads: int = 0, image_size: int | None = None
) -> Detector:
    """Open a model folder's network, with its verifier where it has one. Raises ModelError.

    `runtime` is auto, onnx or openvino; auto takes OpenVINO where the folder holds it and it is installed. `threads` 0 means
    all free cores. Another `image_size` than the trained one is possible where the network takes rectangles.
    """
    description = folder.description
    name = _choose_runtime(folder, runtime)
    detector = open_network(
        name, folder.network(name), _resized(description.spec, image_size), description.class_names, threads=threads
    )
    if description.verifier is None:
        return detector
    verifier = open_verifier(folder.path, description.verifier, description.class_names, runtime=name, threads=threads)
    return VerifiedDetector(detector, verifier)


def open_network(
    runtime: str, network: Path, spec: NetworkSpec, class_names: tuple[str, ...], *, threads: int
) -> ExportedDetector:
    """Open a network that takes pictures as a spec says and knows these classes. Raises ModelError where it does not."""
    side = None if spec.is_rectangular else spec.image_size
    opened = open_runtime(runtime, network, threads)
    infer = opened.check(network, (1, 3, side, side), *_answers(spec, len(class_names)))
    return ExportedDetector(class_names, spec, infer)


def _answers(spec: NetworkSpec, num_classes: int) -> tuple[Shape, ...]:
    """Return the shapes of the network's answers."""
    if spec.output == "mask candidates":
        return (1, None, None), (1, None, None, None)
    return ((1, 4 + num_classes, None),) if spec.output == "candidates" else ((1, None, 6),)


def _fits(shape: tuple[int, ...], expected: Shape) -> bool:
    return len(shape) == len(expected) and all(want in (None, got) for want, got in zip(expected, shape, strict=True))


def _choose_runtime(folder: ModelFolder, wanted: str) -> str:
    held = [name for name in RUNTIMES if name in folder.description.networks]
    if wanted == "auto":
        return next((name for name in held if is_installed(name)), "onnx")
    if wanted not in held:
        raise ModelError(
            f"{folder.path}: holds no network for the runtime {wanted!r}, only for {', '.join(held)}. "
            f"Export the model again with the target {wanted}."
        )
    return wanted


def _resized(spec: NetworkSpec, image_size: int | None) -> NetworkSpec:
    if image_size is None or image_size == spec.image_size:
        return spec
    if not spec.is_rectangular or image_size % spec.stride or image_size < spec.stride:
        raise ModelError(
            f"image size {image_size}: this network takes {spec.image_size}"
            + (f", or another multiple of {spec.stride}" if spec.is_rectangular else " only")
        )
    return replace(spec, image_size=image_size)
