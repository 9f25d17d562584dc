"""What a training starts from, where the recipe leaves that to the machine: the best that is at hand, never silently nothing.

First the makers' COCO weights of the network, beside the recipe or fetched before; else ImageNet's weights under the detector of
`compact`, which pip brings; else Partsight's own for CAD parts. What the recipe states stays as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from partsight.config.sections.train import TrainSection
from partsight.detector.backbones.imagenet import IMAGENET, find_imagenet
from partsight.detector.fetching import MAKERS, find_fetched
from partsight.detector.own_weights import PARTS, weights_path
from partsight.errors import DetectorError

AUTO, DOWNLOAD, SCRATCH = "auto", "download", "scratch"
_WORDS: Mapping[str, str] = {
    AUTO: "nothing found yet",
    DOWNLOAD: "its makers' weights, to be fetched",
    SCRATCH: "nothing",
    PARTS: "Partsight's weights for CAD parts",
    IMAGENET: "ImageNet's weights (EfficientNet-Lite0, Apache-2.0)",
}
_PARTS_RATE = 0.004
"""Small networks learn slowly at the usual rate (decision 8)."""
WAYS_OUT = (
    "Ways out: agree that its makers' file is fetched (train.weights = 'download', or yes to the question); give a file "
    "(train.weights = 'path/to/yolov8n.pt'); leave train.family and train.model out (then what pip brings is taken); or start from "
    "nothing (train.weights = 'scratch')."
)


@dataclass(frozen=True, slots=True)
class Start:
    """A network and what its training starts from."""

    family: str
    model: str
    weights: str
    """As `train.weights`."""
    learning_rate: float | None = None
    """A rate that suits it, None where the usual one does."""

    @property
    def changes(self) -> dict[str, str | float]:
        """The keys of `train` that say it."""
        rate = {} if self.learning_rate is None else {"learning_rate": self.learning_rate}
        return {"family": self.family, "model": self.model, "weights": self.weights, **rate}


def settle(section: TrainSection, folder: Path | None = None) -> TrainSection:
    """Return the section with the best start at hand where it says `auto` or `download`; as it is where there is none.

    A file of the network's name in the recipe's folder counts as given. Nothing is fetched and nobody asked. Raises DetectorError
    for a fetched file that was changed since.
    """
    if section.weights == DOWNLOAD and section.family == "ultralytics":
        kept = find_fetched(section.network)
        return section if kept is None else section.but(weights=str(kept))
    start = find_start(section, folder) if section.weights == AUTO else None
    return section if start is None else with_start(section, start)


def with_start(section: TrainSection, start: Start) -> TrainSection:
    """Return the section that begins so; a learning rate that was stated stays."""
    kept = {"learning_rate"} & section.model_fields_set
    return section.but(**{name: value for name, value in start.changes.items() if name not in kept})


def find_start(section: TrainSection, folder: Path | None = None) -> Start | None:
    """Return the best start at hand for what the section leaves open, None where it states a network that has none."""
    return _of_makers(section, folder) or _of_pip(section)


def could_fetch(section: TrainSection, folder: Path | None = None) -> bool:
    """Return whether its makers' weights would be a better start than what is at hand."""
    wanted = section.weights == AUTO and section.family == "ultralytics" and find_spec("ultralytics") is not None
    return wanted and _of_makers(section, folder) is None


def check_start(section: TrainSection) -> None:
    """Raise DetectorError where a training could not start: before hours are spent on what it learns from."""
    if section.weights == AUTO:
        raise DetectorError(
            f"train.weights = 'auto': the recipe names {section.network} of the family '{section.family}', and no weights of it are "
            f"on this machine. {WAYS_OUT}"
        )
    if section.weights == DOWNLOAD and section.family not in MAKERS:
        raise DetectorError(
            f"train.weights = 'download': nobody offers weights of the family '{section.family}'. {WAYS_OUT}"
        )
    path = weights_path(section.weights)
    if section.weights not in _WORDS and not path.exists():
        raise DetectorError(f"train.weights = '{section.weights}': no such file. {WAYS_OUT}")


def describe_start(weights: str) -> str:
    """Return what `train.weights` begins with, in words."""
    return _WORDS.get(weights) or Path(weights).name


def start_content(weights: str, hash_content: Callable[[Path], str]) -> str:
    """Return what tells starts apart: the hash of their content, wherever the file lies; for those without one, the word."""
    path = weights_path(weights)
    inner = path / "weights.safetensors"
    if path.is_file():
        return hash_content(path)
    return hash_content(inner) if inner.is_file() else weights


def _of_makers(section: TrainSection, folder: Path | None) -> Start | None:
    """A network for masks may begin with that for boxes, of which all but its last layers are the same."""
    if section.family != "ultralytics" or find_spec("ultralytics") is None:
        return None
    for name in dict.fromkeys((section.network, section.model)):
        beside = None if folder is None else folder / f"{name}.pt"
        path = beside if beside is not None and beside.is_file() else find_fetched(name)
        if path is not None:
            return Start(section.family, section.model, str(path))
    return None


def _of_pip(section: TrainSection) -> Start | None:
    """Return a start of `compact`, where the recipe does not ask for another family or network."""
    if section.task != "detect":
        return None
    is_open = not {"family", "model"} & section.model_fields_set
    if not is_open and section.family != "compact":
        return None
    models = ("lite0", "nano") if is_open or section.model == "lite0" else (section.model,)
    if "lite0" in models and find_imagenet() is not None:
        return Start("compact", "lite0", IMAGENET)
    if "nano" in models and weights_path(PARTS).is_file():
        return Start("compact", "nano", PARTS, _PARTS_RATE)
    return None
