"""The dataset that the Ultralytics library is given: nothing in it that the library would run.

The library executes the key `download` of a data.yaml whose pictures are missing, and unpickles a list of labels (`labels.cache`) that
lies beside the labels of the pictures listed. A dataset of somebody else may hold both.
"""

from pathlib import Path
from typing import Any

from partsight.errors import DetectorError
from partsight.texts import parse_yaml

_KEYS = {"train", "val", "test", "names"}
_LISTS = {"train": "train.txt", "val": "val.txt", "test": "test.txt"}


def checked_data(data_yaml: Path) -> Path:
    """Return the absolute path of a data.yaml that holds what `write_yolo` writes, no more. Raises DetectorError."""
    path = data_yaml.resolve()
    problem = _problem(path)
    if problem:
        raise DetectorError(
            f"{path}: {problem}, as Partsight never writes it. Delete the folder {path.parent} and run again."
        )
    for cache in path.parent.glob("*.cache"):
        cache.unlink()
    return path


def _problem(path: Path) -> str:
    """Return what is foreign in a dataset, empty if nothing is."""
    content = _read_yaml(path)
    if not isinstance(content, dict) or not content.keys() <= _KEYS:
        return f"holds other keys than {', '.join(sorted(_KEYS))}"
    for split, name in _LISTS.items():
        if split in content and content[split] != name:
            return f"{split} is not {name}"
        if split in content and not _is_plain_list(path.with_name(name)):
            return f"{name} is no list of pictures in images/"
    names = content.get("names")
    is_named = isinstance(names, dict) and all(isinstance(name, str) for name in names.values())
    return "" if is_named else "its names are no texts"


def _read_yaml(path: Path) -> Any:
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DetectorError(f"{path}: not a dataset as Partsight writes it ({error}). Make it again.") from error


def _is_plain_list(path: Path) -> bool:
    """Return whether a file lists pictures beside it only: not through a link, not in another folder."""
    if path.is_symlink() or not path.is_file():
        return False
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return all(_is_beside(line) for line in lines if line)


def _is_beside(line: str) -> bool:
    name = line.removeprefix("./images/")
    return name != line and "/" not in name and "\\" not in name
