"""Label Studio's JSON and JSON-MIN exports: tasks with shapes in percent of the picture (https://labelstud.io/guide/export).

The exports hold no pictures: give the folder they lie in. Uploaded pictures are called `/data/upload/1/3f2b9c1e-IMG_12.jpg`, local
ones `/data/local-files/?d=path/IMG_12.jpg`. Of several annotations of one task that of the ground truth counts, else the last that
was not cancelled; a task without any is not labeled yet. Video boxes are read by `label_studio_video`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlparse

from partsight.labels.export_folder import ExportFolder, is_picture, missing_reason
from partsight.labels.findings import Findings, Mark, PictureEntry, bad_mark
from partsight.labels.formats.label_studio_regions import regions_of, shape_of
from partsight.labels.formats.label_studio_video import video_entries, video_of
from partsight.labels.judging import LabeledPicture
from partsight.labels.label import Label

_UPLOADED = re.compile(r"^[0-9a-f]{8}-")
_PICTURE_KEYS = ("image", "img", "picture", "url")
_NOT_YET = "is not labeled yet"
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError)


def find_label_studio_files(export: ExportFolder) -> list[Path]:
    """Return the JSON files of Label Studio, whole or reduced."""
    return [path for path in export.ending(".json") if _is_export(export.json(path))]


def read_label_studio_files(export: ExportFolder) -> Findings:
    """Read all Label Studio files of an export."""
    found = Findings(export)
    for path in find_label_studio_files(export):
        for number, task in enumerate(export.json(path), start=1):
            _read_task(
                task, f"task {task.get('id', number)}" if isinstance(task, dict) else f"task {number}", path, found
            )
    found.add_class_names(sorted({mark.class_name for entry in found.entries for mark in entry.marks}))
    return found


def label_studio_json(pictures: Sequence[LabeledPicture]) -> str:
    """Return tasks with annotations, as Label Studio exports and imports them."""
    return json.dumps([_task(number, picture) for number, picture in enumerate(pictures, start=1)], indent=1)


def picture_name(source: str) -> str:
    """Return the file name in the address of a picture."""
    address = urlparse(source)
    local = parse_qs(address.query).get("d")
    return PurePosixPath(unquote(local[0] if local else address.path).replace("\\", "/")).name


def _task(number: int, picture: LabeledPicture) -> dict[str, Any]:
    results = [
        {
            "id": f"{number}-{index}",
            "type": "polygonlabels" if label.outline else "rectanglelabels",
            "from_name": "label",
            "to_name": "image",
            "original_width": picture.size_wh[0],
            "original_height": picture.size_wh[1],
            "image_rotation": 0,
            "value": _value(label, picture.size_wh),
        }
        for index, label in enumerate(picture.labels)
    ]
    return {
        "id": number,
        "data": {"image": quote(picture.path.name)},
        "annotations": [{"id": number, "result": results}],
    }


def _value(label: Label, size_wh: tuple[int, int]) -> dict[str, Any]:
    if not label.outline:
        return {**_percent(label.box_xyxy, size_wh), "rectanglelabels": [label.class_name]}
    points = [[100 * x / size_wh[0], 100 * y / size_wh[1]] for x, y in label.outline]
    return {"points": points, "closed": True, "polygonlabels": [label.class_name]}


def _percent(box_xyxy: Sequence[float], size_wh: tuple[int, int]) -> dict[str, float]:
    (left, top, right, bottom), (width, height) = box_xyxy, size_wh
    return {
        "x": 100 * left / width, "y": 100 * top / height,
        "width": 100 * (right - left) / width, "height": 100 * (bottom - top) / height, "rotation": 0,
    }  # fmt: skip


def _is_export(content: Any) -> bool:
    if not (isinstance(content, list) and content and isinstance(content[0], dict)):
        return False
    first = content[0]
    return isinstance(first.get("data"), dict) or ("annotation_id" in first and _source(first) is not None)


def _read_task(task: Mapping[str, Any], where: str, path: Path, found: Findings) -> None:
    try:
        if "data" in task and video_of(task) is not None:
            _read_video(task, where, found)
        else:
            found.entries.append(_entry(task, where, path, found))
    except _MALFORMED as error:
        reason = f"not as Label Studio writes it ({type(error).__name__}: {error})"
        found.entries.append(PictureEntry(where, None, flaw=reason))


def _entry(task: Mapping[str, Any], where: str, path: Path, found: Findings) -> PictureEntry:
    source = _source(task.get("data", task))
    if source is None:
        return PictureEntry(where, None, flaw="shows no picture and no video")
    name = picture_name(source)
    # Names of dates begin like those of uploads.
    short = _UPLOADED.sub("", name) if "/upload/" in source else name
    picture = found.export.index.find(name, path)
    results = _results(task, f"{where}: {name}", found)
    if results is None:
        return PictureEntry(short, picture, flaw=_NOT_YET, is_fault=False, near=path)
    regions = list(regions_of(results))
    marks = tuple(_marks(regions, f"{where}: {name}"))
    flaw = "" if picture is not None else missing_reason(name, found.export)
    return PictureEntry(short, picture, marks, _stated_wh(regions), is_said_empty=not marks, flaw=flaw, near=path)


def _source(data: Mapping[str, Any]) -> str | None:
    """Return the address of the picture: under a usual key, else the only address of a picture there is."""
    usual = [data[key] for key in _PICTURE_KEYS if isinstance(data.get(key), str)]
    others = [value for value in data.values() if isinstance(value, str) and is_picture(Path(picture_name(value)))]
    return str(usual[0]) if usual else str(others[0]) if others else None


def _results(task: Mapping[str, Any], where: str, found: Findings) -> list[Mapping[str, Any]] | None:
    """Return what was drawn, None where nobody has labeled yet."""
    if "data" not in task:
        return [
            region for value in task.values() if isinstance(value, list) for region in value if isinstance(region, dict)
        ]
    kept = kept_annotations(task)
    if not kept:
        return None
    if len(kept) > 1:
        found.remarks.append(f"{where}: has {len(kept)} annotations; one is taken")
    return list(chosen(kept)["result"])


def kept_annotations(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the annotations of a task that were not cancelled."""
    annotations = task.get("annotations") or task.get("completions") or []
    return [entry for entry in annotations if not entry.get("was_cancelled")]


