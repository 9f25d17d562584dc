"""Weights: what training starts from, read without running foreign code, and what it leaves, written as safetensors."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from partsight.config.sections.train import TrainSection
from partsight.detector.description import read_description
from partsight.detector.families.ultralytics.library import find_architecture, open_library
from partsight.detector.fetching import fetch
from partsight.errors import DetectorError
from partsight.files import write_bytes, write_json
from partsight.texts import parse_yaml

StateDict: TypeAlias = Mapping[str, Any]
"""Tensors by name."""

LEAST_FIT = 0.5
"""Share of a network's tensors that given weights must fill."""
WAYS_OUT = (
    "Three ways out: give a weights file (train.weights = 'path/to/yolov8n.pt'), allow the download "
    "(train.weights = 'download'), or start from nothing (train.weights = 'scratch')."
)


def build_network(model: str, num_classes: int) -> Any:
    """Return an untrained network by name. Raises DetectorError for an unknown one."""
    path = find_architecture(model)
    from ultralytics.nn.tasks import DetectionModel, SegmentationModel, guess_model_scale

    described = parse_yaml(path.read_text(encoding="utf-8"))
    sized = {**described, "scale": guess_model_scale(f"{model}.yaml"), "yaml_file": f"{model}.yaml"}
    try:
        kind = SegmentationModel if finds_masks(model) else DetectionModel
        return kind(sized, nc=num_classes, verbose=False)
    except (KeyError, ValueError) as error:
        raise DetectorError(
            f"train.model = {model!r}: unknown network. Examples: yolov8n, yolov8s, yolo11n, yolo26n."
        ) from error


def finds_masks(model: str) -> bool:
    """Return whether a network finds the pixels of things beside their boxes."""
    return model.endswith("-seg")


def load_start(network: Any, section: TrainSection) -> int:
    """Fill a network with the weights that the section names; return how many tensors came from there. Raises DetectorError."""
    if section.weights == "scratch":
        return 0
    path = fetch("ultralytics", section.network) if section.weights == "download" else Path(section.weights)
    own = network.state_dict()
    given = read_state(path)
    fitting = {
        name: given[name].to(own[name].dtype) for name in own if name in given and given[name].shape == own[name].shape
    }
    if len(fitting) < LEAST_FIT * len(own):
        raise DetectorError(
            f"{path}: only {len(fitting)} of the {len(own)} tensors of {section.network} are in this file. "
            f"It holds another network: set train.model to the one it was made for. {WAYS_OUT}"
        )
    network.load_state_dict(fitting, strict=False)
    return len(fitting)


def read_state(path: Path) -> StateDict:
    """Read tensors from a trained model's folder, .safetensors, a state dict or an Ultralytics checkpoint.

    Raises DetectorError; runs no foreign code.
    """
    if (path / "model.json").is_file():
        path = path / "weights.safetensors"
    if not path.is_file():
        raise DetectorError(f"train.weights = '{path}': no such file. {WAYS_OUT}")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    from partsight.detector.families.checkpoint_file import read_checkpoint

    return read_checkpoint(path, WAYS_OUT)


def write_model(folder: Path, network: Any, description: Mapping[str, Any]) -> None:
    """Write a trained network as weights.safetensors and model.json."""
    from safetensors.torch import save

    tensors = {name: value.detach().cpu().contiguous() for name, value in network.float().state_dict().items()}
    write_bytes(folder / "weights.safetensors", save(tensors))
    write_json(folder / "model.json", description)


def read_model(folder: Path) -> tuple[Any, dict[str, Any]]:
    """Return network and description that `write_model` wrote. Raises DetectorError."""
    description = read_description(folder)
    network = build_network(description["model"], len(description["class_names"]))
    try:
        network.load_state_dict(_read_safetensors(folder / "weights.safetensors"))
    except RuntimeError as error:
        raise DetectorError(
            f"{folder}: weights.safetensors does not fit {description['model']}. Train again."
        ) from error
    network.names = dict(enumerate(description["class_names"]))
    return network.eval(), description


def _read_safetensors(path: Path) -> StateDict:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        state: StateDict = load_file(path)
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise DetectorError(f"{path}: cannot be read as safetensors ({error})") from error
    return state


def fetch_weights(model: str, folder: Path) -> Path:
    """Let the library fetch its own weights into a folder, because the user said so. Raises DetectorError when it cannot."""
    open_library(allow_network=True)
    from ultralytics.utils.downloads import attempt_download_asset

    reason = "is this machine offline?"
    try:
        attempt_download_asset(str(folder / f"{model}.pt"))
    except (OSError, RuntimeError) as error:
        reason = str(error)
    finally:
        open_library()  # the word was given for this file alone
    path = next(folder.glob("*.pt"), None)
    if path is None:
        raise DetectorError(
            f"{model}.pt could not be fetched from its makers ({reason}). Try again with a network; or put the file beside the "
            "recipe, or do without it (leave train.weights out and say no): then training begins with what is installed."
        )
    read_state(path)
    return path
