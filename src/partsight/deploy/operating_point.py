"""The score from which a model folder's detections count, set anew without exporting again."""

import threading
from datetime import UTC, datetime
from typing import Any

from partsight.deploy.model_folder import DESCRIPTION, ModelFolder, read_model_folder
from partsight.errors import ModelError
from partsight.files import read_json, write_json

_WRITING = threading.Lock()
"""Two pages may store at the same moment."""


def store_threshold(
    folder: ModelFolder, threshold: float, *, class_name: str | None = None, set_by: str = "hand"
) -> ModelFolder:
    """Keep a score threshold in model.json, for all classes or for one, and return the folder as it reads now.

    `set_by` goes with the date into the reason that is told beside the threshold: "hand", "the live page". What is in the file is
    read afresh, and keys of later versions stay. Raises ModelError for a threshold outside 0…1 or an unknown class, StorageError where
    the folder cannot be written.
    """
    if not 0 <= threshold <= 1:
        raise ModelError(f"threshold {threshold}: expected a score from 0 to 1")
    with _WRITING:
        description = read_model_folder(folder.path).description
        changes: dict[str, Any] = {"threshold": threshold, "class_thresholds": []}
        if class_name is not None:
            limits = list(description.class_thresholds or [description.threshold] * len(description.class_names))
            limits[_class_id(folder, class_name)] = threshold
            changes = {"class_thresholds": limits}
        changes["threshold_source"] = f"set by {set_by} on {datetime.now(UTC).astimezone():%Y-%m-%d}"
        path = folder.path / DESCRIPTION
        write_json(path, {**read_json(path), **changes}, is_synced=True)
    return read_model_folder(folder.path)


def _class_id(folder: ModelFolder, class_name: str) -> int:
    names = folder.description.class_names
    if class_name not in names:
        raise ModelError(f"{folder.path}: knows no class {class_name!r}, only {', '.join(names)}")
    return names.index(class_name)
