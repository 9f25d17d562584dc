"""YOLO layout, written: whole or not at all, and only when its content has changed.

data.yaml       class names in order, and the three lists
train.txt       pictures of each split; photos may be listed several times
val.txt test.txt
images/ labels/ one picture and one label file for each sample id
manifest.json   hash of the content, and where each picture came from
"""

import functools
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from partsight.errors import DatasetError, StorageError
from partsight.files import hash_file, hash_json, read_json, write_bytes, write_json, write_text
from partsight.labels.formats.yolo.lines import yolo_text
from partsight.labels.label import box_problem, raise_problems
from partsight.pictures import is_read_alike, png_bytes, read_picture
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.sample import Sample

LabelText: TypeAlias = Callable[[Sample], str]
"""Gives the content of a picture's label file."""
_FORMAT_VERSION = 2
_REWRITTEN = ".png"
_NO_LINE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]")
"""What ends a line for somebody, and what stands for a byte of a name that is no text."""
_JPEG_SUFFIXES = frozenset({".jpg", ".jpeg"})
_JPEG_END = b"\xff\xd9"


def write_yolo(splits: Splits, folder: Path, times: Mapping[str, int], label_text: LabelText | None = None) -> Path:
    """Write the splits in YOLO layout and return the path of `data.yaml`.

    In `train.txt` each picture is listed `times[sample_id]` times (once when not given); `label_text` says what else than boxes its
    label file holds. Pictures are hard-linked where
    the file system can, else copied. A folder that already holds this content is left alone; one that holds another is
    replaced. Raises DatasetError for empty train or validation splits and for ids or boxes that cannot be written,
    StorageError when the disk refuses.
    """
    _check_writable(splits, folder)
    told = functools.cache(label_text or _label_text)
    manifest = _manifest(splits, times, told)
    _delete_leftovers(folder)
    if not _is_up_to_date(folder, manifest):
        try:
            _write_all(splits, _unfinished(folder), manifest, told)
            _replace(folder, _unfinished(folder))
        except OSError as error:
            advice = "Free some space or mend the permissions."
            raise StorageError(f"{folder}: cannot be written ({error}). {advice}") from error
        finally:
            _delete_leftovers(folder)
    return folder / "data.yaml"


def _unfinished(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.unfinished")


def _outdated(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.outdated")


def _delete_leftovers(folder: Path) -> None:
    """Delete what a killed or finished writer left beside the folder."""
    shutil.rmtree(_unfinished(folder), ignore_errors=True)
    shutil.rmtree(_outdated(folder), ignore_errors=True)


def _named(splits: Splits) -> dict[str, Dataset]:
    return {"train": splits.train, "val": splits.validation, "test": splits.test}


def _check_writable(splits: Splits, folder: Path) -> None:
    if not splits.train.samples or not splits.validation.samples:
        raise DatasetError(
            f"{folder}: {len(splits.train.samples)} training and {len(splits.validation.samples)} validation pictures; "
            "both are needed. Raise render.count, dataset.render_validation_share or the sessions named in photos."
        )
    samples = [sample for dataset in _named(splits).values() for sample in dataset.samples]
    problems = [problem for sample in samples for problem in _sample_problems(sample)]
    counts = Counter(map(_stem, samples))
    problems += [f"{one.image_path}: shares its name with another picture" for one in samples if counts[_stem(one)] > 1]
    raise_problems(problems, folder)


def _sample_problems(sample: Sample) -> Iterable[str]:
    """Yield what would make a sample come back changed."""
    if not sample.sample_id or Path(sample.sample_id).name != sample.sample_id:
        yield f"{sample.image_path}: sample id {sample.sample_id!r} is no file name"
    if not sample.image_path.is_file():
        yield f"{sample.image_path}: no such picture"
    for box_xyxy in sample.boxes_xyxy:
        if problem := box_problem(box_xyxy.tolist(), sample.size_wh):
            yield f"{sample.image_path}: {problem}"


def _manifest(splits: Splits, times: Mapping[str, int], told: LabelText) -> dict[str, Any]:
    content = {
        "format_version": _FORMAT_VERSION,
        "class_names": list(splits.train.class_names),
        "times": dict(times),
        "splits": {
            name: [_record(sample, told) for sample in dataset.samples] for name, dataset in _named(splits).items()
        },
    }
    return {"key": hash_json(content), **content}


def _record(sample: Sample, told: LabelText) -> dict[str, Any]:
    return {
        "sample_id": sample.sample_id,
        "source": sample.source,
        "session": sample.session,
        "image": hash_file(sample.image_path),
        "labels": hash_json(told(sample)),
    }


def _is_up_to_date(folder: Path, manifest: Mapping[str, Any]) -> bool:
    path = folder / "manifest.json"
    return path.is_file() and read_json(path).get("key") == manifest["key"]


def _write_all(splits: Splits, folder: Path, manifest: Mapping[str, Any], told: LabelText) -> None:
    for name, dataset in _named(splits).items():
        for sample in dataset.samples:
            _place_picture(sample.image_path, folder / _picture_name(sample))
            write_text(folder / "labels" / f"{_stem(sample)}.txt", told(sample))
        listed = manifest["times"] if name == "train" else {}
        lines = [f"./{_picture_name(sample)}\n" * listed.get(sample.sample_id, 1) for sample in dataset.samples]
        write_text(folder / f"{name}.txt", "".join(lines))
    write_text(folder / "data.yaml", _data_yaml(splits))
    write_json(folder / "manifest.json", manifest)


def _picture_name(sample: Sample) -> str:
    suffix = sample.image_path.suffix.lower() if is_read_alike(sample.image_path) else _REWRITTEN
    return f"images/{_stem(sample)}{suffix}"


def _stem(sample: Sample) -> str:
    """Return the name of a sample's files: of one line, because lists hold one a line, and of text."""
    return _NO_LINE.sub(lambda found: f"%{ord(found[0]):04X}", sample.sample_id)


def _place_picture(source: Path, target: Path) -> None:
    """Link a picture, or copy it: always a JPEG with bytes after its end, for Ultralytics rewrites those in place.

    What a trainer would read otherwise than we do (16 bits, transparency, turned TIFF files) is written anew as it was read.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if not is_read_alike(source):
        write_bytes(target, png_bytes(read_picture(source)))
        return
    try:
        if _may_be_rewritten(source):
            shutil.copyfile(source, target)
        else:
            os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)


def _may_be_rewritten(picture: Path) -> bool:
    if picture.suffix.lower() not in _JPEG_SUFFIXES:
        return False
    with picture.open("rb") as stream:
        stream.seek(-min(len(_JPEG_END), picture.stat().st_size), os.SEEK_END)
        return stream.read() != _JPEG_END


def _label_text(sample: Sample) -> str:
    return yolo_text(zip(sample.class_ids.tolist(), sample.boxes_xyxy.tolist(), strict=True), sample.size_wh)


def _data_yaml(splits: Splits) -> str:
    import yaml

    content: dict[str, Any] = {name: f"{name}.txt" for name, dataset in _named(splits).items() if dataset.samples}
    content["names"] = dict(enumerate(splits.train.class_names))
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def _replace(folder: Path, finished: Path) -> None:
    """Put the finished folder in the place of the old one."""
    if folder.exists():
        folder.rename(_outdated(folder))
    finished.rename(folder)
