"""What a small installation leaves out: which extra brings a package, and the command that installs it."""

from collections.abc import Mapping
from importlib.util import find_spec

from partsight.errors import ExtraError

EXTRAS: Mapping[str, str] = {
    "OCP": "cad", "embreex": "cad", "fast_simplification": "cad", "networkx": "cad", "scipy": "cad", "trimesh": "cad",
    "OpenEXR": "render", "drjit": "render", "mitsuba": "render", "mujoco": "render",
    "cloudpickle": "yolo", "onnx": "yolo", "onnxslim": "yolo", "safetensors": "yolo", "torch": "yolo", "ultralytics": "yolo",
    "cryptography": "tls",
    "openvino": "openvino", "supervision": "supervision", "pandas": "pandas", "pyvista": "pyvista", "vtkmodules": "pyvista",
    "pyoidn": "denoise", "pillow_heif": "heic", "parsl": "cluster", "optuna": "tune", "wandb": "wandb", "mlflow": "mlflow",
    "tensorboard": "tensorboard",
}  # fmt: skip
"""Extra by the name under which a package is imported."""
_STEPS = ("cad", "render")
"""Extras that are steps on the way to a detector of one's own."""


def install_command(package: str) -> str:
    """Return the command that installs a package with its extra."""
    extra = EXTRAS[package]
    whole = " (to render and train as well: pip install 'partsight[all]')" if extra in _STEPS else ""
    return f"pip install 'partsight[{extra}]'{whole}"


def need_package(package: str, purpose: str) -> None:
    """Raise ExtraError with the command that installs it, where a package is missing; it is not imported."""
    if find_spec(package) is None:
        raise ExtraError(f"{purpose} needs {package}, which is not installed. Install it: {install_command(package)}")


def as_extra_error(error: ModuleNotFoundError) -> ExtraError | None:
    """Return what to tell of a package that could not be imported, None where none of our extras brings it."""
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS:
        return None
    return ExtraError(f"this needs {package}, which is not installed. Install it: {install_command(package)}")
