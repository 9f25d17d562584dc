"""The Ultralytics library (AGPL-3.0), opened so that it neither asks the network nor writes outside our folders."""

import os
import re
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from partsight.detector.devices import num_free_cores
from partsight.detector.families.ultralytics.paths import take_paths_as_they_are
from partsight.errors import DetectorError

QUIET = {
    "YOLO_AUTOINSTALL": "false",
    "YOLO_VERBOSE": "false",
    "ULTRALYTICS_SAFE_LOAD": "true",  # the library itself unpickles networks only, and evaluates no text of theirs
    "WANDB_DISABLED": "true",
    "POLARS_SKIP_CPU_CHECK": "1",
}
INTEGRATIONS = ("clearml", "comet", "dvc", "hub", "mlflow", "neptune", "raytune", "tensorboard", "wandb", "sync")


def open_library(*, allow_network: bool = False) -> Any:
    """Import Ultralytics with telemetry, log-ins, self-installation and (by default) the network switched off.

    Raises DetectorError when the extra [yolo] is not installed.
    """
    os.environ.update(QUIET)
    os.environ["YOLO_OFFLINE"] = "false" if allow_network else "true"
    os.environ.setdefault("YOLO_CONFIG_DIR", str(_config_dir()))
    from PIL import Image

    open_picture = Image.open
    try:
        import ultralytics
        import ultralytics.data.dataset
        import ultralytics.data.utils
        import ultralytics.utils.patches
    except ImportError as error:
        raise DetectorError(
            f"the detector family 'ultralytics' cannot be imported ({error}). Install it: pip install 'partsight[yolo]' "
            "(it is licensed AGPL-3.0)."
        ) from error
    Image.open = getattr(ultralytics.utils.patches, "_image_open", open_picture)  # the library replaces it everywhere
    ultralytics.data.utils.check_font = _find_no_font
    ultralytics.data.dataset.load_dataset_cache_file = _read_no_cache
    take_paths_as_they_are()
    unwanted = {name: False for name in INTEGRATIONS if ultralytics.settings.get(name)}
    if unwanted:
        ultralytics.settings.update(unwanted)
    return ultralytics


def set_threads(threads: int) -> None:
    """Let torch use this many CPU threads; 0 means all cores this process may use."""
    import torch
    from ultralytics.utils import torch_utils

    wanted = threads or num_free_cores()
    torch.set_num_threads(wanted)
    torch_utils.NUM_THREADS = wanted  # the library sets torch back to this: by itself, one core of two


def find_device(wanted: str | tuple[int, ...]) -> str:
    """Return the library's word for a device: 'cpu', '0' or '0,1,2,3'. Raises DetectorError for GPUs that are not there."""
    import torch

    if wanted == "auto":
        return "0" if torch.cuda.is_available() else "cpu"
    if isinstance(wanted, str):
        return wanted
    missing = [number for number in wanted if number >= torch.cuda.device_count()]
    if missing or not wanted:
        raise DetectorError(
            f"train.device = {list(wanted)}: this machine has {torch.cuda.device_count()} GPU(s). "
            "Use 'auto', 'cpu' or the numbers of GPUs that exist."
        )
    return ",".join(map(str, wanted))


def _find_no_font(_font: str = "") -> None:
    """Find nothing: even off-line the library would ask the network for a font, for plots that are never made."""


def _read_no_cache(path: Path) -> Any:
    """Refuse the library's list of labels, a pickle beside them: it is made anew in seconds. Raises FileNotFoundError."""
    raise FileNotFoundError(path)


def find_architecture(model: str) -> Path:
    """Return the library's own description of a network: never one from the current folder, whose text would be evaluated.

    Raises DetectorError for an unknown name.
    """
    library = open_library()
    known = {path.stem: path for path in (Path(library.__file__).parent / "cfg" / "models").rglob("*.yaml")}
    unsized = re.sub(r"(\d+)[nslmx](.*)$", r"\1\2", model)
    path = known.get(model) or known.get(unsized)
    if path is None:
        raise DetectorError(
            f"train.model = {model[:80]!r}: unknown network. Examples: yolov8n, yolov8s, yolo11n, yolo26n."
        )
    return path


def _config_dir() -> Path:
    """Return a folder for the library's own settings, outside the user's home when that cannot be written."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path("~/.cache").expanduser())) / "partsight" / "ultralytics"
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        cache = Path(gettempdir()) / "partsight-ultralytics"
        cache.mkdir(exist_ok=True)
    return cache
