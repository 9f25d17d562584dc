"""The library's trainer with files of ours: none of its checkpoints is written, and none is read, for reading one runs what is in it.

Processes on several GPUs import this class by its name. All that it needs beyond its settings lies in the folder above its own.
"""

import copy
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import ultralytics.data.dataset
from safetensors.torch import load_file
from torch import distributed
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.models.yolo.segment import SegmentationValidator
from ultralytics.utils import RANK
from ultralytics.utils.torch_utils import unwrap_model

from partsight.detector.families.training_state import has_same_shapes, read_state, write_state
from partsight.detector.families.ultralytics.library import open_library
from partsight.detector.families.ultralytics.weights import build_network
from partsight.errors import DetectorError
from partsight.files import hash_json, write_text

START, STATE = "start.safetensors", "state.pt"
"""Names of the weights that training starts from, beside the trainer's folder, and of the state in it."""
_MOST_RECOVERIES = 3
KEPT_SETTINGS = (
    "model", "epochs", "imgsz", "seed", "optimizer", "lr0", "lrf", "cos_lr", "weight_decay", "warmup_epochs", "warmup_bias_lr",
    "freeze", "mosaic", "close_mosaic", "mixup", "hsv_h", "hsv_s", "hsv_v", "degrees", "scale", "fliplr", "erasing",
)  # fmt: skip
"""Settings that hold from the beginning of a training to its end, wherever it goes on."""


def settings_key(args: Any) -> str:
    """Return a hash of the settings that hold for all of a training."""
    return hash_json({name: str(getattr(args, name)) for name in KEPT_SETTINGS})


def find_misfit(state: Mapping[str, Any], network: Any, args: Any) -> str:
    """Say why a state is none of a training of this network with these settings; "" when it is."""
    if state.get("settings") != settings_key(args):
        return "it is of a training with other settings"
    if not all(isinstance(state.get(name), kind) for name, kind in _FIGURES.items()):
        return "it lacks figures"
    is_finished, own = state["is_finished"], network.state_dict()
    if not is_finished and not 0 <= state["epoch"] < args.epochs - 1:
        return f"it is of epoch {state['epoch'] + 1} of {args.epochs}"
    weights, others = (("best_weights",), ()) if is_finished else (_WEIGHTS, ("optimizer", "scaler"))
    if not all(has_same_shapes(state.get(name), own) for name in weights):
        return "its weights are of another network"
    return "" if all(isinstance(state.get(name), dict) for name in others) else "it lacks the optimizer"


_WEIGHTS = ("best_weights", "model", "average")
_FIGURES: Mapping[str, type] = {
    "epoch": int, "is_finished": bool, "updates": int, "best_fitness": float, "patient_fitness": float, "best_epoch": int
}  # fmt: skip


