"""The recipe's photographs: read in their format, grouped into sessions, with photos of places as negatives."""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from partsight.config.expressions import find_groups
from partsight.config.sections.photos import PhotosSection
from partsight.dataset.mixing import mix
from partsight.dataset.splits import PLACE_SESSIONS
from partsight.errors import DatasetError
from partsight.files import hash_file
from partsight.labels.label import raise_problems, sample_id_of
from partsight.labels.own_folders import PassOver, read_coco, read_yolo
from partsight.pictures import list_pictures, name_order, picture_size
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample

TO_LABEL = "to_label"
"""Folder of the pictures that wait for labels."""
WHOLE_SESSION = "all"
"""Session of pictures for which the pattern's groups are empty, as the default's for those directly in `images/`."""


def read_photos(section: PhotosSection, class_names: Sequence[str], pass_over: PassOver | None = None) -> Dataset:
    """Read the labeled photos and the photos of places of a recipe; an empty dataset when it names no folder.

    Raises DatasetError with all problems of a folder; of pictures that cannot be read only `pass_over` is told, if it is given.
    """
    datasets = [Dataset(tuple(class_names), ())]
    if section.folder is not None:
        datasets.append(
            _in_blocks(_read_labeled(section, section.folder, class_names, pass_over), section.session_block)
        )
    return mix(*datasets, read_places(section, class_names, pass_over))


def read_places(section: PhotosSection, class_names: Sequence[str], pass_over: PassOver | None = None) -> Dataset:
    """Read the photos of places without parts; a picture that lies in two of their folders counts once. Raises as `read_photos`."""
    samples: list[Sample] = []
    for folder in section.places:
        known = {hash_file(sample.image_path) for sample in samples}
        found = _read_folder(folder, pass_over)
        samples += [one for one in found if not known or hash_file(one.image_path) not in known]
    return Dataset(tuple(class_names), tuple(samples))


def session_of(path: str, pattern: str) -> str:
    """Return a picture's session by its path below `images/`; one that the pattern does not match is of the session of its folder.

    So frames that a live camera kept need no pattern. Raises DatasetError when it lies in no folder, either.
    """
    folder, _, _ = path.rpartition("/")
    if folder and find_groups(pattern, path) is None:
        return folder
    return match_session(path, pattern)


def match_session(path: str, pattern: str) -> str:
    """Return what the groups of a pattern match in a path, as a session. Raises DatasetError when it does not match."""
    groups = find_groups(pattern, path)
    if groups is None:
        raise DatasetError(
            f"{path}: photos.session_pattern {pattern!r} does not match. Every picture needs a session: put it into a folder "
            "named like its session, or mend the pattern."
        )
    return "".join(groups).strip("/") or WHOLE_SESSION


def _read_labeled(
    section: PhotosSection, folder: Path, class_names: Sequence[str], pass_over: PassOver | None
) -> Dataset:
    def session(path: str) -> str:
        return session_of(path, section.session_pattern)

    if (folder / TO_LABEL).is_dir() and not (folder / "images").exists():
        return Dataset(tuple(class_names), ())  # photos were brought in, and none is labeled yet
    if section.format == "coco":
        return read_coco(folder / "coco.json", folder / "images", class_names, session, pass_over=pass_over)
    return read_yolo(folder, class_names, session, pass_over=pass_over)


def _in_blocks(dataset: Dataset, block: int) -> Dataset:
    """Divide each session into contiguous blocks of pictures in name order: 'name#0', 'name#1', …"""
    if block == 0:
        return dataset
    by_session: dict[str, list[Sample]] = defaultdict(list)
    for sample in sorted(dataset.samples, key=lambda sample: name_order(sample.sample_id)):
        by_session[sample.session].append(sample)
    divided = (
        dataclasses.replace(sample, session=f"{session}#{index // block}")
        for session, samples in by_session.items()
        for index, sample in enumerate(samples)
    )
    return Dataset(dataset.class_names, tuple(divided))


def _read_folder(folder: Path, pass_over: PassOver | None) -> list[Sample]:
    samples, problems = [], []
    for path in list_pictures(folder):
        try:
            samples.append(_place(path, path.relative_to(folder)))
        except DatasetError as error:
            problems.append(str(error))
    if pass_over is None:
        raise_problems(problems, folder)
    else:
        for problem in problems:
            pass_over(problem)
    return samples


def _place(path: Path, relative: Path) -> Sample:
    """Return a picture of the session that its folder is, or of one of its own."""
    stem = sample_id_of(relative)
    session = relative.parent.as_posix() if relative.parent.parts else stem
    return Sample(
        sample_id=f"place__{stem}",
        image_path=path,
        size_wh=picture_size(path),
        boxes_xyxy=np.zeros((0, 4)),
        class_ids=np.zeros(0, np.int64),
        source="photo",
        session=f"{PLACE_SESSIONS}{session}",
    )
