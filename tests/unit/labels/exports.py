"""Exports laid out exactly as the named tools write them, of the same three pictures.

a: 200×100, a QF at (20, 10, 80, 60) and a QD at (100, 20, 180, 90); b: 100×200, a QF at (10, 20, 50, 120); c: 64×64, nothing.
Followed: Roboflow's YOLOv8 and COCO exports, CVAT's documentation of "CVAT for images", "CVAT for video" and "YOLO 1.1", Label
Studio's guide to JSON, Ultralytics' dataset page, the VOC 2012 devkit.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image

SIZES = {"a": (200, 100), "b": (100, 200), "c": (64, 64)}
BOXES = {
    "a": [("QF", (20, 10, 80, 60)), ("QD", (100, 20, 180, 90))],
    "b": [("QF", (10, 20, 50, 120))],
    "c": [],
}
NAMES = ["QD", "QF"]
HASH = "0123456789abcdef0123456789abcdef"


def picture(path: Path, name: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = SIZES[name]
    pixels = np.random.default_rng(ord(name)).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def yolo_text(name: str) -> str:
    width, height = SIZES[name]
    lines = []
    for class_name, (left, top, right, bottom) in BOXES[name]:
        center = (left + right) / 2 / width, (top + bottom) / 2 / height
        size = (right - left) / width, (bottom - top) / height
        lines.append(f"{NAMES.index(class_name)} {center[0]} {center[1]} {size[0]} {size[1]}\n")
    return "".join(lines)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def roboflow_yolo(root: Path) -> None:
    splits = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n"
    write(root / "data.yaml", f"{splits}\nnc: 2\nnames: {NAMES}\n\nroboflow:\n  workspace: lab\n")
    write(root / "README.roboflow.txt", "exported")
    for name, split in zip("abc", ("train", "train", "valid"), strict=True):
        stem = f"{name}_jpg.rf.{HASH}"
        picture(root / split / "images" / f"{stem}.jpg", name)
        write(root / split / "labels" / f"{stem}.txt", yolo_text(name))


def coco(names: dict[str, str], *, heading: bool) -> str:
    first = 1 if heading else 0
    categories = [
        {"id": first + number, "name": name, "supercategory": "parts" if heading else ""}
        for number, name in enumerate(NAMES)
    ]
    if heading:
        categories.insert(0, {"id": 0, "name": "parts", "supercategory": "none"})
    images, annotations = [], []
    for image_id, (name, file_name) in enumerate(names.items()):
        width, height = SIZES[name]
        images.append({"id": image_id, "file_name": file_name, "width": width, "height": height, "license": 1})
        for class_name, (left, top, right, bottom) in BOXES[name]:
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": image_id,
                    "category_id": first + NAMES.index(class_name),
                    "bbox": [left, top, right - left, bottom - top],
                    "area": 1,
                    "segmentation": [],
                    "iscrowd": 0,
                }
            )
    return json.dumps(
        {"info": {}, "licenses": [], "images": images, "annotations": annotations, "categories": categories}
    )


def roboflow_coco(root: Path) -> None:
    for split, names in (("train", "ab"), ("valid", "c")):
        files = {name: f"{name}_jpg.rf.{HASH}.jpg" for name in names}
        for name, file_name in files.items():
            picture(root / split / file_name, name)
        write(root / split / "_annotations.coco.json", coco(files, heading=True))


def cvat_coco(root: Path) -> None:
    for name in "abc":
        picture(root / "images" / "default" / f"{name}.jpg", name)
    write(root / "annotations" / "instances_default.json", coco({name: f"{name}.jpg" for name in "abc"}, heading=False))


def cvat_images(root: Path) -> None:
    labels = "".join(f"<label><name>{name}</name><color>#fff</color></label>" for name in NAMES)
    images = []
    for number, name in enumerate("abc"):
        picture(root / "images" / f"{name}.jpg", name)
        shapes = "".join(
            f'<box label="{label}" source="manual" occluded="0" xtl="{x1}" ytl="{y1}" xbr="{x2}" ybr="{y2}" z_order="0"></box>'
            for label, (x1, y1, x2, y2) in BOXES[name]
        )
        width, height = SIZES[name]
        images.append(f'<image id="{number}" name="{name}.jpg" width="{width}" height="{height}">{shapes}</image>')
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n'
        f"<meta><job><labels>{labels}</labels></job></meta>{''.join(images)}</annotations>"
    )
    write(root / "annotations.xml", text)


def cvat_polygons(root: Path) -> None:
    """The same boxes as polygons."""
    cvat_images(root)
    path = root / "annotations.xml"
    text = path.read_text()
    for boxes in BOXES.values():
        for label, (x1, y1, x2, y2) in boxes:
            box = f'<box label="{label}" source="manual" occluded="0" xtl="{x1}" ytl="{y1}" xbr="{x2}" ybr="{y2}" z_order="0"></box>'
            points = f"{x1}.00,{y1}.00;{x2}.00,{y1}.00;{x2}.00,{y2}.00;{x1}.00,{y2}.00"
            text = text.replace(box, f'<polygon label="{label}" occluded="0" points="{points}" z_order="0"></polygon>')
    path.write_text(text)


def cvat_darknet(root: Path) -> None:
    write(root / "obj.names", "".join(f"{name}\n" for name in NAMES))
    write(root / "obj.data", "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n")
    write(root / "train.txt", "".join(f"data/obj_train_data/{name}.jpg\n" for name in "abc"))
    for name in "abc":
        picture(root / "obj_train_data" / f"{name}.jpg", name)
        write(root / "obj_train_data" / f"{name}.txt", yolo_text(name))


def ultralytics(root: Path) -> None:
    write(root / "data.yaml", "path: .\ntrain: train.txt\nnames:\n  0: QD\n  1: QF\n")
    for name in "abc":
        picture(root / "images" / "train" / f"{name}.jpg", name)
        write(root / "labels" / "train" / f"{name}.txt", yolo_text(name))


def label_studio_yolo(root: Path) -> None:
    write(root / "classes.txt", "".join(f"{name}\n" for name in NAMES))
    write(root / "notes.json", json.dumps({"categories": [], "info": {"contributor": "Label Studio"}}))
    for name in "abc":
        picture(root / "images" / f"{name}.jpg", name)
        write(root / "labels" / f"{name}.txt", yolo_text(name))


def label_studio(root: Path) -> None:
    tasks = []
    for number, name in enumerate("abc", start=1):
        picture(root / "media" / f"{name}.jpg", name)
        width, height = SIZES[name]
        result = [
            {
                "original_width": width,
                "original_height": height,
                "image_rotation": 0,
                "id": f"r{number}{index}",
                "from_name": "label",
                "to_name": "image",
                "type": "rectanglelabels",
                "origin": "manual",
                "value": {
                    "x": 100 * x1 / width,
                    "y": 100 * y1 / height,
                    "width": 100 * (x2 - x1) / width,
                    "height": 100 * (y2 - y1) / height,
                    "rotation": 0,
                    "rectanglelabels": [label],
                },
            }
            for index, (label, (x1, y1, x2, y2)) in enumerate(BOXES[name])
        ]
        tasks.append(
            {
                "id": number,
                "annotations": [{"id": number, "completed_by": 1, "was_cancelled": False, "result": result}],
                "file_upload": f"3f2b9c1e-{name}.jpg",
                "data": {"image": f"/data/upload/1/3f2b9c1e-{name}.jpg"},
                "project": 1,
            }
        )
    tasks.append({"id": 9, "annotations": [], "data": {"image": "/data/upload/1/3f2b9c1e-later.jpg"}})
    write(root / "project-1-at-2026-11-23.json", json.dumps(tasks))


def voc(root: Path) -> None:
    for name in "abc":
        picture(root / "JPEGImages" / f"{name}.jpg", name)
        width, height = SIZES[name]
        objects = "".join(
            f"<object><name>{label}</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult><bndbox>"
            f"<xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
            for label, (x1, y1, x2, y2) in BOXES[name]
        )
        size = f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>"
        write(
            root / "Annotations" / f"{name}.xml",
            f"<annotation><folder>x</folder><filename>{name}.jpg</filename>{size}{objects}</annotation>",
        )


LAYOUTS = {
    "Roboflow YOLO": roboflow_yolo, "COCO (Roboflow)": roboflow_coco, "COCO (CVAT)": cvat_coco, "CVAT XML": cvat_images,
    "CVAT XML (polygons)": cvat_polygons, "YOLO 1.1 (CVAT)": cvat_darknet, "YOLO (Ultralytics)": ultralytics,
    "YOLO (Label Studio)": label_studio_yolo, "Label Studio JSON": label_studio, "Pascal VOC": voc,
}  # fmt: skip
