"""What stages read, as content for their keys: sections without paths, pictures with their labels, folders of pictures."""

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from partsight.config.section import Section
from partsight.errors import DatasetError
from partsight.files import hash_bytes, hash_file, hash_json
from partsight.structures.sample import Sample


def section_content(section: Section, exclude: set[str] | None = None) -> dict[str, Any]:
    """Return a section as JSON-like data, without paths: what lies there is hashed instead."""
    dumped = section.model_dump(mode="json", exclude=exclude)
    return {name: value for name, value in dumped.items() if not isinstance(getattr(section, name), Path)}


def hash_samples(samples: Sequence[Sample]) -> str:
    """Return the hash of pictures and labels, in their order. Raises DatasetError for a picture that is not there."""
    return hash_json(
        [
            [
                sample.sample_id,
                _hash_picture(sample.image_path),
                sample.size_wh,
                sample.boxes_xyxy.tolist(),
                sample.class_ids.tolist(),
            ]
            for sample in samples
        ]
    )


def hash_outlines(samples: Sequence[Sample]) -> str:
    """Return the hash of what was drawn around the parts of pictures, in their order."""
    drawn = ([None if one is None else one.tolist() for one in sample.outlines] for sample in samples)
    return hash_json(list(drawn))


def hash_files(paths: Iterable[Path], root: Path) -> str:
    """Return one hash of the names below a folder and the contents of these files, and of no other."""
    return hash_bytes(*(f"{path.relative_to(root).as_posix()} {hash_content(path)}".encode() for path in sorted(paths)))


def hash_content(path: Path) -> str:
    """Return the content hash of a file, read once in this process as long as its size and time stay as they are."""
    state = path.stat()
    return _hash_once(path, state.st_size, state.st_mtime_ns)


def _hash_picture(path: Path) -> str:
    try:
        return hash_content(path)
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be read ({error.strerror}). Put the picture back, or delete its labels."
        ) from error


@functools.lru_cache(maxsize=100_000)
def _hash_once(path: Path, num_bytes: int, time_ns: int) -> str:
    del num_bytes, time_ns
    return hash_file(path)
