"""Random datasets in every format: what we write others read the same, and what others write we read the same."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partsight.labels.formats.writing import WRITERS, write_export
from partsight.structures.dataset import Dataset
from tests.builders import dataset_of, sample_of, write_picture

from .imports import boxes_in, imported

NAMES = ("QD", "bolt M6", "Schraube Ø3")
Boxes = dict[str, list[tuple[str, tuple[float, ...]]]]
"""Class and box of each label, by picture name."""

# Distinct boxes of at least a pixel, in a picture of 40 × 30.
BOX = st.tuples(st.floats(0, 38), st.floats(0, 28), st.floats(1, 40), st.floats(1, 30)).map(
    lambda box: (box[0], box[1], min(40.0, box[0] + box[2]), min(30.0, box[1] + box[3]))
)
LABELS = st.lists(st.tuples(BOX, st.integers(0, 2)), max_size=4)
DATASETS = st.lists(LABELS, min_size=1, max_size=4).filter(any)
few = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def dataset(folder: Path, pictures: list) -> Dataset:
    samples = []
    for number, labels in enumerate(pictures):
        path = write_picture(folder / f"p{number}.png", shade=number)
        samples.append(sample_of(path, [box for box, _ in labels], [class_id for _, class_id in labels]))
    return dataset_of(*samples, names=NAMES)


def expected(pictures: list) -> Boxes:
    return {
        f"p{number}": [(NAMES[class_id], box) for box, class_id in labels] for number, labels in enumerate(pictures)
    }


def assert_same_boxes(found: Boxes, wanted: Boxes, within_px: float) -> None:
    assert found.keys() == wanted.keys()
    for name, labels in wanted.items():
        rest = list(found[name])
        for class_name, box in labels:
            twin = min(
                (one for one in rest if one[0] == class_name),
                key=lambda one, box=box: max(abs(a - b) for a, b in zip(one[1], box, strict=True)),
            )
            assert twin[1] == pytest.approx(box, abs=within_px)
            rest.remove(twin)
        assert not rest


def by_supervision(found) -> Boxes:
    return {
        Path(path).stem: [
            (found.classes[class_id], tuple(box))
            for class_id, box in zip(labels.class_id.tolist(), labels.xyxy.tolist(), strict=True)
        ]
        for path, _, labels in found
    }


def read_yolo_by_supervision(folder: Path) -> Boxes:
    sv = pytest.importorskip("supervision")
    names = (folder / "classes.txt").read_text().splitlines()
    (folder / "data.yaml").write_text(json.dumps({"names": names}))
    return by_supervision(
        sv.DetectionDataset.from_yolo(str(folder / "images"), str(folder / "labels"), str(folder / "data.yaml"))
    )


def read_coco_by_pycocotools(folder: Path) -> Boxes:
    coco = pytest.importorskip("pycocotools.coco").COCO(folder / "coco.json")
    found: Boxes = {Path(image["file_name"]).stem: [] for image in coco.imgs.values()}
    for entry in coco.anns.values():
        left, top, width, height = entry["bbox"]
        name = Path(coco.imgs[entry["image_id"]]["file_name"]).stem
        found[name].append((coco.cats[entry["category_id"]]["name"], (left, top, left + width, top + height)))
    return found


def read_voc_by_elements(folder: Path) -> Boxes:
    found: Boxes = {}
    for path in (folder / "Annotations").iterdir():
        things = ET.parse(path).getroot().iter("object")  # noqa: S314 - we wrote it
        found[path.stem] = [
            (
                thing.findtext("name"),
                tuple(float(thing.findtext(f"bndbox/{edge}")) for edge in ("xmin", "ymin", "xmax", "ymax")),
            )
            for thing in things
        ]
    return found


def read_cvat_by_elements(folder: Path) -> Boxes:
    root = ET.parse(folder / "annotations.xml").getroot()  # noqa: S314 - we wrote it
    return {
        Path(image.get("name")).stem: [
            (box.get("label"), tuple(float(box.get(edge)) for edge in ("xtl", "ytl", "xbr", "ybr")))
            for box in image.iter("box")
        ]
        for image in root.iter("image")
    }


def read_label_studio_by_percent(folder: Path) -> Boxes:
    found: Boxes = {}
    for task in json.loads((folder / "label_studio.json").read_text()):
        labels = found[Path(task["data"]["image"]).stem] = []
        for result in task["annotations"][0]["result"]:
            value = result["value"]
            left, top = value["x"] * result["original_width"] / 100, value["y"] * result["original_height"] / 100
            across, down = (
                value["width"] * result["original_width"] / 100,
                value["height"] * result["original_height"] / 100,
            )
            labels.append((value["rectanglelabels"][0], (left, top, left + across, top + down)))
    return found


READERS: dict[str, Callable[[Path], Boxes]] = {
    "yolo": read_yolo_by_supervision,
    "coco": read_coco_by_pycocotools,
    "voc": read_voc_by_elements,
    "cvat": read_cvat_by_elements,
    "label-studio": read_label_studio_by_percent,
}


def test_every_writer_has_an_independent_reader() -> None:
    assert READERS.keys() == WRITERS.keys()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("target", READERS)
@few
@given(pictures=DATASETS)
def test_what_we_write_others_read_the_same(tmp_path_factory, target, pictures):
    root = tmp_path_factory.mktemp("written")
    write_export(dataset(root / "in", pictures), target, root / "out")
    assert_same_boxes(READERS[target](root / "out"), expected(pictures), 1e-3)


# Writers of other tools, as their documentation describes them, in the fewest words ------------------------------------


def write_labelme(root: Path, found: Boxes) -> None:
    for name, labels in found.items():
        shapes = [
            {"label": label, "points": [[x1, y1], [x2, y2]], "shape_type": "rectangle"}
            for label, (x1, y1, x2, y2) in labels
        ]
        (root / f"{name}.json").write_text(json.dumps({"shapes": shapes, "imagePath": f"{name}.png"}))


def write_createml(root: Path, found: Boxes) -> None:
    content = [
        {
            "image": f"{name}.png",
            "annotations": [
                {
                    "label": label,
                    "coordinates": {"x": (x1 + x2) / 2, "y": (y1 + y2) / 2, "width": x2 - x1, "height": y2 - y1},
                }
                for label, (x1, y1, x2, y2) in labels
            ],
        }
        for name, labels in found.items()
    ]
    (root / "_annotations.createml.json").write_text(json.dumps(content))


def write_via(root: Path, found: Boxes) -> None:
    content = {
        name: {
            "filename": f"{name}.png",
            "regions": [
                {
                    "shape_attributes": {"name": "rect", "x": x1, "y": y1, "width": x2 - x1, "height": y2 - y1},
                    "region_attributes": {"class": label},
                }
                for label, (x1, y1, x2, y2) in labels
            ],
        }
        for name, labels in found.items()
    }
    (root / "via_project.json").write_text(json.dumps({"_via_img_metadata": content}))


def write_table(root: Path, found: Boxes) -> None:
    rows = [
        f"{name}.png,40,30,{label},{','.join(map(repr, box))}"
        for name, labels in found.items()
        for label, box in labels
    ]
    (root / "_annotations.csv").write_text(
        "\n".join(["filename,width,height,class,xmin,ymin,xmax,ymax", *rows]), encoding="utf-8"
    )


def write_cvat_turned(root: Path, found: Boxes) -> None:
    """Each box as a rectangle of swapped sides, turned by a quarter about its middle."""
    images = []
    for name, labels in found.items():
        shapes = ""
        for label, (x1, y1, x2, y2) in labels:
            x, y, across, down = (x1 + x2) / 2, (y1 + y2) / 2, y2 - y1, x2 - x1
            edges = f'xtl="{x - across / 2}" ytl="{y - down / 2}" xbr="{x + across / 2}" ybr="{y + down / 2}"'
            shapes += f'<box label="{label}" {edges} rotation="270.0"/>'
        images.append(f'<image name="{name}.png" width="40" height="30">{shapes}</image>')
    (root / "annotations.xml").write_text(f"<annotations>{''.join(images)}</annotations>", encoding="utf-8")


def write_label_studio_ellipses(root: Path, found: Boxes) -> None:
    tasks = []
    for number, (name, labels) in enumerate(found.items()):
        results = [
            {
                "id": f"{number}-{index}", "type": "ellipselabels", "original_width": 40, "original_height": 30,
                "value": {
                    "x": 100 * (x1 + x2) / 2 / 40, "y": 100 * (y1 + y2) / 2 / 30,
                    "radiusX": 100 * (x2 - x1) / 2 / 40, "radiusY": 100 * (y2 - y1) / 2 / 30, "ellipselabels": [label],
                },
            }
            for index, (label, (x1, y1, x2, y2)) in enumerate(labels)
        ]  # fmt: skip
        tasks.append({"id": number, "data": {"image": f"{name}.png"}, "annotations": [{"result": results}]})
    (root / "project.json").write_text(json.dumps(tasks))


def write_yolo_polygons(root: Path, found: Boxes) -> None:
    (root / "classes.txt").write_text("\n".join(NAMES), encoding="utf-8")
    for name, labels in found.items():
        lines = []
        for label, (x1, y1, x2, y2) in labels:
            corners = (x1, y1, x2, y1, (x1 + x2) / 2, y2)
            shares = (value / (40 if index % 2 == 0 else 30) for index, value in enumerate(corners))
            lines.append(f"{NAMES.index(label)} {' '.join(map(repr, shares))}")
        (root / f"{name}.txt").write_text("\n".join(lines))


def write_coco_masks(root: Path, found: Boxes) -> None:
    """Boxes of whole pixels as masks without a box, packed by pycocotools."""
    masks = pytest.importorskip("pycocotools.mask")
    images, annotations = [], []
    for number, (name, labels) in enumerate(found.items(), start=1):
        images.append({"id": number, "file_name": f"{name}.png", "width": 40, "height": 30})
        for label, (x1, y1, x2, y2) in labels:
            mask = np.zeros((30, 40), np.uint8, order="F")
            mask[math.floor(y1) : math.ceil(y2), math.floor(x1) : math.ceil(x2)] = 1
            packed = masks.encode(mask)
            segmentation = {"size": packed["size"], "counts": packed["counts"].decode()}
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": str(number),
                    "category_id": NAMES.index(label),
                    "segmentation": segmentation,
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(NAMES)]
    (root / "labels.json").write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": categories})
    )


OTHERS = {
    write_labelme: 1e-3,
    write_createml: 1e-3,
    write_via: 1e-3,
    write_table: 1e-3,
    write_cvat_turned: 1e-3,
    write_label_studio_ellipses: 0.01,
    write_yolo_polygons: 1e-3,
    write_coco_masks: 1.0,
}


@pytest.mark.parametrize("write", OTHERS, ids=lambda write: write.__name__)
@few
@given(pictures=DATASETS)
def test_what_others_write_we_read_the_same(tmp_path_factory, write, pictures):
    root = tmp_path_factory.mktemp("read")
    unique = [list(dict.fromkeys(labels)) for labels in pictures]
    wanted = expected(unique)
    for number in range(len(unique)):
        write_picture(root / "export" / f"p{number}.png", shade=number)
    write(root / "export", wanted)
    rc, shown = imported(root / "export", root / "photos", "--empty", "nothing")
    assert rc == 0, shown
    listed = wanted if write is not write_table else {name: labels for name, labels in wanted.items() if labels}
    assert_same_boxes(boxes_in(root / "photos"), listed, OTHERS[write])


@pytest.mark.filterwarnings("ignore")
@few
@given(pictures=DATASETS)
def test_yolo_and_coco_of_supervision_are_read_the_same(tmp_path_factory, pictures):
    sv = pytest.importorskip("supervision")
    root = tmp_path_factory.mktemp("supervision")
    source = dataset(root / "in", pictures)
    labels = {
        str(sample.image_path): sv.Detections(
            xyxy=np.array(sample.boxes_xyxy, np.float32).reshape(-1, 4), class_id=np.array(sample.class_ids, int)
        )
        for sample in source.samples
    }
    theirs = sv.DetectionDataset(list(NAMES), list(labels), labels)
    theirs.as_yolo(str(root / "yolo/images"), str(root / "yolo/labels"), str(root / "yolo/data.yaml"))
    theirs.as_coco(str(root / "coco/images"), str(root / "coco/annotations.json"))
    for name in ("yolo", "coco"):
        rc, shown = imported(root / name, root / f"photos-{name}", "--empty", "nothing", "--skip-bad")
        assert rc == 0, shown
        kept = expected([list(dict.fromkeys(labels)) for labels in pictures])
        assert_same_boxes(boxes_in(root / f"photos-{name}"), kept, 0.01)
