"""A finished experiment → the model folder that is carried away: exported, compared with the checkpoint, timed."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

import partsight
from partsight.config.loading import effective_recipe
from partsight.deploy.description import ModelDescription, Parity, SpeedRow, VerifierEntry, least_format
from partsight.deploy.exported_detector import open_network
from partsight.deploy.exported_verifier import open_verifier
from partsight.deploy.model_folder import network_entry, write_description, written_folder
from partsight.deploy.openvino_export import write_openvino
from partsight.deploy.parity import ParityRun, check_parity, measure_parity
from partsight.deploy.runtimes import RUNTIMES
from partsight.deploy.speed import measure_speed
from partsight.detector.detector import Checkpoint, Detector, DetectorFamily, ExportedNetwork, open_family
from partsight.detector.letterbox import resize
from partsight.detector.verifying import VerifiedDetector, load_verifier
from partsight.errors import DetectorError
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.matching import match
from partsight.files import hash_json
from partsight.pictures import list_pictures, read_picture
from partsight.pipeline.delivery.export_verifier import export_verifier
from partsight.pipeline.delivery.part_cards import check_documents, write_part_cards
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.executors import num_cores
from partsight.pipeline.running.stage import Stage
from partsight.structures.arrays import Image
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

TARGETS = ("onnx", "openvino", "tensorrt", "ncnn", "coreml")
MOST_COMPARED = 64
"""Pictures on which an export is compared, spread over those there are."""
FRAME_WH = (1920, 1080)
"""Size of the picture that is timed: a frame of a usual camera."""
_SMALL_INPUT = 416
_LIBRARIES = ("torch", "ultralytics-opencv-headless", "onnx", "onnxruntime", "openvino", "numpy")


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What to export, and where to."""

    targets: tuple[str, ...]
    """Of TARGETS; onnx is always made."""
    out: Path
    pictures: Path | None = None
    """Folder of pictures to compare on; validation pictures of the experiment when not given."""
    threshold: float | None = None
    """Score from which detections count, for all classes; by default what the recipe's rule chose."""


def export_model(experiment: Experiment, plan: ExportPlan) -> ModelDescription:
    """Export the experiment's detector into `plan.out`. Raises ModelError when an export differs from its checkpoint."""
    _check_targets(plan.targets)
    _check_threshold(plan.threshold)
    check_documents(experiment.recipe)
    with written_folder(plan.out) as folder:
        checkpoint, pictures = experiment.verify(), _pictures(experiment, plan.pictures)
        verifier = export_verifier(checkpoint, plan.targets, folder, pictures.samples)
        delivery = _Delivery(experiment, checkpoint, open_family(checkpoint.family), folder, verifier)
        exported = _export(delivery, plan.targets, folder)
        parity = _compare(delivery, exported, pictures)
        description = ModelDescription(
            kind="partsight-model",
            format=least_format(exported["onnx"].spec, verifier),
            name=experiment.recipe.name,
            class_names=delivery.checkpoint.class_names,
            spec=exported["onnx"].spec,
            **_operating_point(experiment, plan.threshold),
            networks={target: network_entry(folder, network.path) for target, network in exported.items()},
            verifier=verifier,
            parts=write_part_cards(experiment.recipe, experiment.import_parts(), folder, experiment.workspace),
            license=exported["onnx"].license,
            provenance=_provenance(experiment),
            parity=parity,
            machine=f"{platform.system()} {platform.machine()}, {num_cores()} cores",
            speed=_time(delivery, exported, pictures),
        )
        write_description(folder, description)
    return description


