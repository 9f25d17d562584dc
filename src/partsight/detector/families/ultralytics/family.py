"""YOLOv8, 11, 26 through the Ultralytics library. This family is AGPL-3.0; nothing outside it knows the library."""

import copy
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import numpy as np

from partsight.config.sections.train import TrainSection
from partsight.detector.batch_size import Say
from partsight.detector.detector import Checkpoint, ExportedNetwork, Tracker, TrainJob, TrialStep, say_nothing
from partsight.detector.families.half_precision import precision_of, run_in_bfloat16
from partsight.detector.families.ultralytics.csv_progress import told_from_csv
from partsight.detector.families.ultralytics.data import checked_data
from partsight.detector.families.ultralytics.export import NMS_IOU, export_network, open_exported
from partsight.detector.families.ultralytics.library import find_architecture, find_device, open_library, set_threads
from partsight.detector.families.ultralytics.trial import open_trial
from partsight.detector.families.ultralytics.weights import (
    build_network,
    fetch_weights,
    finds_masks,
    load_start,
    read_model,
    write_model,
)
from partsight.detector.letterbox import place_in
from partsight.detector.mask_decoding import decode_masks
from partsight.errors import DetectorError
from partsight.files import is_refusal, storage_error, write_bytes
from partsight.structures.arrays import Image, IntArray
from partsight.structures.detections import Detections

_AVERAGE_SHARE, _AVERAGE_STEPS = 0.1, 2000.0
"""The average of the weights, which is what is validated and kept, reaches back over this share of the steps, at most over so many."""

_RUN_FOLDER = "ultralytics"


def open_family() -> "UltralyticsFamily":
    """Return the family."""
    return UltralyticsFamily()


class UltralyticsFamily:
    """Trains and loads YOLO networks."""

    def train(self, job: TrainJob, tracker: Tracker, *, say: Say = say_nothing) -> Checkpoint:
        """Train in `job.output_dir`, going on from the last finished epoch of a killed run. Raises DetectorError and StorageError."""
        folder = job.output_dir / "model"
        with _told_errors(job.output_dir):
            open_library()
            set_threads(job.section.threads)
            write_model(folder, _train(job, tracker, say), _description(job))
            _delete_unneeded(job.output_dir)
        return Checkpoint(folder, "ultralytics", job.class_names)

    def open_trial(self, section: TrainSection, num_classes: int) -> tuple[TrialStep, str]:
        """Return a training step with made-up pictures, and its device. Raises DetectorError."""
        open_library()
        set_threads(section.threads)
        wanted = find_device(section.device)
        device = "cpu" if wanted == "cpu" else f"cuda:{wanted.split(',')[0]}"
        return open_trial(section, num_classes, device), device

    def load(
        self, checkpoint: Checkpoint, threads: int, *, image_size: int | None = None
    ) -> "YoloDetector | YoloMaskDetector":
        """Load a model folder; runs no code from it. Raises DetectorError."""
        library = open_library()
        set_threads(threads)
        network, description = read_model(checkpoint.path)
        if tuple(description["class_names"]) != checkpoint.class_names:
            raise DetectorError(
                f"{checkpoint.path}: was trained for {description['class_names']}, asked for as {list(checkpoint.class_names)}"
            )
        predictor = library.YOLO(str(find_architecture(description["model"])))
        predictor.model = network
        if finds_masks(description["model"]):
            return YoloMaskDetector(checkpoint.class_names, predictor, image_size or description["image_size"])
        return YoloDetector(checkpoint.class_names, predictor, image_size or description["image_size"])

    def export(
        self, checkpoint: Checkpoint, target: str, output_dir: Path, *, image_size: int | None = None
    ) -> ExportedNetwork:
        """Write the network as onnx, tensorrt, ncnn or coreml. Raises DetectorError, for missing packages too."""
        network, description = read_model(checkpoint.path)
        network.task = "segment" if finds_masks(description["model"]) else "detect"
        return export_network(network, image_size or description["image_size"], target, output_dir)

    def fetch_weights(self, model: str, folder: Path) -> Path:
        """Fetch the library's own weights into a folder, with the user's word. Raises DetectorError."""
        return fetch_weights(model, folder)

    def load_export(self, checkpoint: Checkpoint, exported: ExportedNetwork) -> "YoloDetector | YoloMaskDetector":
        """Load what `export` wrote through the library. Raises DetectorError."""
        names, size = checkpoint.class_names, exported.spec.image_size
        if exported.spec.output == "mask candidates":
            return YoloMaskDetector(names, open_exported(exported.path, "segment"), size)
        return YoloDetector(names, open_exported(exported.path, "detect"), size)


