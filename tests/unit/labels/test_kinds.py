"""Kinds of label files that tools really write, each made here: the right boxes, or a remark that names what is wrong."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from partsight.cli.app import run
from partsight.labels.importing import read_imports

from .imports import boxes_in, imported

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


@pytest.mark.parametrize("kind", [kind for kind, (_, expected) in RIGHT.items() if expected])
def test_the_boxes_are_those_that_the_tool_shows(tmp_path, kind):
    build, expected = RIGHT[kind]
    build(tmp_path / "export" if "linked" not in kind else tmp_path)
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 0, shown
    assert boxes_in(tmp_path / "photos") == {"a": [("QF", pytest.approx(expected, abs=0.03))]}
    assert read_imports(tmp_path / "photos")[0].balance.is_complete, shown


def test_pictures_of_one_name_belong_to_the_label_file_of_their_subset(tmp_path):
    cvat_subsets(tmp_path / "cvat")
    two_coco_files(tmp_path / "coco")
    for name, lefts in (("cvat", [0, 10]), ("coco", [10, 20])):
        rc, shown = imported(tmp_path / name, tmp_path / f"photos-{name}")
        assert rc == 0, shown
        assert sorted(boxes[0][1][0] for boxes in boxes_in(tmp_path / f"photos-{name}").values()) == lefts


def test_a_track_turns_the_shorter_way_and_frames_between_steps_are_not_missed(tmp_path):
    cvat_turning_track(tmp_path / "export")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 0, shown
    assert boxes_in(tmp_path / "photos")["frame_000002"] == [("QF", (90, 10, 110, 90))]


TOLD = {
    "yolo few columns at the first line": (lambda root: yolo(root, "0 0.15 0.3\n"), "labels/a.txt:1: 3 columns"),
    "coco annotation of an unlisted picture": (
        with_picture(lambda root: coco(root, [box(), box(id=2, image_id=9)])), "annotation 2: image id 9 is not listed"),
    "coco two pictures of one id": (
        with_picture(lambda root: coco(root, [box()], [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}])),
        "image id 1 occurs 2 times or more"),
    "coco unknown category": (with_picture(lambda root: coco(root, [box(category_id=8)])), "annotation 1: category 8, not listed"),
    "coco box of five numbers": (with_picture(lambda root: coco(root, [box(bbox=[1, 2, 3, 4, 5])])), "annotation 1: bbox: found"),
    "yolo six columns": (lambda root: yolo(root, "0 0.15 0.3 0.2 0.4 0.9\n"), "labels/a.txt:1: 6 columns"),
    "yolo without names": (lambda root: (yolo(root, "0 0.15 0.3 0.2 0.4\n"), (root / "classes.txt").unlink()), "class names missing"),
    "yolo orphan": (
        lambda root: (yolo(root, "0 0.15 0.3 0.2 0.4\n"), write(root / "labels" / "b.txt", "0 0.5 0.5 0.1 0.1\n")),
        "labels/b.txt: no picture of this name"),
    "yolo shared label file": (
        lambda root: (yolo(root, "0 0.15 0.3 0.2 0.4\n"), picture(root / "images" / "a.png")), "shares its name with another picture"),
    "label studio two classes": (lambda root: label_studio(root, {"type": "rectanglelabels", "value": {
        "x": 5, "y": 10, "width": 20, "height": 40, "rectanglelabels": ["QF", "QD"]}}), "has several classes: QF, QD"),
    "voc without area": (
        with_picture(lambda root: write(root / "a.xml", voc_text(edges=(10, 10, 10, 50)))), "a.xml: object 1: the box has no area"),
    "voc picture missing": (lambda root: write(root / "a.xml", voc_text()), "no such picture in the export"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TOLD)
def test_what_cannot_be_right_refuses_the_import_and_is_named(tmp_path, kind):
    build, told = TOLD[kind]
    build(tmp_path / "export")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 1
    assert told in shown
    assert not (tmp_path / "photos").exists()


def yolo_of_another_picture(root: Path) -> None:
    yolo(root, "")
    picture(root / "images" / "b.jpg")
    (root / "labels" / "a.txt").rename(root / "labels" / "b.txt")


INCOMPLETE = {
    "cvat single point": lambda root: cvat(root, '<points label="QF" points="10,10"/>'),
    "label studio keypoint": lambda root: label_studio(root, {"type": "keypointlabels", "value": {
        "x": 5, "y": 10, "width": 1, "keypointlabels": ["QF"]}}),
    "coco crowd": with_picture(lambda root: coco(root, [box(iscrowd=1)])),
    "label studio not annotated yet": lambda root: label_studio(root, annotations=[]),
    "label studio cancelled": lambda root: label_studio(root, annotations=[{"was_cancelled": True, "result": []}]),
    "cvat nothing drawn anywhere": lambda root: cvat(root, ""),
    "yolo no label file": yolo_of_another_picture,
}  # fmt: skip


@pytest.mark.parametrize("kind", INCOMPLETE)
def test_a_picture_whose_labels_are_not_known_is_no_negative(tmp_path, kind):
    INCOMPLETE[kind](tmp_path / "export")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 0, shown
    assert not (tmp_path / "photos" / "images" / "s" / "a.jpg").exists()
    balance = read_imports(tmp_path / "photos")[0].balance
    assert balance.is_complete
    assert balance.count("pictures", "left out") >= 1


def test_a_picture_that_somebody_looked_at_is_a_negative(tmp_path):
    label_studio(tmp_path / "export")
    rc, _ = imported(tmp_path / "export", tmp_path / "photos")
    assert (rc, boxes_in(tmp_path / "photos")) == (0, {"a": []})


def test_most_pictures_without_boxes_are_negatives_when_the_user_says_so(tmp_path):
    cvat(tmp_path / "export", "")
    imported(tmp_path / "export", tmp_path / "photos", "--empty", "nothing")
    assert boxes_in(tmp_path / "photos") == {"a": []}


def test_bad_boxes_are_cut_or_left_out_and_missing_pictures_too(tmp_path):
    text = "0 0.15 0.3 0.2 0.4\n0 0.02 0.5 0.2 0.4\n0 0.5 0.5 0 0.4\n"
    yolo(tmp_path / "export", text)
    write(tmp_path / "export" / "labels" / "gone.txt", "0 0.5 0.5 0.1 0.1\n")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos", "--skip-bad")
    assert rc == 0, shown
    assert boxes_in(tmp_path / "photos") == {"a": [("QF", (0, 30, 24, 70)), ("QF", A)]}
    balance = read_imports(tmp_path / "photos")[0].balance
    assert balance.is_complete
    assert "boxes in the files 4 = 1 imported + 1 converted + 2 left out" in shown


def test_a_box_mostly_outside_leaves_its_picture_out(tmp_path):
    yolo(tmp_path / "export", "0 0.15 0.3 0.2 0.4\n0 -0.09 0.5 0.2 0.4\n")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos", "--skip-bad")
    assert rc == 0, shown
    assert "pictures found 1 = 0 imported + 1 left out" in shown


def test_corrected_labels_replace_those_that_are_there_and_every_change_is_listed(tmp_path):
    yolo(tmp_path / "export", "0 0.15 0.3 0.2 0.4\n")
    imported(tmp_path / "export", tmp_path / "photos")
    write(tmp_path / "export" / "labels" / "a.txt", "0 0.5 0.5 0.2 0.4\n1 0.15 0.3 0.2 0.4\n")
    _, kept = imported(tmp_path / "export", tmp_path / "photos")
    assert boxes_in(tmp_path / "photos") == {"a": [("QF", A)]}
    assert "--replace takes these" in kept
    _, shown = imported(tmp_path / "export", tmp_path / "photos", "--replace")
    assert boxes_in(tmp_path / "photos") == {"a": [("QD", A), ("QF", (80, 30, 120, 70))]}
    assert "changed s/a.jpg: 1 box changed, 1 box added" in shown


def test_labels_that_differ_by_rounding_only_are_the_same(tmp_path):
    yolo(tmp_path / "export", "0 0.15 0.3 0.2 0.4\n")
    imported(tmp_path / "export", tmp_path / "photos")
    write(tmp_path / "export" / "labels" / "a.txt", "0 0.1501 0.3002 0.2 0.4\n")
    _, shown = imported(tmp_path / "export", tmp_path / "photos", "--replace")
    assert "changed" not in shown


def test_classes_of_the_recipe_are_known_and_digits_count(tmp_path, samples):
    (tmp_path / "QF.step").write_bytes((samples / "QF.step").read_bytes())
    parts = "".join(f'[parts.{name}]\nfiles = ["QF.step"]\n' for name in ("qf", "bolt_m5"))
    write(tmp_path / "recipe.toml", parts)
    yolo(tmp_path / "export", "0 0.15 0.3 0.2 0.4\n1 0.5 0.5 0.2 0.4\n", "QF\nbolt_m6\n")
    _, shown = imported(tmp_path / "export", tmp_path / "photos", "--recipe", str(tmp_path / "recipe.toml"))
    assert "QF 1 qf" in shown
    assert "bolt_m6 1 bolt_m6 please confirm" in shown


def test_nothing_stays_of_an_import_that_the_disk_refuses(tmp_path, monkeypatch):
    from partsight.errors import StorageError
    from partsight.labels import importing

    yolo(tmp_path / "export", "0 0.15 0.3 0.2 0.4\n")
    picture(tmp_path / "export" / "images" / "b.jpg")
    write(tmp_path / "export" / "labels" / "b.txt", "")
    written = importing.write_bytes

    def full(path, content):
        if path.name == "b.jpg":
            raise StorageError("full")
        written(path, content)

    monkeypatch.setattr(importing, "write_bytes", full)
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert (rc, [path for path in (tmp_path / "photos").rglob("*") if path.is_file()]) == (1, []), shown


@pytest.mark.parametrize("pattern", ["(", "no group", "(?P<x>"])
def test_a_pattern_that_is_none_is_named(tmp_path, pattern):
    yolo(tmp_path / "export", "")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos", "--session-from", pattern)
    assert rc == 1
    assert "--session-from" in shown


def test_a_label_file_alone_is_read_with_the_pictures_beside_it_or_given(tmp_path):
    picture(tmp_path / "export" / "a.jpg")
    coco(tmp_path / "export", [box()])
    coco(tmp_path / "alone", [box()])
    for source, more in ((tmp_path / "export", ()), (tmp_path / "alone", ("--pictures", str(tmp_path / "export")))):
        rc, shown = imported(source / "labels.json", tmp_path / f"photos-{source.name}", *more)
        assert rc == 0, shown
        assert boxes_in(tmp_path / f"photos-{source.name}") == {"a": [("QF", A)]}


def test_a_truncated_picture_is_told_before_anything_is_written(tmp_path):
    yolo(tmp_path / "export", "0 0.15 0.3 0.2 0.4\n")
    path = tmp_path / "export" / "images" / "a.jpg"
    path.write_bytes(path.read_bytes()[:2000])
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 1
    assert "images/a.jpg: not a readable picture" in shown


def test_a_data_yaml_is_read_with_the_folder_that_it_describes(tmp_path):
    yolo_yaml_elsewhere(tmp_path / "export")
    rc, shown = imported(tmp_path / "export" / "config" / "parts.yaml", tmp_path / "photos")
    assert rc == 0, shown
    assert boxes_in(tmp_path / "photos") == {"a": [("QF", A)]}


def test_label_files_that_were_not_read_are_named(tmp_path):
    yolo(tmp_path / "export", "0 0.15 0.3 0.2 0.4\n")
    coco(tmp_path / "export", [box()])
    _, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert "not read: labels.json" in shown


def test_pictures_are_found_by_the_names_that_label_studio_gives_to_uploads(tmp_path):
    picture(tmp_path / "export" / "a.jpg")
    coco(tmp_path / "export", [box()], [{"id": 1, "file_name": "images/3f2b9c1e-a.jpg"}])
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert rc == 0, shown
    assert list(boxes_in(tmp_path / "photos").values()) == [[("QF", A)]]


def test_labels_without_a_class_get_one_by_the_users_word_or_leave_their_picture_out(tmp_path):
    picture(tmp_path / "export" / "a.jpg")
    coco(tmp_path / "export", [box()], categories=[{"id": 1, "name": None}])
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert (rc, "annotation 1: has no class name" in shown) == (1, True)
    rc, shown = imported(tmp_path / "export", tmp_path / "photos", "--skip-bad")
    assert (rc, "pictures found 1 = 0 imported + 1 left out" in shown) == (0, True)
    rc, shown = imported(tmp_path / "export", tmp_path / "photos", "--map", "(no name)=QF")
    assert (rc, boxes_in(tmp_path / "photos")) == (0, {"a": [("QF", A)]}), shown


def voc_twin_without_picture(root: Path) -> None:
    picture(root / "1" / "a.jpg")
    write(root / "1" / "a.xml", voc_text())
    write(root / "2" / "a.xml", voc_text(edges=(0, 0, 9, 9)))


def voc_stale_name_without_picture(root: Path) -> None:
    picture(root / "a.jpg")
    write(root / "a.xml", voc_text())
    write(root / "b.xml", voc_text("a.jpg", edges=(0, 0, 9, 9)))


def coco_twin_without_picture(root: Path) -> None:
    picture(root / "1" / "a.jpg")
    images = [{"id": number, "file_name": f"{number}/a.jpg"} for number in (1, 2)]
    coco(root, [box(), box(id=2, image_id=2, bbox=[0, 0, 9, 9])], images)


def cvat_task_without_pictures(root: Path) -> None:
    cvat(root / "task1", '<box label="QF" xtl="10" ytl="10" xbr="50" ybr="50"/>')
    cvat(root / "task2", '<box label="QF" xtl="0" ytl="0" xbr="9" ybr="9"/>')
    (root / "task2" / "images" / "a.jpg").unlink()


def coco_split_without_pictures(root: Path) -> None:
    two_coco_files(root)
    (root / "images" / "val" / "a.jpg").unlink()


TWINS = (
    voc_twin_without_picture,
    voc_stale_name_without_picture,
    coco_twin_without_picture,
    cvat_task_without_pictures,
    coco_split_without_pictures,
)


@pytest.mark.parametrize("build", TWINS, ids=lambda build: build.__name__)
def test_labels_of_a_missing_picture_never_go_to_its_namesake(tmp_path, build):
    build(tmp_path / "export")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    assert (rc, "no such picture" in shown) == (1, True), shown
    rc, shown = imported(tmp_path / "export", tmp_path / "photos", "--skip-bad")
    assert (rc, boxes_in(tmp_path / "photos")) == (0, {"a": [("QF", A)]}), shown
    assert read_imports(tmp_path / "photos")[0].balance.is_complete


def test_label_files_in_a_folder_of_any_name_are_paired_by_name(tmp_path):
    picture(tmp_path / "export" / "photos" / "a.jpg")
    write(tmp_path / "export" / "text" / "a.txt", "0 0.15 0.3 0.2 0.4\n")
    write(tmp_path / "export" / "classes.txt", "QF\n")
    rc, shown = imported(tmp_path / "export", tmp_path / "p")
    assert rc == 0, shown
    assert boxes_in(tmp_path / "p") == {"a": [("QF", A)]}


def test_pictures_of_phones_become_files_that_every_stage_reads(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    picture(tmp_path / "export" / "a.heic")
    coco(tmp_path / "export", [box()], [{"id": 1, "file_name": "a.heic", "width": 200, "height": 100}])
    for known in (0, 1):
        rc, shown = imported(tmp_path / "export", tmp_path / "photos")
        assert (rc, f"{known} were there already" in shown) == (0, True), shown
    assert [path.name for path in (tmp_path / "photos/images/s").iterdir()] == ["a.jpg"]
    assert boxes_in(tmp_path / "photos") == {"a": [("QF", A)]}


def test_labels_and_pictures_may_lie_in_two_places(tmp_path):
    yolo(tmp_path / "export", "0 0.15 0.3 0.2 0.4\n")
    (tmp_path / "pictures" / "monday").mkdir(parents=True)
    (tmp_path / "export" / "images" / "a.jpg").rename(tmp_path / "pictures" / "monday" / "a.jpg")
    rc, shown = imported(tmp_path / "export", tmp_path / "photos", "--pictures", str(tmp_path / "pictures"))
    assert rc == 0, shown
    assert boxes_in(tmp_path / "photos") == {"a": [("QF", A)]}


@pytest.mark.parametrize("target", ["yolo", "coco", "voc", "cvat", "label-studio"])
def test_what_was_exported_comes_back_as_already_there(tmp_path, target):
    yolo(tmp_path / "export", "0 0.15 0.3 0.2 0.4\n1 0.503 0.507 0.111 0.333\n")
    imported(tmp_path / "export", tmp_path / "photos")
    before = boxes_in(tmp_path / "photos")
    assert (
        run(["photos", "export", "--to", target, "--out", str(tmp_path / "out"), "--photos", str(tmp_path / "photos")])
        == 0
    )
    rc, shown = imported(tmp_path / "out", tmp_path / "photos", "--replace")
    assert (rc, "1 were there already" in shown, "changed" in shown) == (0, True, False), shown
    assert boxes_in(tmp_path / "photos") == before
