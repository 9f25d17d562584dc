"""Weights fetched from their makers, with the user's word: kept in the user's cache, each beside its hash; and that word itself.

Nothing here touches the network but `fetch`, which is called where the user has said yes.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from partsight.detector.detector import open_family
from partsight.errors import DetectorError, StorageError
from partsight.files import read_json, storage_errors, write_bytes, write_json

MAKERS: Mapping[str, str] = {"ultralytics": "Ultralytics, AGPL-3.0"}
"""Families whose makers offer weights, and under which terms."""
_RECORD = ".json"


def find_fetched(model: str) -> Path | None:
    """Return the weights file of a network where it was fetched before. Raises DetectorError where it is not what was fetched."""
    path = _kept(model)
    if not path.is_file():
        return None
    recorded = _recorded(path)
    if recorded is not None and recorded != _hash(path):
        raise DetectorError(
            f"{path}: is not the file that was fetched (its hash is {_hash(path)[:16]}…, it was {str(recorded)[:16]}…). "
            f"Delete it; it can be fetched again (train.weights = 'download')."
        )
    return path


def fetch(family: str, model: str) -> Path:
    """Fetch the weights of a network from its makers, unless they were before. Raises DetectorError and StorageError."""
    found = find_fetched(model)
    if found is not None:
        return found
    path = _kept(model)
    with storage_errors(path), TemporaryDirectory(prefix="partsight-weights-") as temporary:
        content = open_family(family).fetch_weights(model, Path(temporary)).read_bytes()
    record = {"sha256": hashlib.sha256(content).hexdigest(), "from": MAKERS.get(family, family)}
    write_json(path.with_name(path.name + _RECORD), record)
    write_bytes(path, content)
    return path


def may_ask() -> bool:
    """Return whether the user may be asked: not after "never"."""
    return not _answer().is_file()


def never_ask() -> None:
    """Remember that nothing is to be fetched, and that the user is not to be asked again. Raises StorageError."""
    write_json(_answer(), {"fetch": "never"})


def answer_path() -> Path:
    """Return the file that remembers "never": who deletes it is asked again."""
    return _answer()


def _kept(model: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "partsight" / "weights" / f"{model}.pt"


def _answer() -> Path:
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "partsight" / "fetching.json"


def _recorded(path: Path) -> Any:
    """Return the hash that a fetched file had, None for one that the user put there."""
    record = path.with_name(path.name + _RECORD)
    if not record.is_file():
        return None
    try:
        return read_json(record)["sha256"]
    except (StorageError, LookupError, TypeError) as error:
        raise DetectorError(f"{record}: cannot be read. Delete it and {path.name} beside it.") from error


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
