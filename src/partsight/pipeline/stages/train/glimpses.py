"""Six validation pictures with what a training finds on them so far: files beside the stages, for whoever watches it."""

import contextlib
import functools
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partsight.detector.detector import Look
from partsight.detector.glimpses import Glimpses
from partsight.errors import StorageError
from partsight.files import read_json, write_bytes, write_json
from partsight.pictures import jpeg_bytes, read_picture, reduced
from partsight.pipeline.running.workspace import Workspace
from partsight.structures.arrays import Image
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

NUM_PICTURES = 6
_GLIMPSES, _FOUND = "glimpses", "found.json"
_LONGER_PX, _QUALITY = 960, 85
"""No larger than is shown: photos of a phone would fill the memory."""
_KEPT_TRAININGS = 8


@dataclass(frozen=True, slots=True)
class FoundSoFar:
    """What the detector of an epoch finds on each of the pictures."""

    epoch: int
    pictures: tuple[dict[str, Any], ...]
    """Size in pixels, and boxes in them with name and score."""


def choose_pictures(validation: Dataset) -> tuple[Sample, ...]:
    """Return up to six pictures with parts, photos before renders, evenly over all there are."""
    with_parts = [sample for sample in validation.samples if len(sample.class_ids)]
    photos = [sample for sample in with_parts if sample.source == "photo"]
    renders = [sample for sample in with_parts if sample.source != "photo"]
    chosen = _spread(photos, NUM_PICTURES)
    return (*chosen, *_spread(renders, NUM_PICTURES - len(chosen)))


def open_glimpses(workspace: Workspace, key: str, validation: Dataset) -> Look | None:
    """Write the pictures of a training, and return what adds to them what is found; None where no picture shows a part.

    A disk that is full stops no training: nothing is shown then.
    """
    images = [reduced(read_picture(sample.image_path), _LONGER_PX) for sample in choose_pictures(validation)]
    folder = workspace.root / _GLIMPSES / key
    try:
        _forget_old(folder.parent)
        for number, image in enumerate(images):
            write_bytes(picture_path(workspace, key, number), jpeg_bytes(image, _QUALITY))
    except StorageError:
        return None
    show = functools.partial(_write, folder / _FOUND, images, validation.class_names)
    return Glimpses(images, show).look if images else None


def picture_path(workspace: Workspace, key: str, number: int) -> Path:
    """Return where a picture of a training lies; it need not be there."""
    return workspace.root / _GLIMPSES / key / f"{number}.jpg"


def read_found(workspace: Workspace, key: str) -> FoundSoFar | None:
    """Return what a training has found so far; None before it has looked, or where that cannot be read."""
    try:
        content = read_json(workspace.root / _GLIMPSES / key / _FOUND)
        return FoundSoFar(int(content["epoch"]), tuple(content["pictures"]))
    except (OSError, StorageError, LookupError, TypeError, ValueError):
        return None


def _write(
    path: Path, images: Sequence[Image], class_names: Sequence[str], epoch: int, found: list[Detections]
) -> None:
    pictures = [
        {"size": [image.shape[1], image.shape[0]], "boxes": _boxes(one, class_names)}
        for image, one in zip(images, found, strict=True)
    ]
    with contextlib.suppress(StorageError):
        write_json(path, {"epoch": epoch, "pictures": pictures})


def _boxes(found: Detections, class_names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"box": one.box_xyxy.round(1).tolist(), "name": class_names[one.class_id], "score": round(one.score, 3)}
        for one in found
    ]


def _spread(samples: Sequence[Sample], count: int) -> tuple[Sample, ...]:
    places = np.unique(np.linspace(0, len(samples) - 1, min(count, len(samples))).round().astype(int))
    return tuple(samples[place] for place in places)


def _forget_old(parent: Path) -> None:
    """Delete the pictures of trainings before the last ones."""
    folders = sorted((one for one in parent.glob("*") if one.is_dir()), key=lambda one: one.stat().st_mtime)
    for folder in folders[: -(_KEPT_TRAININGS - 1)]:
        shutil.rmtree(folder, ignore_errors=True)
