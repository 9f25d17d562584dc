"""Weights: what training starts from, read without running foreign code, and what it leaves, written as safetensors."""

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from partsight.config.sections.train import TrainSection
from partsight.detector.families.ultralytics_library import open_library
from partsight.errors import DetectorError
from partsight.files import read_json, write_bytes, write_json

StateDict: TypeAlias = Mapping[str, Any]
"""Tensors by name."""

SAFE_MODULES = ("ultralytics.nn.", "torch.nn.modules.")
"""Where the classes of a pickled network live; a checkpoint that names anything else is refused."""
SAFE_NAMES = ("builtins.set", "torch.Size", "torch.device", "collections.OrderedDict", "pathlib.PosixPath")
LEAST_FIT = 0.5
"""Share of a network's tensors that given weights must fill."""
WAYS_OUT = (
    "Three ways out: give a weights file (train.weights = 'path/to/yolov8n.pt'), allow the download "
    "(train.weights = 'download'), or start from nothing (train.weights = 'scratch')."
)


def build_network(model: str, num_classes: int) -> Any:
    """Return an untrained network by name. Raises DetectorError for an unknown one."""
    open_library()
    from ultralytics.nn.tasks import DetectionModel

    try:
        return DetectionModel(f"{model}.yaml", nc=num_classes, verbose=False)
    except (FileNotFoundError, KeyError, ValueError) as error:
        raise DetectorError(
            f"train.model = {model!r}: unknown network. Examples: yolov8n, yolov8s, yolo11n, yolo26n."
        ) from error


def load_start(network: Any, section: TrainSection) -> int:
    """Fill a network with the weights that the section names; return how many tensors came from there. Raises DetectorError."""
    if section.weights == "scratch":
        return 0
    path = _downloaded(section.model) if section.weights == "download" else Path(section.weights)
    own = network.state_dict()
    given = read_state(path)
    fitting = {
        name: given[name].to(own[name].dtype) for name in own if name in given and given[name].shape == own[name].shape
    }
    if len(fitting) < LEAST_FIT * len(own):
        raise DetectorError(
            f"{path}: only {len(fitting)} of the {len(own)} tensors of {section.model} are in this file. "
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
    content = _read_pickle(path)
    for key in ("ema", "model", "state_dict"):
        if isinstance(content, dict) and content.get(key) is not None:
            content = content[key]
            break
    state: StateDict = content.float().state_dict() if hasattr(content, "state_dict") else content
    if not isinstance(state, Mapping) or not all(hasattr(value, "shape") for value in state.values()):
        raise DetectorError(f"{path}: holds no network weights. {WAYS_OUT}")
    return state


def write_model(folder: Path, network: Any, description: Mapping[str, Any]) -> None:
    """Write a trained network as weights.safetensors and model.json."""
    from safetensors.torch import save

    tensors = {name: value.detach().cpu().contiguous() for name, value in network.float().state_dict().items()}
    write_bytes(folder / "weights.safetensors", save(tensors))
    write_json(folder / "model.json", description)


def read_model(folder: Path) -> tuple[Any, dict[str, Any]]:
    """Return network and description that `write_model` wrote. Raises DetectorError."""
    if not (folder / "model.json").is_file():
        raise DetectorError(
            f"{folder}: no trained model here (model.json is missing). Train one with 'partsight train'."
        )
    description: dict[str, Any] = read_json(folder / "model.json")
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


def _read_pickle(path: Path) -> Any:
    """Unpickle tensors and network classes, nothing else."""
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        return _read_network(path)
    except (RuntimeError, EOFError, OSError, KeyError) as error:
        raise DetectorError(f"{path}: not a PyTorch file that can be read ({error}). {WAYS_OUT}") from error


def _read_network(path: Path) -> Any:
    """Read an Ultralytics checkpoint, in which the whole network is pickled, if it names only network classes."""
    import torch
    from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

    open_library()
    try:
        named = get_unsafe_globals_in_checkpoint(path)
    except ValueError as error:
        raise DetectorError(f"{path}: not a PyTorch checkpoint, or one that would run code. {WAYS_OUT}") from error
    foreign = [name for name in named if not name.startswith(SAFE_MODULES) and name not in SAFE_NAMES]
    if foreign:
        raise DetectorError(
            f"{path}: refused, because loading it would run code that is not a network: {', '.join(foreign[:5])}. "
            f"Convert it to safetensors where you trust it. {WAYS_OUT}"
        )
    try:
        with safe_globals([_find(name) for name in named]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, AttributeError, ImportError) as error:
        raise DetectorError(
            f"{path}: made by a version of the library that this one cannot read ({error}). {WAYS_OUT}"
        ) from error


def _find(name: str) -> Any:
    from importlib import import_module

    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)


def _downloaded(model: str) -> Path:
    """Let the library fetch its own weights, because the user said so. Raises DetectorError when it cannot."""
    open_library(allow_network=True)
    from ultralytics.utils.downloads import attempt_download_asset

    try:
        path = Path(attempt_download_asset(f"{model}.pt"))
    except (OSError, RuntimeError, ConnectionError) as error:
        raise DetectorError(
            f"train.weights = 'download': {model}.pt could not be fetched ({error}). {WAYS_OUT}"
        ) from error
    finally:
        open_library()  # the word was given for this file alone
    if not path.is_file():
        raise DetectorError(f"train.weights = 'download': {model}.pt could not be fetched. {WAYS_OUT}")
    return path
