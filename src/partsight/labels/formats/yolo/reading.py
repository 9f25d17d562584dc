"""YOLO layout, read: `images/**`, `labels/**/<same name>.txt`, class names in `classes.txt` or `data.yaml`.

Classes are matched by name, never by number: a folder whose names stand in another order than the recipe's is read
rightly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partsight.errors import DatasetError
from partsight.labels.class_names import check_same_names, check_unique_names
from partsight.labels.label import (
    Label,
    box_problem,
    boxes_of,
    class_ids_of,
    name_problems,
    raise_problems,
    sample_id_of,
    stem_problems,
)
from partsight.pictures import list_pictures, picture_size
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample, Source

_NO_PICTURE_LABELS = frozenset({"classes.txt", "labels.txt", "README.txt"})
"""Text files that labelling tools put beside the labels."""


def read_yolo(
    folder: Path, class_names: Sequence[str], session_of: Callable[[str], str], source: Source = "photo"
) -> Dataset:
    """Read a folder in YOLO layout, its classes renumbered by name to `class_names`.

    `session_of` names the session of a picture by its path below `images/`. Label lines are `class cx cy w h` in shares
    of the picture, or `class x1 y1 x2 y2 …` (a polygon, of which the extent is taken). Raises DatasetError with all
    problems, each with file and line: a picture without label file (an empty one says that nothing is there), labels
    without picture, numbers out of range.
    """
    folder_names = read_names(folder)
    paths = list_pictures(folder / "images")
    relatives = [path.relative_to(folder / "images") for path in paths]
    problems = stem_problems(relatives) + _orphan_problems(folder, relatives)
    pictures = [_read_picture_labels(folder, relative, folder_names) for relative in relatives]
    for picture in pictures:
        problems += picture.problems + name_problems(picture.labels, class_names)
    raise_problems(problems, folder)
    samples = tuple(_sample(folder, picture, class_names, source, session_of) for picture in pictures)
    return Dataset(tuple(class_names), samples)


@dataclass(frozen=True, slots=True)
class _Picture:
    """One picture and the lines of its label file."""

    relative: Path
    size_wh: tuple[int, int]
    labels: list[Label]
    problems: list[str]


def read_names(folder: Path) -> list[str]:
    """Return the folder's class names; all files that state them must agree."""
    readers = {"classes.txt": names_from_text, "labels/classes.txt": names_from_text, "data.yaml": names_from_yaml}
    stated = {folder / name: read(folder / name) for name, read in readers.items() if (folder / name).is_file()}
    if not stated:
        raise DatasetError(f"{folder}: neither classes.txt nor data.yaml. Expected the class names there, one a line.")
    first = next(iter(stated))
    for path, names in stated.items():
        check_same_names(stated[first], names, f"{path} (compared with {first.name})")
        check_unique_names(names, str(path))
    return stated[first]


def names_from_text(path: Path) -> list[str]:
    """Return class names, one a line. Raises DatasetError."""
    return [line.strip() for line in _read_text(path).splitlines() if line.strip()]


def names_from_yaml(path: Path) -> list[str]:
    """Return the class names of a data.yaml. Raises DatasetError."""
    import yaml

    try:
        content = yaml.safe_load(_read_text(path))
    except yaml.YAMLError as error:
        raise DatasetError(f"{path}: not valid YAML ({error})") from error
    names = content.get("names") if isinstance(content, Mapping) else None
    listed = _listed(names)
    if listed is None:
        raise DatasetError(f"{path}: found names: {names!r}. Expected a list, or numbers from 0 with a name each.")
    if content.get("nc", len(listed)) != len(listed):
        raise DatasetError(f"{path}: nc is {content['nc']}, but there are {len(listed)} names")
    return listed


def _listed(names: Any) -> list[str] | None:
    if isinstance(names, Mapping) and sorted(names, key=str) == sorted(range(len(names)), key=str):
        return [str(names[index]) for index in range(len(names))]
    return [str(name) for name in names] if isinstance(names, list) else None


def _orphan_problems(folder: Path, relatives: Sequence[Path]) -> list[str]:
    """Return one problem for each label file that belongs to no picture."""
    known = {relative.with_suffix(".txt") for relative in relatives}
    found = [path.relative_to(folder / "labels") for path in sorted((folder / "labels").rglob("*.txt"))]
    return [
        f"labels/{path.as_posix()}: no picture of this name in images/"
        for path in found
        if path not in known and path.name not in _NO_PICTURE_LABELS
    ]


def _read_picture_labels(folder: Path, relative: Path, folder_names: Sequence[str]) -> _Picture:
    """Read what is said of one picture, collecting what is wrong instead of raising."""
    shown = Path("labels") / relative.with_suffix(".txt")
    try:
        size_wh = picture_size(folder / "images" / relative)
        text = _read_text(folder / shown)
    except DatasetError as error:
        return _Picture(relative, (0, 0), [], [str(error)])
    labels: list[Label] = []
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            label, problem = parse_line(line.split(), size_wh, folder_names, f"{shown.as_posix()}:{number}")
            labels += [label] if label else []
            problems += [f"{shown.as_posix()}:{number}: {problem}"] if problem else []
    return _Picture(relative, size_wh, labels, problems)


def parse_line(
    fields: list[str], size_wh: tuple[int, int], folder_names: Sequence[str], where: str
) -> tuple[Label | None, str | None]:
    """Return the label of one line, or what is wrong with it."""
    try:
        number, values = float(fields[0]), [float(field) for field in fields[1:]]
    except ValueError:
        return None, f"found {' '.join(fields)!r}, expected numbers"
    if number not in range(len(folder_names)):
        return None, f"class {fields[0]} is not among the {len(folder_names)} classes (0…{len(folder_names) - 1})"
    box_xyxy = _box(values, size_wh)
    if box_xyxy is None:
        return None, f"{len(fields)} columns, expected 5 (class cx cy w h) or 1 + 2n (class and n ≥ 3 corners)"
    problem = box_problem(box_xyxy, size_wh)
    return (None, problem) if problem else (Label(box_xyxy, folder_names[int(number)], where), None)


def _box(values: Sequence[float], size_wh: tuple[int, int]) -> tuple[float, float, float, float] | None:
    """Return a box in pixels from the columns after the class, or None when their number is wrong."""
    width, height = size_wh
    if len(values) == 4:
        center_x, center_y, across, down = values
        edges = center_x - across / 2, center_y - down / 2, center_x + across / 2, center_y + down / 2
    elif len(values) >= 6 and len(values) % 2 == 0:
        xs, ys = np.array(values[0::2]), np.array(values[1::2])
        edges = float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())
    else:
        return None
    return edges[0] * width, edges[1] * height, edges[2] * width, edges[3] * height


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DatasetError(
            f"{path}: no label file. If nothing is to be seen in the picture, say so by an empty file."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read as text ({error})") from error


def _sample(
    folder: Path, picture: _Picture, class_names: Sequence[str], source: Source, session_of: Callable[[str], str]
) -> Sample:
    return Sample(
        sample_id=sample_id_of(picture.relative),
        image_path=folder / "images" / picture.relative,
        size_wh=picture.size_wh,
        boxes_xyxy=boxes_of(picture.labels, picture.size_wh),
        class_ids=np.array(class_ids_of(picture.labels, class_names), np.int64),
        source=source,
        session=session_of(picture.relative.as_posix()),
        class_names=tuple(class_names),
    )
