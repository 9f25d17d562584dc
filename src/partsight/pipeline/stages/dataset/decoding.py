"""Every photo is decoded whole once, before anything is trained on it; what was seen is remembered by content.

A header says nothing about what follows: a picture that was cut off would be dropped by a training library without a word.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from partsight.errors import DatasetError, StorageError
from partsight.files import hash_file, read_json, write_json
from partsight.labels.label import raise_problems
from partsight.photos.footage import PreviewFrame
from partsight.photos.measuring import measure
from partsight.photos.stills import small_gray
from partsight.pictures import read_picture
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Progress
from partsight.structures.sample import Sample

MEMORY = "pictures.json"
_VERSION = 1


def decode_photos(samples: Iterable[Sample], workspace: Workspace, progress: Progress) -> Mapping[str, int]:
    """Return the perceptual hash of each photo by sample id. Raises DatasetError naming all that cannot be decoded."""
    hashes, problems = _decode(samples, workspace, progress)
    raise_problems(problems, Path("photos"))
    return hashes


def keep_decodable(samples: Sequence[Sample], workspace: Workspace, progress: Progress) -> tuple[Sample, ...]:
    """Return the photos that can be decoded whole; the others are told."""
    hashes, problems = _decode(samples, workspace, progress)
    for problem in problems:
        progress.say(f"passed over: {problem}")
    return tuple(sample for sample in samples if sample.sample_id in hashes)


def _decode(samples: Iterable[Sample], workspace: Workspace, progress: Progress) -> tuple[Mapping[str, int], list[str]]:
    """Return hashes by sample id, and what is wrong with the others."""
    photos = [sample for sample in samples if sample.source == "photo"]
    memory = workspace.root / MEMORY
    known = _remembered(memory)
    num_before, problems, found = len(known), list[str](), dict[str, int]()
    with progress.stage("decode", len(photos), "photos") as advance:
        for number, sample in enumerate(photos, start=1):
            try:
                content_hash = hash_file(sample.image_path)
                if content_hash not in known:
                    known[content_hash] = _look(sample.image_path)
                found[sample.sample_id] = int(known[content_hash], 16)
            except DatasetError as error:
                problems.append(str(error))
            advance(number, sample.sample_id)
    if len(known) > num_before:
        with contextlib.suppress(StorageError):  # a memory that cannot be kept costs time, nothing else
            write_json(memory, {"version": _VERSION, "hashes": {**_remembered(memory), **known}})
    return found, problems


def _look(path: Path) -> str:
    """Return a photo's perceptual hash as hex digits, from all of its pixels."""
    return f"{measure(PreviewFrame(0, None, small_gray(read_picture(path)))).hash64:016x}"


def _remembered(memory: Path) -> dict[str, str]:
    try:
        content = read_json(memory)
        return {str(key): f"{int(value, 16):016x}" for key, value in content["hashes"].items()}
    except (OSError, StorageError, KeyError, TypeError, ValueError, AttributeError):
        return {}