@dataclass(frozen=True, slots=True)
class _Delivery:
    experiment: Experiment
    checkpoint: Checkpoint
    family: DetectorFamily
    folder: Path
    """Where the model folder is being made."""
    verifier: VerifierEntry | None
    """As exported."""

    @property
    def image_size(self) -> int | None:
        return self.experiment.evaluate().evaluation.image_size

    def trained_detector(self, threads: int) -> Detector:
        detector = self.family.load(self.checkpoint, threads, image_size=self.image_size)
        if self.verifier is None:
            return detector
        return VerifiedDetector(detector, load_verifier(self.checkpoint, threads))

    def detector(self, target: str, network: ExportedNetwork, threads: int) -> Detector:
        """Open an exported network, with the exported verifier where there is one."""
        detector, names = self._exported(target, network, threads), self.checkpoint.class_names
        if self.verifier is None:
            return detector
        return VerifiedDetector(
            detector, open_verifier(self.folder, self.verifier, names, runtime=target, threads=threads)
        )

    def _exported(self, target: str, network: ExportedNetwork, threads: int) -> Detector:
        """Open it by our own runtimes, formats of others by the family."""
        if target not in RUNTIMES:
            return self.family.load_export(self.checkpoint, network)
        return open_network(target, network.path, network.spec, self.checkpoint.class_names, threads=threads)


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Pictures to compare on; samples without boxes when truth is unknown."""

    samples: tuple[Sample, ...]
    source: str
    has_truth: bool


def _check_targets(targets: Sequence[str]) -> None:
    unknown = [target for target in targets if target not in TARGETS]
    if unknown:
        raise DetectorError(f"{unknown[0]}: unknown target (`to`). Known: {', '.join(TARGETS)}.")


def _check_threshold(threshold: float | None) -> None:
    if threshold is not None and not 0 <= threshold <= 1:
        raise DetectorError(f"`threshold` {threshold}: expected a score from 0 to 1.")


def _operating_point(experiment: Experiment, threshold: float | None) -> dict[str, Any]:
    """Return what model.json says about the score from which detections count; one that is stated asks nobody."""
    if threshold is not None:
        return {"threshold": threshold, "threshold_source": "stated on export"}
    evaluation = experiment.evaluate().evaluation
    chosen = evaluation.choice.in_words if evaluation.choice else f"chosen on the {evaluation.threshold_source} set"
    source = {"threshold": evaluation.threshold, "threshold_source": chosen}
    return {**source, "class_thresholds": evaluation.class_thresholds}


def _export(delivery: _Delivery, targets: Sequence[str], folder: Path) -> dict[str, ExportedNetwork]:
    wanted = [target for target in TARGETS if target == "onnx" or target in targets]
    exported: dict[str, ExportedNetwork] = {}
    with delivery.experiment.progress.stage("export", len(wanted), "formats") as advance:
        for target in wanted:
            if target == "openvino":
                onnx = exported["onnx"]
                path = write_openvino(onnx.path, folder / target)
                exported[target] = ExportedNetwork(path, onnx.spec, onnx.license)
            else:
                place = folder if target == "onnx" else folder / target
                exported[target] = delivery.family.export(
                    delivery.checkpoint, target, place, image_size=delivery.image_size
                )
            advance(len(exported), target)
    return exported


def _pictures(experiment: Experiment, folder: Path | None) -> _Pictures:
    if folder is not None:
        paths = _spread(list_pictures(folder))
        return _Pictures(tuple(_unlabeled(path) for path in paths), f"{len(paths)} given pictures", has_truth=False)
    samples = _spread(experiment.assemble().splits.validation.samples)
    kinds = " and ".join(f"{kind}s" for kind in sorted({sample.source for sample in samples}))
    is_as_trained = (
        experiment.recipe.train.crop == 1 or kinds == "photos"
    )  # renders of crops are not what exports look at
    return _Pictures(tuple(samples), f"validation {kinds}", has_truth=is_as_trained)


def _spread(items: Sequence[Any]) -> list[Any]:
    """Return at most MOST_COMPARED items, evenly from all."""
    positions = np.unique(np.linspace(0, len(items) - 1, min(len(items), MOST_COMPARED)).round().astype(int))
    return [items[position] for position in positions]


def _unlabeled(path: Path) -> Sample:
    height, width = read_picture(path).shape[:2]
    return Sample(path.stem, path, (width, height), np.empty((0, 4)), np.empty(0, np.int64), "photo", "given")


def _compare(delivery: _Delivery, exported: Mapping[str, ExportedNetwork], pictures: _Pictures) -> tuple[Parity, ...]:
    """Run checkpoint and exports over the same pictures. Raises ModelError when one of them differs too much."""
    detectors = {"checkpoint": delivery.trained_detector(delivery.experiment.recipe.train.threads)}
    detectors |= {target: delivery.detector(target, network, 0) for target, network in exported.items()}
    found = _detect_all(delivery.experiment, detectors, pictures.samples)
    threshold = delivery.experiment.evaluate().evaluation.threshold
    maps = {name: _map50(delivery.experiment, pictures, detections) for name, detections in found.items()}
    parities = []
    for target in exported:
        map50s = _both(maps["checkpoint"], maps[target])
        comparison = ParityRun(target, found["checkpoint"], found[target], pictures.source, map50s)
        parities.append(measure_parity(comparison, threshold))
        check_parity(parities[-1])
    return tuple(parities)


def _detect_all(
    experiment: Experiment, detectors: Mapping[str, Detector], samples: Sequence[Sample]
) -> dict[str, list[Detections]]:
    section = experiment.recipe.evaluate
    found: dict[str, list[Detections]] = {name: [] for name in detectors}
    with experiment.progress.stage("compare", len(samples), "pictures") as advance:
        for number, sample in enumerate(samples, start=1):
            image = read_picture(sample.image_path)
            for name, detector in detectors.items():
                found[name] += detector.detect([image], section.min_score, section.max_detections)
            advance(number, "")
    return found


def _map50(experiment: Experiment, pictures: _Pictures, found: Sequence[Detections]) -> float | None:
    """Return mAP50 where truth is known, else None."""
    if not pictures.has_truth or not any(len(sample.class_ids) for sample in pictures.samples):
        return None
    truth = Dataset(experiment.recipe.class_names, pictures.samples)
    section = experiment.recipe.evaluate.but(bootstrap=0)
    judged = evaluate(match(truth, found), section, threshold=0.5, threshold_source="none", seed=0)
    return judged.overall.ap50


def _both(first: float | None, second: float | None) -> tuple[float, float] | None:
    return None if first is None or second is None else (first, second)


def _time(delivery: _Delivery, exported: Mapping[str, ExportedNetwork], pictures: _Pictures) -> tuple[SpeedRow, ...]:
    """Time each runtime of ours on a camera's frame, and the checkpoint beside them."""
    cores, size = num_cores(), exported["onnx"].spec.image_size
    image = resize(read_picture(pictures.samples[0].image_path), FRAME_WH)
    cases = [("checkpoint", threads, size) for threads in sorted({1, cores})]
    for target in (name for name in exported if name in RUNTIMES):
        cases += [(target, threads, size) for threads in sorted({1, cores})]
        cases += [(target, cores, _SMALL_INPUT)] if size > _SMALL_INPUT else []
    rows = []
    with delivery.experiment.progress.stage("time", len(cases), "settings") as advance:
        for case in cases:
            rows.append(_time_one(delivery, exported, image, case))
            advance(len(rows), f"{case[0]}, {case[1]} threads: {rows[-1].median_ms} ms")
    return tuple(rows)


