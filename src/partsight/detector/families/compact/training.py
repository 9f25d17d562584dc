"""How the compact family learns: AdamW or SGD, a cosine of the rate, an average of the weights, a state after every epoch.

On a CPU a resumed training ends with the very weights of an undisturbed one: nothing is random but what seed and epoch say.
"""

import copy
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from partsight.config.sections.train import TrainSection
from partsight.detector.batch_size import Say
from partsight.detector.detector import Tracker, TrainJob, TrialStep
from partsight.detector.families.compact.loss import Targets, detection_loss
from partsight.detector.families.compact.network import CompactNetwork, build_network
from partsight.detector.families.compact.pictures import Labeled, PictureSet, read_pictures, vary
from partsight.detector.families.compact.validation import validate
from partsight.detector.families.compact.weights import load_start
from partsight.detector.families.half_precision import precision_of
from partsight.detector.families.training_state import find_state, has_same_shapes, write_state
from partsight.errors import DetectorError
from partsight.files import hash_json

STATE = "state.pt"
_LAST_RATE = 0.01
"""Share of the peak rate at the end."""
_AVERAGE_SHARE, _AVERAGE_STEPS = 0.02, 1000.0
"""The average reaches back over this share of the steps so far, and at most over so many: over more, the networks that are
averaged differ too much, and their mean finds less than the last of them."""
_LARGEST_GRADIENT = 10.0
_LOADERS = 8
"""Threads that read pictures for a GPU."""


@dataclass(slots=True)
class TrainingState:
    """All that goes on from one epoch to the next."""

    network: CompactNetwork
    average: CompactNetwork
    optimizer: torch.optim.Optimizer
    epoch: int = 0
    """Finished epochs."""
    steps: int = 0
    best: float = -1.0
    best_epoch: int = 0
    best_weights: dict[str, torch.Tensor] | None = None


def train_network(
    job: TrainJob, device: str, tracker: Tracker, *, say: Say, look: Callable[[int, CompactNetwork], None]
) -> CompactNetwork:
    """Train and return the network that did best on the validation pictures. Raises DetectorError and StorageError."""
    section = job.section
    train, validation = (read_pictures(job.data_yaml, split, section.image_size) for split in ("train", "val"))
    state_path = job.output_dir / STATE
    state = _start(section, len(job.class_names), job.seed, device)
    key = _settings_key(job)
    found = find_state(state_path, partial(_find_misfit, state, key), say)
    if found is not None:
        _take_over(state, found)
    while state.epoch < section.epochs and not _is_enough(state, section):
        started = time.monotonic()
        figures = _run_epoch(state, train, job, device)
        figures |= validate(state.average, validation, len(job.class_names), device)
        _remember(state, figures["val/mAP50-95"])
        write_state(state_path, {**_content(state), "settings": key})
        tracker(state.epoch, {**figures, "seconds": time.monotonic() - started})
        look(state.epoch, state.average)
    best = copy.deepcopy(state.average)
    best.load_state_dict(state.best_weights or state.average.state_dict())
    return best.cpu().eval()


def open_trial(section: TrainSection, num_classes: int, device: str) -> TrialStep:
    """Return what makes a training step with made-up pictures."""
    state = _start(section, num_classes, 0, device)
    _set_training(state.network, section.freeze)
    side, rng = section.image_size, np.random.default_rng(0)
    boxes = np.array([[0.1, 0.1, 0.4, 0.3], [0.5, 0.2, 0.9, 0.9], [0.2, 0.6, 0.3, 0.7], [0.05, 0.8, 0.2, 0.9]]) * side
    picture = Labeled(rng.integers(0, 256, (side, side, 3), np.uint8), boxes, np.arange(len(boxes)) % num_classes)

    def step(size: int) -> None:
        with torch.autocast("cuda", enabled=precision_of(section, device) == "float16"):
            _step(state, [picture] * size, device)
        if device != "cpu":
            torch.cuda.synchronize(device)

    return step


def _start(section: TrainSection, num_classes: int, seed: int, device: str) -> TrainingState:
    torch.manual_seed(seed)
    network = build_network(section.model, num_classes)
    load_start(network, section)
    for stage in network.stages()[: section.freeze]:
        stage.requires_grad_(requires_grad=False)
    network = network.to(device, memory_format=torch.channels_last)  # a sixth faster on CPU
    average = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
    return TrainingState(network, average, _optimizer(network, section))


def _optimizer(network: nn.Module, section: TrainSection) -> torch.optim.Optimizer:
    """Weights decay, biases and norms do not."""
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [one for one in learning if one.ndim > 1], "weight_decay": section.weight_decay},
        {"params": [one for one in learning if one.ndim <= 1], "weight_decay": 0.0},
    ]
    if section.optimizer == "SGD":
        return torch.optim.SGD(groups, lr=section.learning_rate, momentum=0.9, nesterov=True)
    return torch.optim.AdamW(groups, lr=section.learning_rate)


def _run_epoch(state: TrainingState, pictures: PictureSet, job: TrainJob, device: str) -> dict[str, float]:
    """Pass all training pictures once; return the mean losses."""
    section, sums, num_steps = job.section, {"box_loss": 0.0, "class_loss": 0.0}, 0
    _set_training(state.network, section.freeze)
    per_epoch = math.ceil(len(pictures) / job.batch)
    with torch.autocast("cuda", enabled=precision_of(section, device) == "float16"):
        for batch in _batches(pictures, job, state.epoch, device):
            _set_rate(state, section, per_epoch)
            losses = _step(state, batch, device)
            sums = {name: value + losses[name] for name, value in sums.items()}
            num_steps += 1
    state.epoch += 1
    return {f"train/{name}": value / num_steps for name, value in sums.items()}