@dataclass(frozen=True, slots=True)
class YoloDetector:
    """A trained network that looks at pictures."""

    class_names: tuple[str, ...]
    predictor: Any
    image_size: int

    def detect(self, images: Sequence[Image], min_score: float, max_detections: int) -> list[Detections]:
        """Return the detections of each RGB picture, best first."""
        results = _predict(self.predictor, images, imgsz=self.image_size, conf=min_score, max_det=max_detections)
        return [_detections(result.boxes) for result in results]


@dataclass(frozen=True, slots=True)
class YoloMaskDetector:
    """A trained network that finds the pixels of things as well."""

    class_names: tuple[str, ...]
    predictor: Any
    image_size: int

    def detect(self, images: Sequence[Image], min_score: float, max_detections: int) -> list[Detections]:
        """Return the detections of each RGB picture, best first, with masks."""
        from partsight.detector.families.ultralytics.predictor import MixturePredictor

        settings = {"imgsz": self.image_size, "conf": min_score, "max_det": max_detections}
        results = _predict(self.predictor, images, predictor=MixturePredictor, **settings)
        return [_masked(result) for result in results]


def _predict(yolo: Any, images: Sequence[Image], **settings: Any) -> Any:
    if not images:
        return []
    in_bgr = [np.ascontiguousarray(image[..., ::-1]) for image in images]
    return yolo.predict(in_bgr, iou=NMS_IOU, verbose=False, save=False, **settings)


def _masked(result: Any) -> Detections:
    """Make the masks of a picture's boxes; the library scores them best first, as we do."""
    found = _detections(result.boxes)
    height, width = result.orig_shape
    placement = place_in((width, height), result.input_wh)
    mixtures = result.mixtures.float().cpu().numpy()[_best_first(result.boxes)]
    masks = decode_masks(mixtures, result.prototypes.float().cpu().numpy(), found.boxes_xyxy, placement)
    return replace(found, masks=masks)


def _best_first(boxes: Any) -> IntArray:
    return np.argsort(-boxes.conf.cpu().numpy().astype(np.float64), kind="stable")


def _detections(boxes: Any) -> Detections:
    scores, order = boxes.conf.cpu().numpy().astype(np.float64), _best_first(boxes)
    return Detections(boxes.xyxy.cpu().numpy()[order], scores[order], boxes.cls.cpu().numpy().astype(np.int64)[order])


def _train(job: TrainJob, tracker: Tracker, say: Say) -> Any:
    """Return the best network of a training: of one that ran to its end before, or of one that does now."""
    from partsight.detector.families.training_state import find_state, read_state
    from partsight.detector.families.ultralytics.trainer import STATE

    run_dir = job.output_dir.resolve() / _RUN_FOLDER  # a relative one would land in the library's own runs folder
    network = build_network(job.section.network, len(job.class_names))
    _tell_of_old(run_dir, say)
    state = find_state(run_dir / STATE, partial(_find_misfit, network, _settings(job, run_dir)), say)
    if state is None or not state["is_finished"]:
        _run(job, run_dir, tracker, resume=state is not None)
        state = read_state(run_dir / STATE)
    network.load_state_dict(state["best_weights"])
    return network


def _run(job: TrainJob, run_dir: Path, tracker: Tracker, *, resume: bool) -> None:
    """Train from the start, or from the last epoch a killed run finished."""
    from partsight.detector.families.ultralytics.trainer import Trainer

    if not resume:
        _write_start(job)
    trainer = Trainer(overrides={**_settings(job, run_dir), "resume": resume})
    _quiet(trainer)
    trainer.add_callback("on_pretrain_routine_end", _average_over_last_steps)
    if precision_of(job.section, trainer.device.type) == "bfloat16":
        trainer.add_callback("on_pretrain_routine_end", _halve)
    is_spread = "," in find_device(job.section.device)
    if not is_spread:
        trainer.add_callback("on_fit_epoch_end", _Reporter(job, tracker))
    with told_from_csv(run_dir / "results.csv", tracker) if is_spread else nullcontext():
        trainer.train()


