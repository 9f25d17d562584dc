"""Label Studio's JSON export: a list of tasks with boxes in percent of the picture (https://labelstud.io/guide/export, "JSON").

The export holds no pictures: give the folder they lie in. Uploaded pictures are called `/data/upload/1/3f2b9c1e-IMG_12.jpg`, local
ones `/data/local-files/?d=path/IMG_12.jpg`. Of several annotations of one task the last that was not cancelled counts. Turned boxes
count by their extent. Video boxes are read by `label_studio_video`.
"""

import json
import math
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

from partsight.errors import DatasetError
from partsight.labels.foreign import Findings, ForeignPicture, PictureIndex, index_pictures
from partsight.labels.formats.label_studio_video import read_video_task, video_of
from partsight.labels.label import Label, box_problem
from partsight.pictures import picture_size

_UPLOADED = re.compile(r"^[0-9a-f]{8}-")
_BOX_KINDS = ("rectanglelabels", "labels", "rectangle")


def find_label_studio_file(folder: Path) -> Path | None:
    """Return the JSON file of a Label Studio export, None when there is none."""
    return next((path for path in sorted(folder.rglob("*.json")) if _is_export(path)), None)


def read_label_studio(folder: Path, pictures: Path | None = None) -> Findings:
    """Read a Label Studio export; `pictures` is the folder of the pictures when they are not in the export."""
    path = find_label_studio_file(folder)
    if path is None:
        raise DatasetError(f"{folder}: no JSON export of Label Studio in it.")
    found = Findings()
    index = index_pictures([place for place in (pictures, folder) if place is not None])
    for number, task in enumerate(json.loads(path.read_bytes()), start=1):
        try:
            where = f"task {task.get('id', number)}"
            if video_of(task) is not None:
                _read_video(task, where, [place for place in (pictures, folder) if place is not None], found)
            else:
                _read_task(task, where, index, found)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            found.problems.append(f"task {number}: not as Label Studio writes it ({type(error).__name__}: {error})")
    found.class_names = sorted({label.class_name for picture in found.pictures for label in picture.labels})
    return found


def label_studio_json(pictures: list[ForeignPicture]) -> str:
    """Return tasks with annotations, as Label Studio exports and imports them."""
    return json.dumps([_task(number, picture) for number, picture in enumerate(pictures, start=1)], indent=1)


def _task(number: int, picture: ForeignPicture) -> dict[str, Any]:
    width, height = picture.size_wh
    results = []
    for index, label in enumerate(picture.labels):
        left, top, right, bottom = label.box_xyxy
        value = {
            "x": 100 * left / width,
            "y": 100 * top / height,
            "width": 100 * (right - left) / width,
            "height": 100 * (bottom - top) / height,
            "rotation": 0,
            "rectanglelabels": [label.class_name],
        }
        results.append(
            {
                "id": f"{number}-{index}",
                "type": "rectanglelabels",
                "from_name": "label",
                "to_name": "image",
                "original_width": width,
                "original_height": height,
                "image_rotation": 0,
                "value": value,
            }
        )
    return {"id": number, "data": {"image": picture.path.name}, "annotations": [{"id": number, "result": results}]}


def _is_export(path: Path) -> bool:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, list) and bool(content) and isinstance(content[0], dict) and "data" in content[0]


def _read_task(task: dict[str, Any], where: str, index: PictureIndex, found: Findings) -> None:
    source = next((str(value) for key, value in task["data"].items() if key in {"image", "img", "url"}), None)
    if source is None:
        found.problems.append(f"{where}: shows no picture and no video.")
        return
    name = picture_name(source)
    path = index.find(name) or index.find(_UPLOADED.sub("", name))
    annotations = _kept_annotations(task)
    if not annotations:
        found.remarks.append(f"{where}: {name} is not labelled yet: left out")
        return
    if path is None:
        found.problems.append(f"{where}: picture {name} is not there. Give its folder (`pictures`).")
        return
    size_wh = picture_size(path)
    labels = [_label(result, size_wh, where) for result in annotations[-1]["result"] if result["type"] in _BOX_KINDS]
    for label in labels:
        problem = box_problem(label.box_xyxy, size_wh)
        found.problems += [f"{where}: {name}: {problem}"] if problem else []
    found.pictures.append(ForeignPicture(path, _UPLOADED.sub("", Path(name).stem), size_wh, tuple(labels)))


def _kept_annotations(task: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in task.get("annotations", []) if not entry.get("was_cancelled")]


def _read_video(task: dict[str, Any], where: str, folders: list[Path], found: Findings) -> None:
    name = _UPLOADED.sub("", picture_name(video_of(task) or ""))
    annotations = _kept_annotations(task)
    if not annotations:
        found.remarks.append(f"{where}: {name} is not labelled yet: left out")
        return
    pictures = read_video_task(annotations[-1]["result"], name, folders)
    if not pictures:
        found.problems.append(
            f"{where}: no frame of {name} is there. Take them with `partsight photos add`, and give their folder (`pictures`)."
        )
    for picture in pictures:
        problems = [(label.where, box_problem(label.box_xyxy, picture.size_wh)) for label in picture.labels]
        found.problems += [f"{where}: {picture.name}: {spot}: {problem}" for spot, problem in problems if problem]
    found.pictures += pictures


def picture_name(source: str) -> str:
    """Return the file name in the address of a picture."""
    address = urlparse(source)
    local = parse_qs(address.query).get("d")
    return Path(unquote(local[0] if local else address.path)).name


def _label(result: dict[str, Any], size_wh: tuple[int, int], where: str) -> Label:
    value = result["value"]
    names = value.get("rectanglelabels") or value.get("labels") or ["(no label)"]
    width, height = size_wh
    left, top = value["x"] / 100 * width, value["y"] / 100 * height
    across, down = value["width"] / 100 * width, value["height"] / 100 * height
    box = _turned_extent((left, top), (across, down), math.radians(value.get("rotation") or 0.0))
    return Label(box, str(names[0]), where)


def _turned_extent(
    corner: tuple[float, float], size: tuple[float, float], angle: float
) -> tuple[float, float, float, float]:
    """Return the extent of a box turned clockwise about its upper left corner."""
    cosine, sine = math.cos(angle), math.sin(angle)
    steps = [(0.0, 0.0), (size[0], 0.0), (size[0], size[1]), (0.0, size[1])]
    xs = [corner[0] + x * cosine - y * sine for x, y in steps]
    ys = [corner[1] + x * sine + y * cosine for x, y in steps]
    return min(xs), min(ys), max(xs), max(ys)
