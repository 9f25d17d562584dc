"""The state of an unfinished training: plain values, whole or absent, checked before they are trusted.

A file holds tensors, numbers, strings, lists and mappings as torch writes them, and a hash of them behind. Nothing else is read, so
that a file from elsewhere runs no code. The state before the newest is kept, for a newest that turns out to be damaged.
"""

import hashlib
import io
import pickle
import struct
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import torch

from partsight.detector.batch_size import Say
from partsight.errors import DetectorError
from partsight.files import storage_errors, write_bytes

_MARK = b"\npartsight training state 1 "
_TAIL_BYTES = len(_MARK) + hashlib.sha256().digest_size

Check: TypeAlias = Callable[[Mapping[str, Any]], str]
"""Says why a state is none of this training, "" when it is."""


def write_state(path: Path, content: Mapping[str, Any]) -> None:
    """Write the newest state; the one that it follows becomes the one before. Raises StorageError."""
    buffer = io.BytesIO()
    torch.save(dict(content), buffer)
    digest = hashlib.sha256(buffer.getbuffer()).digest()
    buffer.write(_MARK + digest)
    with storage_errors(path):
        if path.is_file():
            path.replace(_before(path))
    write_bytes(path, buffer.getbuffer(), is_synced=True)


def read_state(path: Path) -> Mapping[str, Any]:
    """Read one state as it was written. Raises DetectorError when it is damaged or none."""
    try:
        return _read(path)
    except _UNREADABLE as error:
        raise DetectorError(f"{path}: damaged or no state of a training ({_reason(error)}).") from error


def find_state(path: Path, check: Check, say: Say) -> Mapping[str, Any] | None:
    """Return the newest state that is whole and passes the check, None when there is none; afterwards it lies at `path`.

    What is left aside is told and deleted. Raises StorageError when the folder cannot be changed.
    """
    for candidate in (path, _before(path)):
        if candidate.is_file():
            problem, content = _try(candidate, check)
            if not problem:
                with storage_errors(path):
                    candidate.replace(path)
                return content
            say(f"{candidate}: cannot be gone on from: {problem}. {_consequence(path, candidate)}")
            delete_file(candidate)
    return None


def forget_earlier(path: Path) -> None:
    """Delete the state before the newest. Raises StorageError."""
    delete_file(_before(path))


def delete_file(path: Path) -> None:
    """Delete a file, if it is there. Raises StorageError."""
    with storage_errors(path):
        path.unlink(missing_ok=True)


def has_same_shapes(given: Any, own: Mapping[str, torch.Tensor]) -> bool:
    """Return whether these are tensors of the same names and shapes."""
    if not isinstance(given, Mapping) or given.keys() != own.keys():
        return False
    return all(isinstance(given[name], torch.Tensor) and given[name].shape == own[name].shape for name in own)


_UNREADABLE = (
    pickle.UnpicklingError, struct.error, OSError, EOFError, RuntimeError, ValueError, TypeError, LookupError, AttributeError
)  # fmt: skip
"""What torch raises at files that it did not write."""


def _try(path: Path, check: Check) -> tuple[str, Mapping[str, Any]]:
    try:
        content = _read(path)
        return check(content), content
    except _UNREADABLE as error:
        return f"it is damaged, or of another version ({_reason(error)})", {}


def _read(path: Path) -> Mapping[str, Any]:
    whole = memoryview(path.read_bytes())
    body, tail = whole[:-_TAIL_BYTES], whole[-_TAIL_BYTES:]
    if bytes(tail) != _MARK + hashlib.sha256(body).digest():
        raise ValueError(f"its hash is not that of its {len(whole)} bytes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what others have pickled
        content = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
    if not isinstance(content, dict):
        raise TypeError("it holds no values by name")
    return content


def _reason(error: Exception) -> str:
    """Return the first line of what torch says, which goes on with advice that would run code."""
    return (str(error).splitlines() or [type(error).__name__])[0][:100]


def _before(path: Path) -> Path:
    return path.with_name(f"{path.stem}-before{path.suffix}")


def _consequence(path: Path, candidate: Path) -> str:
    has_another = candidate == path and _before(path).is_file()
    return "Trying the state before it." if has_another else "The training starts from the beginning."