def _step(state: TrainingState, batch: list[Labeled], device: str) -> dict[str, float]:
    pixels = torch.from_numpy(np.stack([one.image for one in batch])).to(device)
    boxes, logits = state.network(pixels.permute(0, 3, 1, 2).float() / 255.0)
    targets = [
        Targets(torch.from_numpy(one.boxes_xyxy).float().to(device), torch.from_numpy(one.class_ids).to(device))
        for one in batch
    ]
    loss, parts = detection_loss(boxes, logits, targets, (pixels.shape[1], pixels.shape[2]))
    if not torch.isfinite(loss):
        raise DetectorError(
            f"training diverged in epoch {state.epoch + 1}: the loss is no number. Lower train.learning_rate."
        )
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(state.network.parameters(), _LARGEST_GRADIENT)
    state.optimizer.step()
    state.steps += 1
    _follow(state)
    return parts


def _set_training(network: CompactNetwork, num_frozen: int) -> None:
    """Frozen stages keep their statistics too."""
    network.train()
    for stage in network.stages()[:num_frozen]:
        stage.eval()


def _set_rate(state: TrainingState, section: TrainSection, per_epoch: int) -> None:
    """Rise in a straight line, then fall along a cosine."""
    warmup, total = section.warmup_epochs * per_epoch, section.epochs * per_epoch
    progress = min(max(state.steps - warmup, 0.0) / max(total - warmup, 1.0), 1.0)
    rate = section.learning_rate * (_LAST_RATE + (1 - _LAST_RATE) * (1 + math.cos(math.pi * progress)) / 2)
    if state.steps < warmup:
        rate = section.learning_rate * (state.steps + 1) / (warmup + 1)
    for group in state.optimizer.param_groups:
        group["lr"] = rate


def _follow(state: TrainingState) -> None:
    """Move the average towards the network."""
    decay = 1 - 1 / (1 + min(_AVERAGE_SHARE * state.steps, _AVERAGE_STEPS))
    with torch.no_grad():
        own = state.network.state_dict()
        for name, value in state.average.state_dict().items():
            if value.is_floating_point():
                value.mul_(decay).add_(own[name], alpha=1 - decay)
            else:
                value.copy_(own[name])


def _batches(pictures: PictureSet, job: TrainJob, epoch: int, device: str) -> Iterator[list[Labeled]]:
    """Yield the pictures of an epoch in an order drawn anew, each varied by draws of its own."""
    order = np.random.default_rng([job.seed, epoch]).permutation(len(pictures)).tolist()
    has_mosaic = epoch < job.section.epochs - job.section.augment.close_mosaic

    def make(place: int) -> Labeled:
        rng = np.random.default_rng([job.seed, epoch, place])
        return vary(pictures, order[place], job.section, rng, mosaic=has_mosaic)

    size = job.batch
    chunks = [range(start, min(start + size, len(order))) for start in range(0, len(order), size)]
    if device == "cpu":
        yield from ([make(place) for place in chunk] for chunk in chunks)
        return
    with ThreadPoolExecutor(_LOADERS) as pool:
        waiting = iter(chunks)
        ahead = [[pool.submit(make, place) for place in chunk] for chunk in itertools.islice(waiting, 4)]
        while ahead:
            ready = ahead.pop(0)
            ahead += [[pool.submit(make, place) for place in chunk] for chunk in itertools.islice(waiting, 1)]
            yield [one.result() for one in ready]


def _is_enough(state: TrainingState, section: TrainSection) -> bool:
    return bool(section.patience) and state.epoch - state.best_epoch >= section.patience


def _remember(state: TrainingState, figure: float) -> None:
    """Keep the weights of the best epoch; of equals the later, which has seen more."""
    if figure >= state.best:
        state.best, state.best_epoch = figure, state.epoch
        state.best_weights = {name: value.detach().cpu().clone() for name, value in state.average.state_dict().items()}


_COUNTS: Mapping[str, type] = {"epoch": int, "steps": int, "best": float, "best_epoch": int}


def _content(state: TrainingState) -> dict[str, Any]:
    return {
        "network": state.network.state_dict(),
        "average": state.average.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "best_weights": state.best_weights,
        **{name: getattr(state, name) for name in _COUNTS},
    }


def _settings_key(job: TrainJob) -> str:
    """Return a hash of the settings that hold for all of a training."""
    section = job.section.model_dump(
        mode="json", exclude={"task", "threads", "device", "precision", "patience", "batch"}
    )
    return hash_json({"train": section, "seed": job.seed, "batch": job.batch, "class_names": job.class_names})


def _find_misfit(state: TrainingState, key: str, found: Mapping[str, Any]) -> str:
    """Say why what a killed run left is no state of this training; "" when it is."""
    if found.get("settings") != key:
        return "it is of a training with other settings"
    if not all(isinstance(found.get(name), kind) for name, kind in _COUNTS.items()):
        return "it lacks figures"
    own = state.network.state_dict()
    if not all(has_same_shapes(found.get(name), own) for name in ("network", "average", "best_weights")):
        return "its weights are of another network"
    try:
        state.optimizer.load_state_dict(found["optimizer"])
    except (LookupError, RuntimeError, TypeError, ValueError) as error:
        return f"its optimizer is another ({error})"
    return ""


def _take_over(state: TrainingState, found: Mapping[str, Any]) -> None:
    """Go on from what a killed run left."""
    state.network.load_state_dict(found["network"])
    state.average.load_state_dict(found["average"])
    state.optimizer.load_state_dict(found["optimizer"])
    for name in (*_COUNTS, "best_weights"):
        setattr(state, name, found[name])
