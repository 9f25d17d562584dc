"""Weights of EfficientNet-Lite0: those that pip brings, read without running code of theirs, and those of a trained verifier."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from partsight.detector.backbones.imagenet import WAYS_OUT, own_name
from partsight.detector.families.checkpoint_file import read_checkpoint
from partsight.detector.verifiers.lite_network import LiteNetwork
from partsight.errors import DetectorError
from partsight.files import read_json, write_bytes, write_json

WEIGHTS, DESCRIPTION = "weights.safetensors", "verifier.json"


def load_start(path: Path, num_classes: int) -> LiteNetwork:
    """Return a network that knows ImageNet's pictures, with a new linear layer. Raises DetectorError."""
    network = LiteNetwork(num_classes)
    state = {own_name(name): value for name, value in read_checkpoint(path, WAYS_OUT).items()}
    fresh = {name: value for name, value in network.state_dict().items() if name.startswith("fc.")}
    _fill(network, {**state, **fresh}, path)
    return network


def read_imagenet(path: Path) -> LiteNetwork:
    """Return the network as published, with its thousand classes. Raises DetectorError."""
    network = LiteNetwork(1000)
    _fill(network, {own_name(name): value for name, value in read_checkpoint(path, WAYS_OUT).items()}, path)
    network.eval()
    return network


def write_verifier(folder: Path, network: LiteNetwork, description: Mapping[str, Any]) -> None:
    """Write a trained network as weights.safetensors and verifier.json. Raises StorageError."""
    from safetensors.torch import save

    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    write_bytes(folder / WEIGHTS, save(tensors))
    write_json(folder / DESCRIPTION, description)


def read_verifier(folder: Path) -> tuple[LiteNetwork, dict[str, Any]]:
    """Return network and description that `write_verifier` wrote. Raises DetectorError."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        description = read_json(folder / DESCRIPTION)
        network = LiteNetwork(len(description["class_names"]) + 1)
        state = load((folder / WEIGHTS).read_bytes())
    except (SafetensorError, OSError, ValueError, LookupError, TypeError) as error:
        raise DetectorError(
            f"{folder}: no verifier that can be read ({error}). Delete the folder and run again."
        ) from error
    _fill(network, state, folder / WEIGHTS)
    return network.eval(), description


def _fill(network: LiteNetwork, state: Mapping[str, torch.Tensor], path: Path) -> None:
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise DetectorError(f"{path}: does not hold EfficientNet-Lite0. {WAYS_OUT}") from error
