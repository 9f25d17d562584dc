"""YOLOv8, 11, 26 through the Ultralytics library. This family is AGPL-3.0; nothing outside it knows the library."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import numpy as np

from partsight.config.sections.train import TrainSection
from partsight.detector.detector import Checkpoint, ExportedNetwork, Tracker, TrainJob, TrialStep
from partsight.detector.families.half_precision import precision_of, run_in_bfloat16
from partsight.detector.families.ultralytics_csv import told_from_csv
from partsight.detector.families.ultralytics_export import NMS_IOU, export_network, open_exported
from partsight.detector.families.ultralytics_library import find_device, open_library, set_threads
from partsight.detector.families.ultralytics_trial import open_trial
from partsight.detector.families.ultralytics_weights import build_network, load_start, read_model, write_model
from partsight.errors import DetectorError
from partsight.structures.arrays import Image
from partsight.structures.detections import Detections

_AVERAGE_SHARE, _AVERAGE_STEPS = 0.1, 2000.0
"""The average of the weights, which is what is validated and kept, reaches back over this share of the steps, at most over so many."""
FINISHED = -1
"""The epoch that the library writes into checkpoints of finished trainings."""


class Family:
    """Trains and loads YOLO networks."""

    def train(self, job: TrainJob, tracker: Tracker) -> Checkpoint:
        """Train in `job.output_dir`, going on from the last finished epoch of a killed run. Raises DetectorError."""
        open_library()
        set_threads(job.section.threads)
        run_dir = job.output_dir.resolve() / "ultralytics"  # a relative one would land in the library's own runs folder
        if not _is_finished(run_dir):
            _run(job, run_dir, tracker)
        folder = job.output_dir / "model"
        write_model(folder, _read_own(run_dir / "weights" / "best.pt"), _description(job))
        return Checkpoint(folder, "ultralytics", job.class_names)

    def open_trial(self, section: TrainSection, num_classes: int) -> tuple[TrialStep, str]:
        """Return a training step with made-up pictures, and its device. Raises DetectorError."""
        open_library()
        set_threads(section.threads)
        wanted = find_device(section.device)
        device = "cpu" if wanted == "cpu" else f"cuda:{wanted.split(',')[0]}"
        return open_trial(section, num_classes, device), device

    def load(self, checkpoint: Checkpoint, threads: int, *, image_size: int | None = None) -> "YoloDetector":
        """Load a model folder; runs no code from it. Raises DetectorError."""
        library = open_library()
        set_threads(threads)
        network, description = read_model(checkpoint.path)
        if tuple(description["class_names"]) != checkpoint.class_names:
            raise DetectorError(
                f"{checkpoint.path}: was trained for {description['class_names']}, asked for as {list(checkpoint.class_names)}"
            )
        predictor = library.YOLO(f"{description['model']}.yaml")
        predictor.model = network
        return YoloDetector(checkpoint.class_names, predictor, image_size or description["image_size"])

    def export(
        self, checkpoint: Checkpoint, target: str, output_dir: Path, *, image_size: int | None = None
    ) -> ExportedNetwork:
        """Write the network as onnx, tensorrt, ncnn or coreml. Raises DetectorError, for missing packages too."""
        network, description = read_model(checkpoint.path)
        return export_network(network, image_size or description["image_size"], target, output_dir)

    def load_export(self, checkpoint: Checkpoint, exported: ExportedNetwork) -> "YoloDetector":
        """Load what `export` wrote through the library. Raises DetectorError."""
        return YoloDetector(checkpoint.class_names, open_exported(exported.path), exported.spec.image_size)


@dataclass(frozen=True, slots=True)
class YoloDetector:
    """A trained network that looks at pictures."""

    class_names: tuple[str, ...]
    predictor: Any
    image_size: int

    def detect(self, images: Sequence[Image], min_score: float, max_detections: int) -> list[Detections]:
        """Return the detections of each RGB picture, best first."""
        if not images:
            return []
        in_bgr = [np.ascontiguousarray(image[..., ::-1]) for image in images]
        results = self.predictor.predict(
            in_bgr,
            imgsz=self.image_size,
            conf=min_score,
            iou=NMS_IOU,
            max_det=max_detections,
            verbose=False,
            save=False,
        )
        return [_detections(result.boxes) for result in results]


def _detections(boxes: Any) -> Detections:
    scores = boxes.conf.cpu().numpy().astype(np.float64)
    order = np.argsort(-scores, kind="stable")
    return Detections(boxes.xyxy.cpu().numpy()[order], scores[order], boxes.cls.cpu().numpy().astype(np.int64)[order])


def _run(job: TrainJob, run_dir: Path, tracker: Tracker) -> None:
    """Train from the start, or from the last epoch a killed run finished."""
    from ultralytics.models.yolo.detect import DetectionTrainer

    last = run_dir / "weights" / "last.pt"
    start = {"resume": str(last)} if last.is_file() else {"model": str(_write_start(job))}
    trainer = DetectionTrainer(overrides={**_settings(job, run_dir), **start})
    _quiet(trainer)
    trainer.add_callback("on_pretrain_routine_end", _average_over_last_steps)
    if precision_of(job.section, trainer.device.type) == "bfloat16":
        trainer.add_callback("on_pretrain_routine_end", _halve)
    is_spread = "," in find_device(job.section.device)
    if not is_spread:
        trainer.add_callback("on_fit_epoch_end", _Reporter(tracker))
    try:
        with told_from_csv(run_dir / "results.csv", tracker) if is_spread else nullcontext():
            trainer.train()
    except (RuntimeError, FileNotFoundError, CalledProcessError) as error:
        raise DetectorError(
            f"{job.output_dir}: training stopped: {error}. Finished epochs are kept; run the command again."
        ) from error


def _write_start(job: TrainJob) -> Path:
    """Write the network training starts from, in the library's format, so that every start and every device takes one way."""
    import torch

    torch.manual_seed(job.seed)
    network = build_network(job.section.model, len(job.class_names))
    load_start(network, job.section)
    path = job.output_dir.resolve() / "start.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": network, "ema": None, "epoch": FINISHED, "train_args": {}}, path)
    return path


