"""Proposals that lie beside a photo until a person has looked at it: `proposals/<session>/x.jpg.json` of the photos folder.

They come from where the photo came from: a live page that showed it with boxes. Labels never touch them, so that what is undone on
the labeling page finds them again.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from partsight.errors import StorageError
from partsight.files import read_json, storage_errors, write_json
from partsight.labels.label import Label
from partsight.labels.photo_labels import Origin, Proposal

_FOLDER = "proposals"


def write_proposals(
    folder: Path, key: str, proposals: Sequence[Proposal], *, write: Callable[[Path, Any], None] = write_json
) -> None:
    """Write what is proposed for a photo, in place of what was; `write` may do it as one of several changes. Raises StorageError."""
    entries = [
        {
            "class": one.box.class_name,
            "box": [round(edge, 2) for edge in one.box.box_xyxy],
            "score": round(one.score, 4),
            "origin": one.origin,
        }
        for one in proposals
    ]
    write(_path(folder, key), {"proposals": entries})


def read_proposals(folder: Path, key: str) -> tuple[Proposal, ...]:
    """Read what was proposed for a photo; nothing where there is no such file. Raises StorageError for a foreign one."""
    path = _path(folder, key)
    if not path.is_file():
        return ()
    content = read_json(path)
    try:
        return tuple(_proposal(entry) for entry in content["proposals"])
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError(
            f"{path}: not proposals as Partsight writes them ({error}). Delete the file; the photo and its labels stay."
        ) from error


def delete_proposals(folder: Path, key: str) -> None:
    """Forget what was proposed for a photo. Raises StorageError."""
    with storage_errors(_path(folder, key)):
        _path(folder, key).unlink(missing_ok=True)


def _proposal(entry: dict[str, Any]) -> Proposal:
    left, top, right, bottom = (float(edge) for edge in entry["box"])
    origin = entry["origin"]
    if origin not in get_args(Origin):
        raise ValueError(f"origin {origin!r}")
    return Proposal(Label((left, top, right, bottom), str(entry["class"])), float(entry["score"]), origin)


def _path(folder: Path, key: str) -> Path:
    return folder / _FOLDER / f"{key}.json"