def _time_one(
    delivery: _Delivery, exported: Mapping[str, ExportedNetwork], image: Image, case: tuple[str, int, int]
) -> SpeedRow:
    runtime, threads, size = case
    if runtime == "checkpoint":
        detector = delivery.trained_detector(threads)
    else:
        network = exported[runtime]
        resized = replace(network, spec=replace(network.spec, image_size=size))
        detector = delivery.detector(runtime, resized, threads)
    min_score = delivery.experiment.evaluate().evaluation.threshold
    return measure_speed(detector, image, runtime=runtime, threads=threads, image_size=size, min_score=min_score)


def _provenance(experiment: Experiment) -> dict[str, Any]:
    evaluation = experiment.evaluate().evaluation
    graph = experiment.settle()
    train = graph.recipe.train
    stages: list[Stage[Any, Any]] = [graph.parts, graph.used_renders, graph.dataset, graph.trainings[-1]]
    stages += [graph.verification] if graph.verification else []
    stages.append(graph.evaluation)
    return {
        "partsight": partsight.__version__,
        "recipe": hash_json(effective_recipe(graph.recipe)),
        "keys": {stage.name: stage.key for stage in stages},
        "trained": {
            "family": train.family,
            "model": train.network,
            "weights": Path(train.weights).name,
        },
        "test": {
            "num_images": evaluation.num_images,
            "num_boxes": evaluation.overall.num_boxes,
            "map50": _finite(evaluation.overall.ap50),
            "precision": _finite(evaluation.overall.precision),
            "recall": _finite(evaluation.overall.recall),
        },
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _LIBRARIES}},
    }


def _finite(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