def _settings(job: TrainJob, run_dir: Path) -> dict[str, Any]:
    """Return the library's settings for a job."""
    section = job.section
    device = find_device(section.device)
    return {
        "data": str(job.data_yaml.resolve()),
        "project": str(run_dir.parent),
        "name": run_dir.name,
        "exist_ok": True,
        "pretrained": True,
        "epochs": section.epochs,
        "imgsz": section.image_size,
        "device": device,
        "seed": job.seed,
        "amp": precision_of(section, device) == "float16",  # the library knows no other on GPUs by itself
        "workers": 0 if device == "cpu" else 4,
        "patience": section.patience,
        **_optimization(section, job.batch),
        **_augmentation(section),
        "deterministic": True,
        "plots": False,
        "verbose": False,
    }


def _optimization(section: TrainSection, batch: int) -> Mapping[str, Any]:
    """Steps are never gathered over batches (nbs): on small sets the library would hardly step at all."""
    return {
        "batch": batch,
        "nbs": batch,
        "optimizer": section.optimizer,
        "lr0": section.learning_rate,
        "lrf": 0.01,
        "cos_lr": True,
        "weight_decay": section.weight_decay,
        "warmup_epochs": section.warmup_epochs,
        "warmup_bias_lr": 0.0,
        "freeze": section.freeze or None,
    }


def _augmentation(section: TrainSection) -> Mapping[str, Any]:
    hue, saturation, value = section.augment.hsv
    return {
        "mosaic": section.augment.mosaic,
        "close_mosaic": min(section.augment.close_mosaic, section.epochs),
        "mixup": section.augment.mixup,
        "hsv_h": hue,
        "hsv_s": saturation,
        "hsv_v": value,
        "degrees": section.augment.rotate_deg,
        "scale": section.augment.scale,
        "fliplr": section.augment.flip,
        "erasing": 0.0,
    }


def _average_over_last_steps(trainer: Any) -> None:
    """Let the average of the weights reach back over a tenth of the steps so far.

    The library's reaches back over a step or two in a training of less than a thousand: none at all.
    """
    trainer.ema.decay = lambda steps: 1 - 1 / (1 + min(_AVERAGE_SHARE * steps, _AVERAGE_STEPS))


def _halve(trainer: Any) -> None:
    """Compute in bfloat16; the average of the weights only lies in memory as they do."""
    import torch

    run_in_bfloat16(trainer.model)
    trainer.ema.ema.to(memory_format=torch.channels_last)


class _Reporter:
    """Tells the tracker each epoch's figures once; the library's last validation is no epoch."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._last_epoch = 0

    def __call__(self, trainer: Any) -> None:
        epoch = trainer.epoch + 1
        if not self._last_epoch < epoch <= trainer.epochs or not trainer.metrics:
            return
        self._last_epoch = epoch
        losses = trainer.label_loss_items(trainer.tloss, prefix="train")
        figures = {**losses, **trainer.metrics, "seconds": trainer.epoch_time or 0.0}
        self._tracker(epoch, {name: float(value) for name, value in figures.items()})


def _quiet(trainer: Any) -> None:
    """Drop the callbacks of every online service."""
    for name, callbacks in trainer.callbacks.items():
        trainer.callbacks[name] = [call for call in callbacks if not _is_service(call)]


def _is_service(call: Any) -> bool:
    module = getattr(call, "__module__", "")
    return module.startswith("ultralytics.utils.callbacks.") and not module.endswith(".base")


def _is_finished(run_dir: Path) -> bool:
    """Return whether a run trained all its epochs before it was stopped."""
    weights = run_dir / "weights"
    if not ((weights / "best.pt").is_file() and (weights / "last.pt").is_file()):
        return False
    import torch

    last = torch.load(weights / "last.pt", map_location="cpu", weights_only=False)  # written by this family
    return bool(last["epoch"] == FINISHED)


def _read_own(path: Path) -> Any:
    """Read a checkpoint that this run has written."""
    import torch

    content = torch.load(path, map_location="cpu", weights_only=False)  # written by this family
    return content.get("ema") or content["model"]


def _description(job: TrainJob) -> dict[str, Any]:
    import torch
    import ultralytics

    return {
        "format": 1,
        "family": "ultralytics",
        "model": job.section.model,
        "class_names": list(job.class_names),
        "image_size": job.section.detect_size,
        "seed": job.seed,
        "train": {**job.section.model_dump(mode="json"), "batch": job.batch},
        "precision": precision_of(job.section, find_device(job.section.device)),
        "versions": {"ultralytics": ultralytics.__version__, "torch": torch.__version__},
    }
