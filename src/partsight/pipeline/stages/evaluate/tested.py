"""What a detector was tested on, told by one hash: evaluations with the same one can be compared."""

from pathlib import Path

from partsight.errors import StorageError
from partsight.files import hash_json, read_json, write_json
from partsight.structures.dataset import Dataset

_TESTED = "tested.json"


def write_tested(test: Dataset, folder: Path) -> None:
    """Note in an evaluation's folder what it was tested on."""
    write_json(folder / _TESTED, {"pictures": _hash(test)})


def is_tested_on(test: Dataset, folder: Path) -> bool:
    """Return whether an evaluation's folder notes these very pictures and labels; those of earlier versions note nothing."""
    try:
        noted = read_json(folder / _TESTED)
    except (OSError, StorageError):
        return False
    return isinstance(noted, dict) and noted.get("pictures") == _hash(test)


def _hash(test: Dataset) -> str:
    labels = [(one.sample_id, one.boxes_xyxy.tolist(), one.class_ids.tolist()) for one in test.samples]
    return hash_json([test.class_names, labels])
