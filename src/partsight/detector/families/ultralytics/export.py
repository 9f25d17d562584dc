"""YOLO networks in other formats, through the library's own exporter; it installs nothing and asks no network."""

import shutil
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from partsight.detector.detector import ExportedNetwork
from partsight.detector.families.ultralytics.library import open_library
from partsight.errors import DetectorError
from partsight.structures.network import NetworkSpec

NMS_IOU = 0.7
"""Overlap above which the weaker of two boxes of a class is dropped (the library's default)."""
LICENSE = (
    "AGPL-3.0: the network's code is Ultralytics' (https://ultralytics.com/license). Whoever passes this folder on, or offers "
    "a service that uses it, follows these terms or needs a license from Ultralytics."
)
_PADDING = 114

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "onnx": ("onnx", "onnxslim"),
    "tensorrt": ("onnx", "onnxslim", "tensorrt"),
    "ncnn": ("ncnn", "pnnx"),
    "coreml": ("coremltools",),
}
"""Modules without which a format cannot be written."""
_LIBRARY_NAMES = {"onnx": "onnx", "tensorrt": "engine", "ncnn": "ncnn", "coreml": "coreml"}


def export_network(network: Any, image_size: int, target: str, output_dir: Path) -> ExportedNetwork:
    """Write a network, whose `task` is the library's word for what it finds, into a folder. Raises DetectorError."""
    _check_possible(target)
    spec = _spec(network, image_size, is_rectangular=target == "onnx")
    output_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=output_dir) as scratch:
        made = Path(_export(network, image_size, target, Path(scratch)))
        for script in made.rglob("*.py") if made.is_dir() else ():
            script.unlink()  # samples of use, with paths of this machine in them; a model folder holds nothing to execute
        path = output_dir / f"model{made.suffix}" if made.is_file() else output_dir / made.name
        shutil.rmtree(path, ignore_errors=True)
        made.replace(path)
    return ExportedNetwork(path, spec, LICENSE)


def open_exported(path: Path, task: str) -> Any:
    """Return the library's predictor for an exported network. Raises DetectorError."""
    library = open_library()
    try:
        return library.YOLO(str(path), task=task)
    except (RuntimeError, OSError, ImportError) as error:
        raise DetectorError(f"{path}: cannot be run here ({error})") from error


def _check_possible(target: str) -> None:
    if target not in _NEEDS:
        raise DetectorError(f"{target}: unknown to the family 'ultralytics'. Known: {', '.join(_NEEDS)}, openvino.")
    missing = [name for name in _NEEDS[target] if find_spec(name) is None]
    if missing:
        raise DetectorError(f"{target}: needs {' and '.join(missing)}. Install: pip install {' '.join(missing)}")
    if target == "tensorrt":
        import torch

        if not torch.cuda.is_available():
            raise DetectorError(
                "tensorrt: needs the NVIDIA GPU on which it will run; this machine has none. Export there."
            )


def _export(network: Any, image_size: int, target: str, folder: Path) -> str:
    """Run the library's exporter, which names its output after the network's file."""
    open_library()
    from ultralytics.engine.exporter import Exporter

    network.pt_path = str(folder / "model.pt")
    exporter = Exporter(overrides=_settings(image_size, target))
    exporter.callbacks = {name: [] for name in exporter.callbacks}  # those of online services among them
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch announces changes of the tracing that the library uses
            path: str = exporter(model=network)
    except Exception as error:  # the exporters of a dozen libraries share no exception
        raise DetectorError(f"{target}: the library could not export this network ({error}).") from error
    return path


def _settings(image_size: int, target: str) -> dict[str, Any]:
    of_target = {"dynamic": True, "simplify": True} if target == "onnx" else {}
    device = "0" if target == "tensorrt" else "cpu"
    common = {"imgsz": image_size, "batch": 1, "device": device, "nms": None, "verbose": False, "mode": "export"}
    return {"format": _LIBRARY_NAMES[target], **common, **of_target}


def _spec(network: Any, image_size: int, *, is_rectangular: bool) -> NetworkSpec:
    return NetworkSpec(
        image_size=image_size,
        stride=int(max(network.stride)),
        is_rectangular=is_rectangular,
        padding_value=_PADDING,
        pixel_mean=(0.0, 0.0, 0.0),
        pixel_scale=(255.0, 255.0, 255.0),
        output="candidates" if network.task == "detect" else "mask candidates",
        nms_iou=NMS_IOU,
    )