class Trainer(DetectionTrainer):
    """Trains as the library does, and goes on from a state of plain values when the setting `resume` is True."""

    def check_resume(self, overrides: Mapping[str, Any]) -> None:
        """Take the settings as they are given, never from a checkpoint."""
        del overrides
        open_library()  # processes on several GPUs have not done so yet
        self.resume = bool(self.args.resume)
        self.best_weights: Mapping[str, torch.Tensor] | None = None
        self.settings_key = settings_key(self.args)
        _read_labels_from_text()

    def get_validator(self) -> Any:
        """Return who validates: boxes, and masks where they are learned."""
        if self.args.task != "segment":
            return super().get_validator()
        return SegmentationValidator(
            self.test_loader, save_dir=self.save_dir, args=copy.copy(self.args), _callbacks=self.callbacks
        )

    def setup_model(self) -> None:
        """Build the network, with the weights that training starts from unless it goes on."""
        self.model = build_network(Path(self.args.model).stem, self.data["nc"])
        if not self.resume:
            self.model.load_state_dict(load_file(self.save_dir.parent / START))

    def resume_training(self, ckpt: None) -> None:
        """Go on from the newest state. Raises DetectorError when it is damaged."""
        del ckpt
        if self.resume:
            path = self.save_dir / STATE
            state = read_state(path)
            try:
                self._take_over(state)
            except (LookupError, RuntimeError, TypeError, ValueError) as error:
                raise DetectorError(
                    f"{path}: no state of this training ({error}). Delete it to train again."
                ) from error
            stopper = {"best_fitness": state["patient_fitness"], "best_epoch": state["best_epoch"]}
            super().resume_training(
                {"epoch": state["epoch"], "best_fitness": state["best_fitness"], "stopper": stopper}
            )

    def save_model(self) -> bool:
        """Write the state: all that the next epochs need, or only the best weights after the last epoch. Raises StorageError."""
        self._mend_average()
        if self.best_weights is None or self.fitness == self.best_fitness:
            self.best_weights = {name: _halved(value) for name, value in self.ema.ema.state_dict().items()}
        kept = {} if self.stop else self._unfinished()
        write_state(self.save_dir / STATE, {**self._figures(), **kept, "best_weights": self.best_weights})
        return True

    def save_metrics(self, metrics: Mapping[str, float]) -> None:
        """Add a row to the table of epochs, which is whole at any moment. Raises StorageError."""
        header = ",".join(["epoch", "time", *metrics])
        numbers = (self.epoch + 1, time.time() - self.train_time_start, *metrics.values())
        row = ",".join(f"{number:.6g}" for number in numbers)
        earlier = self.csv.read_text().splitlines()[1:] if self.csv.is_file() else []
        kept = [line for line in earlier if line.split(",")[0] in map(str, range(1, self.epoch + 1))]
        write_text(self.csv, "\n".join([header, *kept, row, ""]))

    def final_eval(self) -> None:
        """Leave it: the best weights are kept by their figures, and judged elsewhere."""

    def _handle_nan_recovery(self, epoch: int) -> bool:
        """Return whether this epoch was lost, and the training set back to the one before. Raises RuntimeError after three times."""
        if not self._is_lost() or epoch == self.start_epoch:
            return False
        self.nan_recovery_attempts += 1
        if self.nan_recovery_attempts > _MOST_RECOVERIES:
            raise RuntimeError("the loss is no number, again and again. Lower train.learning_rate")
        self._model_train()
        self._take_over(read_state(self.save_dir / STATE))
        self.scheduler.last_epoch = epoch - 1
        return True

    def _is_lost(self) -> bool:
        """Return whether the loss or the validation is no number; all processes answer as the first does."""
        lost = not torch.isfinite(self.loss.detach()).all() or not math.isfinite(self.fitness or 0.0)
        if RANK == -1:
            return bool(lost)
        answers = [lost if RANK == 0 else None]
        distributed.broadcast_object_list(answers, 0)
        return bool(answers[0])

    def _take_over(self, state: Mapping[str, Any]) -> None:
        """Set weights, average, optimizer and figures to those of a state."""
        unwrap_model(self.model).load_state_dict(state["model"])
        self.ema.ema.load_state_dict(state["average"])
        self.ema.updates = state["updates"]
        optimizer = copy.deepcopy(state["optimizer"])
        for group, own in zip(optimizer["param_groups"], self.optimizer.param_groups, strict=True):
            group["fused"] = own.get("fused")  # a matter of the device
        self.optimizer.load_state_dict(optimizer)
        self.scaler.load_state_dict(state["scaler"])
        self.best_fitness, self.best_weights = state["best_fitness"], state["best_weights"]
        self.stopper.best_fitness, self.stopper.best_epoch = state["patient_fitness"], state["best_epoch"]

    def _figures(self) -> dict[str, Any]:
        return {
            "settings": self.settings_key,
            "epoch": self.epoch,
            "is_finished": bool(self.stop),
            "updates": self.ema.updates,
            "best_fitness": float(self.best_fitness),
            "patient_fitness": float(self.stopper.best_fitness),
            "best_epoch": self.stopper.best_epoch,
        }

    def _unfinished(self) -> dict[str, Any]:
        return {
            "model": unwrap_model(self.model).state_dict(),
            "average": self.ema.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def _mend_average(self) -> None:
        """Replace what is no number in the average by the network's own, lest it stay so for ever."""
        own = unwrap_model(self.model).state_dict()
        for name, value in self.ema.ema.state_dict().items():
            if not torch.isfinite(value).all() and torch.isfinite(own[name]).all():
                value.copy_(own[name])


def _halved(value: torch.Tensor) -> torch.Tensor:
    """Return a copy on the CPU, in 16 bits where it is a number with a fraction, at most the largest of these."""
    if not value.is_floating_point():
        return value.detach().cpu().clone()
    return torch.nan_to_num(value.detach().half()).cpu().contiguous()


def _read_labels_from_text() -> None:
    """Let the library read labels from their text files only: its own summaries of them are pickled."""
    ultralytics.data.dataset.load_dataset_cache_file = _find_no_summary
    ultralytics.data.dataset.save_dataset_cache_file = _write_no_summary


def _find_no_summary(path: Path) -> Any:
    raise FileNotFoundError(path)


def _write_no_summary(_prefix: str, _path: Path, summary: dict[str, Any], version: str) -> None:
    """Write nothing, for it would never be read; the library expects the version in it."""
    summary["version"] = version
