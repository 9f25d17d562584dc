"""Class names of YOLO folders: classes.txt, obj.names, data.yaml, wherever they lie; all that state them must agree."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.errors import DatasetError
from partsight.labels.class_names import check_names, check_same_names
from partsight.labels.export_folder import ExportFolder
from partsight.labels.findings import plain_name
from partsight.labels.formats.yolo.lines import read_text
from partsight.texts import MalformedText, parse_yaml

NAME_FILES = frozenset({"classes.txt", "obj.names", "predefined_classes.txt", "_darknet.labels"})
YAML_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class StatedNames:
    """Class names in order, and what else the same files say of the lines."""

    names: tuple[str, ...]
    keypoints: tuple[int, int] | None
    files: tuple[Path, ...]


def find_names(export: ExportFolder) -> StatedNames | None:
    """Return the names that the export states, else those that lie above it; None when there are none.

    Raises DatasetError when files disagree.
    """
    return _stated(export.files) or _stated(_files_above(export.root))


def _files_above(root: Path) -> list[Path]:
    """Return the files of names in the folder above: a split of a dataset has them there."""
    named = [root.parent / name for name in ("data.yaml", *sorted(NAME_FILES))]
    return [path for path in named if path.is_file()]


def _stated(files: Sequence[Path]) -> StatedNames | None:
    readers: dict[Path, Callable[[Path], list[str]]] = {
        path: names_from_text for path in files if path.name.lower() in NAME_FILES
    }
    yamls = [path for path in files if path.suffix.lower() in YAML_SUFFIXES and _states_names(path)]
    readers |= dict.fromkeys(yamls, names_from_yaml)
    stated = {path: read(path) for path, read in readers.items()}
    if not stated:
        return None
    first = min(stated, key=lambda path: (len(path.parts), path.suffix in YAML_SUFFIXES))
    for path, names in stated.items():
        check_same_names(stated[first], names, f"{path} (compared with {first.name})")
        check_names(names, str(path))
    shapes = [shape for path in yamls if (shape := _keypoints(path)) is not None]
    return StatedNames(tuple(stated[first]), shapes[0] if shapes else None, tuple(stated))


def names_from_text(path: Path) -> list[str]:
    """Return class names, one a line. Raises DatasetError."""
    return [plain_name(line) for line in read_text(path).splitlines() if line.strip()]


def names_from_yaml(path: Path) -> list[str]:
    """Return the class names of a data.yaml. Raises DatasetError."""
    content = _yaml(path)
    names = content.get("names") if isinstance(content, Mapping) else None
    listed = _listed(names)
    if listed is None:
        raise DatasetError(f"{path}: found names: {names!r}. Expected a list, or numbers from 0 with a name each.")
    if content.get("nc", len(listed)) != len(listed):
        raise DatasetError(f"{path}: nc is {content['nc']}, but there are {len(listed)} names")
    return listed


def dataset_root(path: Path) -> Path:
    """Return the folder that a data.yaml describes: its `path`, else its own folder. Raises DatasetError."""
    content = _yaml(path)
    stated = content.get("path") if isinstance(content, Mapping) else None
    folder = path.parent / stated if isinstance(stated, str) else path.parent
    return folder if folder.is_dir() else path.parent


def _states_names(path: Path) -> bool:
    """Say whether a YAML file is about a dataset: data.yaml by its name, others by what they hold."""
    if path.stem.lower() == "data":
        return True
    try:
        content = _yaml(path)
    except DatasetError:
        return False
    return isinstance(content, Mapping) and _listed(content.get("names")) is not None


def _yaml(path: Path) -> Any:
    try:
        return parse_yaml(read_text(path))
    except MalformedText as error:
        raise DatasetError(f"{path}: not valid YAML ({error})") from error


def _listed(names: Any) -> list[str] | None:
    if isinstance(names, Mapping):
        numbered = {int(key): str(name) for key, name in names.items() if str(key).isdigit()}
        is_whole = len(numbered) == len(names) and sorted(numbered) == list(range(len(numbered)))
        return [plain_name(numbered[index]) for index in range(len(numbered))] if is_whole else None
    return (
        [plain_name(str(name)) for name in names]
        if isinstance(names, Sequence) and not isinstance(names, str)
        else None
    )


def _keypoints(path: Path) -> tuple[int, int] | None:
    content = _yaml(path)
    shape = content.get("kpt_shape") if isinstance(content, Mapping) else None
    if not (isinstance(shape, list) and len(shape) == 2 and all(isinstance(value, int) for value in shape)):
        return None
    return int(shape[0]), int(shape[1])