def chosen(annotations: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the annotation that is the ground truth, else the last."""
    return next((entry for entry in annotations if entry.get("ground_truth")), annotations[-1])


def _marks(regions: Sequence[Mapping[str, Any]], where: str) -> Iterator[Mark]:
    for region in regions:
        names = region["class_names"]
        name = str(names[0]) if names else ""
        if len(names) > 1:
            yield bad_mark(where, f"has several classes: {', '.join(map(str, names))}", name)
            continue
        try:
            yield Mark(shape_of(region), name, where)
        except _MALFORMED as error:
            yield bad_mark(where, f"not as Label Studio writes it ({type(error).__name__}: {error})", name)


def _stated_wh(regions: Sequence[Mapping[str, Any]]) -> tuple[int, int] | None:
    for region in regions:
        if region.get("original_width") and region.get("original_height"):
            return int(region["original_width"]), int(region["original_height"])
    return None


def _read_video(task: Mapping[str, Any], where: str, found: Findings) -> None:
    name = _UPLOADED.sub("", picture_name(video_of(task) or ""))
    annotations = kept_annotations(task)
    if not annotations:
        found.entries.append(PictureEntry(f"{where}: {name}", None, flaw=_NOT_YET, is_fault=False))
        return
    entries = video_entries(list(chosen(annotations)["result"]), name, found.export)
    if not entries:
        reason = (
            f"no frame of {name} is there. Take them with `partsight photos add`, and give their folder (`pictures`)"
        )
        entries = [PictureEntry(where, None, flaw=reason)]
    found.entries += entries