@contextmanager
def _told_errors(output_dir: Path) -> Iterator[None]:
    """Turn what the library and the disk refuse into errors that say what to do. Raises DetectorError and StorageError."""
    kept = "Finished epochs are kept; run the command again."
    try:
        yield
    except OSError as error:
        if is_refusal(error):
            raise storage_error(Path(error.filename or output_dir), error) from error
        raise DetectorError(f"{output_dir}: training stopped: {error}. {kept}") from error
    except CalledProcessError as error:
        free = shutil.disk_usage(output_dir).free / 1e6
        raise DetectorError(
            f"{output_dir}: training stopped: {error}. The processes of the GPUs said why above; {free:,.1f} MB are free on the disk. "
            f"{kept}"
        ) from error
    except RuntimeError as error:
        raise DetectorError(f"{output_dir}: training stopped: {error}. {kept}") from error


def _tell_of_old(run_dir: Path, say: Say) -> None:
    """Delete the checkpoints of earlier versions: going on from them would run what is in them."""
    weights = run_dir / "weights"
    left = sorted(weights.glob("*.pt")) if weights.is_dir() else []
    if left:
        say(f"{weights}: left unfinished by an earlier version. The training starts from the beginning.")
    for path in left:
        path.unlink()


def _delete_unneeded(output_dir: Path) -> None:
    """Delete what only an unfinished training needs; best weights and figures stay."""
    from partsight.detector.families.training_state import delete_file, forget_earlier
    from partsight.detector.families.ultralytics.trainer import START, STATE

    forget_earlier(output_dir / _RUN_FOLDER / STATE)
    delete_file(output_dir / START)


def _find_misfit(network: Any, settings: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """Say why a state is none of a training of this network with these settings; "" when it is."""
    from ultralytics.cfg import DEFAULT_CFG, get_cfg

    from partsight.detector.families.ultralytics.trainer import find_misfit

    return find_misfit(state, network, get_cfg(DEFAULT_CFG, dict(settings)))


def _write_start(job: TrainJob) -> Path:
    """Write the weights that training starts from, so that every start and every device takes one way."""
    import torch
    from safetensors.torch import save

    from partsight.detector.families.ultralytics.trainer import START

    torch.manual_seed(job.seed)
    network = build_network(job.section.network, len(job.class_names))
    load_start(network, job.section)
    path = job.output_dir.resolve() / START
    write_bytes(path, save({name: value.contiguous() for name, value in network.state_dict().items()}))
    return path


def _settings(job: TrainJob, run_dir: Path) -> dict[str, Any]:
    """Return the library's settings for a job."""
    section = job.section
    device = find_device(section.device)
    return {
        "model": f"{section.network}.yaml",
        "task": section.task,
        "data": str(checked_data(job.data_yaml)),
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

    def __init__(self, job: TrainJob, tracker: Tracker) -> None:
        self._job, self._tracker = job, tracker
        self._last_epoch = 0

    def __call__(self, trainer: Any) -> None:
        epoch = trainer.epoch + 1
        if not self._last_epoch < epoch <= trainer.epochs or not trainer.metrics:
            return
        self._last_epoch = epoch
        losses = trainer.label_loss_items(trainer.tloss, prefix="train")
        figures = {**losses, **trainer.metrics, "seconds": trainer.epoch_time or 0.0}
        self._tracker(epoch, {name: float(value) for name, value in figures.items()})
        if self._job.look is not None:
            self._job.look(epoch, partial(_detector_of, trainer, self._job))


def _detector_of(trainer: Any, job: TrainJob) -> YoloDetector:
    """Return a detector with a copy of the averaged weights; what is random in the training goes on as if it had not been made."""
    import torch

    with torch.random.fork_rng(devices=()):  # it is built on the CPU
        predictor = open_library().YOLO(str(find_architecture(job.section.network)))
    predictor.model = copy.deepcopy(trainer.ema.ema)
    return YoloDetector(job.class_names, predictor, job.section.detect_size)


def _quiet(trainer: Any) -> None:
    """Drop the callbacks of every online service."""
    for name, callbacks in trainer.callbacks.items():
        trainer.callbacks[name] = [call for call in callbacks if not _is_service(call)]


def _is_service(call: Any) -> bool:
    module = getattr(call, "__module__", "")
    return module.startswith("ultralytics.utils.callbacks.") and not module.endswith(".base")


def _description(job: TrainJob) -> dict[str, Any]:
    import torch
    import ultralytics

    return {
        "format": 1,
        "family": "ultralytics",
        "model": job.section.network,
        "task": job.section.task,
        "class_names": list(job.class_names),
        "image_size": job.section.detect_size,
        "seed": job.seed,
        "train": {**job.section.model_dump(mode="json"), "batch": job.batch},
        "precision": precision_of(job.section, find_device(job.section.device)),
        "versions": {"ultralytics": ultralytics.__version__, "torch": torch.__version__},
    }
