"""Label files as tools really write them, of one picture a.jpg of 200 × 100 with a box at (10, 10, 50, 50)."""

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

A = (10.0, 10.0, 50.0, 50.0)


def picture(path: Path, size_wh=(200, 100), **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = sum(map(ord, path.as_posix()))
    pixels = np.random.default_rng(seed).integers(0, 255, (size_wh[1], size_wh[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, **options)
    return path


def write(path: Path, content) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def coco(root: Path, annotations, images=({"id": 1, "file_name": "a.jpg"},), categories=({"id": 1, "name": "QF"},)):
    write(root / "labels.json", {"images": images, "annotations": annotations, "categories": categories})


def cvat(root: Path, shapes: str, name="a.jpg") -> None:
    picture(root / "images" / "a.jpg")
    write(root / "annotations.xml", f'<annotations><image id="0" name="{name}">{shapes}</image></annotations>')


def label_studio(root: Path, *results, **task) -> None:
    picture(root / "pics" / "a.jpg")
    annotations = [{"id": 1, "result": [{"id": str(n), **result} for n, result in enumerate(results)]}]
    write(
        root / "p.json",
        [{"id": 1, "data": {"image": "/data/upload/1/3f2b9c1e-a.jpg"}, "annotations": annotations} | task],
    )


def voc_text(filename="a.jpg", edges=A, size="", attributes="", root="annotation") -> str:
    names = ("xmin", "ymin", "xmax", "ymax")
    box = "".join(f"<{name}>{edge}</{name}>" for name, edge in zip(names, edges, strict=True))
    return f"<{root}{attributes}><filename>{filename}</filename>{size}<object><name>QF</name><bndbox>{box}</bndbox></object></{root}>"


def yolo(root: Path, text: str, names="QF\nQD\n") -> None:
    picture(root / "images" / "a.jpg")
    write(root / "labels" / "a.txt", text)
    write(root / "classes.txt", names)


def box(**more):
    return {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 40, 40], **more}


def cvat_subsets(root: Path) -> None:
    images = ""
    for number, subset in enumerate(("train", "val")):
        picture(root / "images" / subset / "a.jpg")
        shape = f'<box label="QF" xtl="{10 * number}" ytl="10" xbr="50" ybr="50"/>'
        images += f'<image id="{number}" name="a.jpg" subset="{subset}">{shape}</image>'
    write(root / "annotations.xml", f"<annotations>{images}</annotations>")


def cvat_turning_track(root: Path) -> None:
    for frame in (0, 2):
        picture(root / "images" / f"frame_{frame:06d}.PNG")
    keys = "".join(
        f'<box frame="{frame}" outside="0" keyframe="1" xtl="60" ytl="40" xbr="140" ybr="60" rotation="{angle}"/>'
        for frame, angle in ((0, 0), (4, 180))
    )
    frames = "<size>5</size><start_frame>0</start_frame><stop_frame>4</stop_frame><frame_filter>step=2</frame_filter>"
    meta = f"<meta><task>{frames}</task></meta>"
    write(root / "annotations.xml", f'<annotations>{meta}<track id="0" label="QF">{keys}</track></annotations>')
    picture(root / "images" / "frame_000004.PNG")


def voc_two_folders(root: Path) -> None:
    picture(root / "JPEGImages" / "a.jpg")
    write(root / "Annotations" / "a.xml", voc_text("stale.jpg"))


def voc_utf16(root: Path) -> None:
    picture(root / "a.jpg")
    root.joinpath("a.xml").write_bytes(('<?xml version="1.0" encoding="UTF-16"?>' + voc_text()).encode("utf-16"))


def voc_long_comment(root: Path) -> None:
    picture(root / "a.jpg")
    text = voc_text(attributes=' verified="yes"')
    write(root / "a.xml", f"<!-- {'x' * 5000} -->\n{text}")


def yolo_linked(root: Path) -> None:
    yolo(root / "elsewhere", "0 0.15 0.3 0.2 0.4\n")
    root.joinpath("export").mkdir()
    for name in ("images", "labels", "classes.txt"):
        (root / "export" / name).symlink_to(root / "elsewhere" / name)
    root.joinpath("export", "images", "loop").symlink_to(root / "export")


def yolo_yaml_elsewhere(root: Path) -> None:
    picture(root / "set" / "images" / "train" / "a.jpg")
    write(root / "set" / "labels" / "train" / "a.txt", "0 0.15 0.3 0.2 0.4\n")
    write(root / "config" / "parts.yaml", "path: ../set\nnames: {0: QF}\n")


def via(root: Path) -> None:
    picture(root / "a.jpg")
    regions = [
        {
            "shape_attributes": {"name": "rect", "x": 10, "y": 10, "width": 40, "height": 40},
            "region_attributes": {"class": "QF"},
        }
    ]
    write(
        root / "via.json", {"a.jpg123": {"filename": "a.jpg", "size": 123, "regions": regions, "file_attributes": {}}}
    )


def via_table(root: Path) -> None:
    picture(root / "a.jpg")
    with (root / "via.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(
            [
                "#filename",
                "file_size",
                "file_attributes",
                "region_count",
                "region_id",
                "region_shape_attributes",
                "region_attributes",
            ]
        )
        shape = {"name": "circle", "cx": 30, "cy": 30, "r": 20}
        rows.writerow(["a.jpg", 1, "{}", 1, 0, json.dumps(shape), json.dumps({"part": {"QF": True, "QD": False}})])


def roboflow_table(root: Path) -> None:
    picture(root / "train" / "a.jpg")
    write(
        root / "train" / "_annotations.csv",
        "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,200,100,QF,10,10,50,50\n",
    )


def json_min(root: Path) -> None:
    picture(root / "pics" / "a.jpg")
    region = {
        "x": 5,
        "y": 10,
        "width": 20,
        "height": 40,
        "rotation": 0,
        "rectanglelabels": ["QF"],
        "original_width": 200,
        "original_height": 100,
    }
    write(
        root / "p.json",
        [{"image": "/data/upload/1/3f2b9c1e-a.jpg", "id": 1, "label": [region], "annotator": 1, "annotation_id": 1}],
    )


def two_coco_files(root: Path) -> None:
    for split, number in (("train", 1), ("val", 2)):
        picture(root / "images" / split / "a.jpg")
        content = {
            "images": [{"id": 1, "file_name": "a.jpg"}],
            "annotations": [box(bbox=[10 * number, 10, 40, 40])],
            "categories": [{"id": 1, "name": "QF"}],
        }
        write(root / "annotations" / f"instances_{split}.json", content)


def turned_phone(root: Path) -> None:
    """Stored 200 × 100, shown 100 × 200; the tool knew only what is stored."""
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(root / "a.jpg", exif=exif)
    write(root / "a.xml", voc_text(size="<size><width>200</width><height>100</height></size>"))


def labelme(shape_type, points):
    def build(root: Path) -> None:
        picture(root / "a.jpg")
        shapes = [{"label": "QF", "points": points, "shape_type": shape_type}]
        write(
            root / "a.json",
            {"version": "5", "shapes": shapes, "imagePath": "..\\x\\a.jpg", "imageHeight": 100, "imageWidth": 200},
        )

    return build


def with_picture(build):
    def both(root: Path) -> None:
        picture(root / "a.jpg")
        build(root)

    return both


CUBOID = "".join(f' x{n}="{x}" y{n}="{y}"' for n, x, y in [
    ("tl1", 20, 20), ("bl1", 20, 50), ("tr1", 50, 20), ("br1", 50, 50),
    ("tl2", 10, 10), ("bl2", 10, 40), ("tr2", 40, 10), ("br2", 40, 40),
])  # fmt: skip


def label_studio_brush(root: Path) -> None:
    """A square of 40 pixels, packed by runs as Label Studio packs RGBA values."""
    mask = np.zeros((100, 200, 4), np.uint8)
    mask[10:50, 10:50, 3] = 255
    values = mask.reshape(-1)
    starts = np.flatnonzero(np.diff(values, prepend=values[0] ^ 1))
    bits = f"{len(values):032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 8, 12, 16))
    for start, end in zip(starts, [*starts[1:], len(values)], strict=True):
        for first in range(start, end, 2**16):
            bits += f"1{3:02b}{min(end - first, 2**16) - 1:016b}{values[start]:08b}"
    bits += f"{0:0{-len(bits) % 8}b}" if len(bits) % 8 else ""
    packed = [int(bits[place : place + 8], 2) for place in range(0, len(bits), 8)]
    value = {"format": "rle", "rle": packed, "brushlabels": ["QF"]}
    label_studio(root, {"type": "brushlabels", "original_width": 200, "original_height": 100, "value": value})


def label_studio_smaller_copy(root: Path) -> None:
    value = {"x": 5, "y": 10, "width": 20, "height": 40, "rectanglelabels": ["QF"]}
    label_studio(root, {"type": "rectanglelabels", "original_width": 4000, "original_height": 2000, "value": value})


def coco_class_of_digits(root: Path) -> None:
    coco(root, [box()], categories=[{"id": 1, "name": "QF"}, {"id": 2, "name": 5}])


def split_below_its_names(root: Path) -> None:
    yolo(root, "0 0.15 0.3 0.2 0.4\n")
    (root / "classes.txt").rename(root.parent / "classes.txt")


RIGHT = {
    "label studio brush": (label_studio_brush, A),
    "label studio picture in another size": (label_studio_smaller_copy, A),
    "yolo split below its names": (split_below_its_names, A),
    "coco class of digits": (with_picture(coco_class_of_digits), A),
    "coco ids as text and numbers": (with_picture(lambda root: coco(root, [box(image_id="1", category_id=1.0)])), A),
    "coco crossing file names": (with_picture(lambda root: coco(root, [box()], [{"id": 1, "file_name": "C:\\data\\a.JPG"}])), A),
    "coco polygon without box": (
        with_picture(lambda root: coco(root, [box(bbox=[], segmentation=[[10, 10, 50, 10, 50, 50]])])), A),
    "coco keypoints without box": (
        with_picture(lambda root: coco(root, [box(bbox=[], keypoints=[10, 10, 2, 50, 50, 1, 0, 0, 0])])), A),
    "coco drawn twice": (with_picture(lambda root: coco(root, [box(), box(id=2)])), A),
    "cvat ellipse turned": (lambda root: cvat(root, '<ellipse label="QF" cx="30" cy="30" rx="20" ry="20" rotation="33"/>'), A),
    "cvat cuboid": (lambda root: cvat(root, f'<cuboid label="QF"{CUBOID}/>'), A),
    "cvat mask": (lambda root: cvat(root, '<mask label="QF" rle="0" left="10" top="10" width="40" height="40"/>'), A),
    "cvat skeleton": (
        lambda root: cvat(root, '<skeleton label="QF"><points label="1" outside="0" points="10,10"/>'
        '<points label="2" outside="0" points="50,50"/><points label="3" outside="1" points="0,0"/></skeleton>'), A),
    "cvat name of another suffix": (lambda root: cvat(root, '<box label="QF" xtl="10" ytl="10" xbr="50" ybr="50"/>', "a.png"), A),
    "label studio ellipse": (lambda root: label_studio(root, {"type": "ellipselabels", "value": {
        "x": 15, "y": 30, "radiusX": 10, "radiusY": 20, "rotation": 0, "ellipselabels": ["QF"]}}), A),
    "label studio turned": (lambda root: label_studio(root, {"type": "rectanglelabels", "value": {
        "x": 25, "y": 10, "width": 20, "height": 40, "rotation": 90, "rectanglelabels": ["QF"]}}), A),
    "label studio json-min": (json_min, A),
    "labelme polygon": (labelme("polygon", [[10, 10], [50, 20], [20, 50]]), A),
    "labelme circle": (labelme("circle", [[30, 30], [50, 30]]), A),
    "labelme reversed rectangle": (labelme("rectangle", [[50, 50], [10, 10]]), A),
    "via": (via, A),
    "via table": (via_table, A),
    "roboflow table": (roboflow_table, A),
    "voc in two folders with a stale name": (voc_two_folders, A),
    "voc in UTF-16": (voc_utf16, A),
    "voc verified after a long comment": (voc_long_comment, A),
    "voc of a phone that was turned": (turned_phone, (50, 10, 90, 50)),
    "yolo pose of three values": (lambda root: yolo(root, "0 0.15 0.3 0.2 0.4 0.1 0.2 2\n"), A),
    "yolo pose of two keypoints of three values": (lambda root: yolo(root, "0 0.15 0.3 0.2 0.4 0.1 0.2 2 0.1 0.3 1\n"), A),
    "yolo turned boxes": (lambda root: yolo(root, "0 0.05 0.3 0.15 0.1 0.25 0.3 0.15 0.5\n"), A),
    "yolo linked folders": (yolo_linked, A),
    "yolo names elsewhere": (yolo_yaml_elsewhere, A),
}  # fmt: skip
