"""Rules of the YOLO layout."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from partsight.errors import DatasetError
from partsight.labels.formats.yolo import write_yolo
from partsight.labels.own_folders import read_yolo
from partsight.pictures import read_picture
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.sample import Sample
from tests.builders import NAMES, assert_same, dataset_of, sample_of, write_picture


def anywhere(_path: str) -> str:
    return "s"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, one of them empty, and class names."""
    write_picture(tmp_path / "images" / "a.png")
    write_picture(tmp_path / "images" / "b.png")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    (tmp_path / "labels" / "b.txt").write_text("")
    (tmp_path / "classes.txt").write_text("QD\nQF\nSX\n")
    return tmp_path


def read(folder: Path, names: tuple[str, ...] = NAMES) -> Dataset:
    return read_yolo(folder, names, anywhere)


def test_boxes_are_read_in_pixels_with_negatives_kept(folder: Path) -> None:
    a, b = read(folder).samples
    assert a.boxes_xyxy.tolist() == [[10, 7.5, 30, 22.5]]
    assert len(b.boxes_xyxy) == 0


def test_classes_are_matched_by_name_never_by_number(folder: Path) -> None:
    """QD=0 in the labels and QF=0 in the recipe: the published baseline's fault, made impossible."""
    assert read(folder, ("QF", "QD")).samples[0].class_ids.tolist() == [1]


def test_a_class_unknown_to_the_recipe_is_an_error_where_it_is_used(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"a\.txt:1: class 'QD' is not in the recipe"):
        read(folder, ("QF", "SX"))


def test_what_is_wrong_in_many_places_is_told_once(folder: Path) -> None:
    (folder / "labels" / "b.txt").write_text("2 0.5 0.5 0.1 0.1\n" * 90)
    with pytest.raises(DatasetError) as caught:
        read(folder, ("QF", "QD"))
    first, *lines = str(caught.value).splitlines()
    assert "90 problem(s)" in first
    (line,) = lines
    assert "b.txt:1, " in line
    assert "b.txt:3 and 87 more: class 'SX' is not in the recipe, whose classes are QF, QD." in line
    assert "[parts.SX]" in line


def test_names_of_an_ultralytics_yaml_are_read(folder: Path) -> None:
    (folder / "classes.txt").unlink()
    (folder / "data.yaml").write_text("nc: 3\nnames: {0: QF, 1: SX, 2: QD}\n")
    assert read(folder).samples[0].class_ids.tolist() == [1]


@pytest.mark.parametrize(
    "text",
    [
        "names: [QF, QD, SX]",
        "names: [QD, QF]",
        "names: {0: QD, 2: QF}",
        "nc: 4\nnames: [QD, QF, SX]",
        "names: 3",
        "- a",
        "a: [",
        "",
    ],
)
def test_two_statements_of_the_names_must_agree(folder: Path, text: str) -> None:
    (folder / "data.yaml").write_text(text)
    with pytest.raises(DatasetError, match=r"data\.yaml"):
        read(folder)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("3 0.5 0.5 0.1 0.1", "class 3 is not among the 3"),
        ("-1 0.5 0.5 0.1 0.1", "class -1"),
        ("0.5 0.5 0.5 0.1 0.1", "class 0.5"),
        ("0 0.5 0.5 0.1", "4 columns"),
        ("0 0.5 0.5 0.1 0.1 0.9", "6 columns"),
        ("0 1.5 0.5 0.1 0.1", "leaves the picture"),
        ("0 -0.01 0.5 0.01 0.1", "lies outside of the picture"),
        ("0 0.5 0.5 1.2 0.1", "leaves the picture"),
        ("0 nan 0.5 0.1 0.1", "not a number"),
        ("0 inf 0.5 0.1 0.1", "not a number"),
        ("0 0.5 0.5 0 0.1", "no area"),
        ("0 0.5 0.5 0.1 -0.1", "no area"),
        ("QD 0.5 0.5 0.1 0.1", "expected numbers"),
    ],
)
def test_every_bad_line_is_reported_with_file_and_line(folder: Path, line: str, message: str) -> None:
    (folder / "labels" / "b.txt").write_text(f"0 0.5 0.5 0.1 0.1\n{line}\n")
    with pytest.raises(DatasetError, match=rf"labels/b\.txt:2: .*{message}"):
        read(folder)


def test_all_problems_are_reported_together(folder: Path) -> None:
    write_picture(folder / "images" / "c.png")
    write_picture(folder / "images" / "a.jpg")
    (folder / "labels" / "b.txt").write_text("7 0.5 0.5 0.1 0.1\n0 0.5\n")
    (folder / "labels" / "d.txt").write_text("")
    with pytest.raises(DatasetError) as caught:
        read(folder)
    for finding in (
        "6 problem(s)",
        "c.png: no label file",
        "a.jpg: shares",
        "a.png: shares",
        "b.txt:1",
        "b.txt:2",
        "d.txt: no pic",
    ):
        assert finding in str(caught.value)


def test_an_unreadable_picture_is_reported_by_name(folder: Path) -> None:
    (folder / "images" / "b.png").write_bytes(b"not a picture")
    with pytest.raises(DatasetError, match=r"b\.png: not a readable picture"):
        read(folder)


def test_a_polygon_becomes_its_extent(folder: Path) -> None:
    (folder / "labels" / "a.txt").write_text("1 0.1 0.2 0.5 0.1 0.3 0.8\n")
    assert read(folder).samples[0].boxes_xyxy == pytest.approx(np.array([[4, 3, 20, 24]]))


def test_an_overshoot_by_rounding_is_cut_at_the_border(folder: Path) -> None:
    (folder / "labels" / "a.txt").write_text("1 0.5 0.5 1.001 1.001\n")
    assert read(folder).samples[0].boxes_xyxy.tolist() == [[0, 0, 40, 30]]


def test_folders_below_images_reach_the_session_and_the_id(folder: Path) -> None:
    write_picture(folder / "images" / "walk" / "a.png")
    (folder / "labels" / "walk").mkdir()
    (folder / "labels" / "walk" / "a.txt").write_text("")
    by_id = {sample.sample_id: sample for sample in read_yolo(folder, NAMES, lambda path: path).samples}
    assert by_id["walk__a"].session == "walk/a.png"


BOXES = st.tuples(st.floats(0, 39), st.floats(0, 29), st.floats(0.01, 40), st.floats(0.01, 30)).map(
    lambda box: (box[0], box[1], min(40.0, box[0] + box[2]), min(30.0, box[1] + box[3]))
)
LABELS = st.lists(st.tuples(BOXES, st.integers(0, 2)), max_size=5)


@settings(max_examples=25, deadline=None)
@given(labels=st.lists(LABELS, min_size=2, max_size=6))
def test_writing_then_reading_is_identity(tmp_path_factory: pytest.TempPathFactory, labels: list) -> None:
    root = tmp_path_factory.mktemp("identity")
    samples = [
        sample_of(
            write_picture(root / f"p{i}.png", shade=i),
            [box for box, _ in item],
            [number for _, number in item],
            f"s{i}",
        )
        for i, item in enumerate(labels)
    ]
    splits = Splits(dataset_of(samples[0]), dataset_of(samples[1]), dataset_of(*samples[2:]))
    data_yaml = write_yolo(splits, root / "out", {"p0": 2})
    found = read_yolo(data_yaml.parent, NAMES, lambda path: path[:-4].replace("p", "s"))
    assert_same(found, dataset_of(*samples))


@pytest.fixture
def splits(tmp_path: Path) -> Splits:
    def one(name: str, **kinds: str) -> Dataset:
        return dataset_of(
            sample_of(write_picture(tmp_path / "in" / f"{name}.png"), [(1, 2, 9, 8)], [1], f"of {name}", **kinds)
        )

    train = one("t").samples + one("r", source="render").samples
    return Splits(dataset_of(*train), one("v"), dataset_of())


def test_photos_are_listed_as_often_as_asked_but_validation_once(splits: Splits, tmp_path: Path) -> None:
    data_yaml = write_yolo(splits, tmp_path / "out", {"t": 3})
    content = yaml.safe_load(data_yaml.read_text())
    assert content == {"train": "train.txt", "val": "val.txt", "names": {0: "QD", 1: "QF", 2: "SX"}}
    assert (tmp_path / "out" / "train.txt").read_text().split() == ["./images/t.png"] * 3 + ["./images/r.png"]
    assert (tmp_path / "out" / "val.txt").read_text().split() == ["./images/v.png"]


def test_unchanged_content_is_not_written_again_and_changed_content_is(splits: Splits, tmp_path: Path) -> None:
    data_yaml = write_yolo(splits, tmp_path / "out", {"t": 1})
    inode = data_yaml.stat().st_ino
    assert write_yolo(splits, tmp_path / "out", {"t": 1}).stat().st_ino == inode
    write_yolo(splits, tmp_path / "out", {"t": 2})
    assert len((tmp_path / "out" / "train.txt").read_text().split()) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"], "nothing is left behind"


def test_what_a_killed_writer_left_is_neither_used_nor_kept(splits: Splits, tmp_path: Path) -> None:
    write_picture(tmp_path / "out.unfinished" / "images" / "stale.png")
    write_picture(tmp_path / "out.outdated" / "images" / "stale.png")
    write_yolo(splits, tmp_path / "out", {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]
    assert not (tmp_path / "out" / "images" / "stale.png").exists()


def test_pictures_that_a_library_would_rewrite_are_copied_not_linked(tmp_path: Path) -> None:
    whole, trailing = write_picture(tmp_path / "whole.jpg"), write_picture(tmp_path / "trailing.jpg")
    trailing.write_bytes(trailing.read_bytes() + b"phone data")
    splits = Splits(dataset_of(sample_of(whole)), dataset_of(sample_of(trailing, session="v")), dataset_of())
    write_yolo(splits, tmp_path / "out", {})
    assert (tmp_path / "out" / "images" / "whole.jpg").samefile(whole)
    assert not (tmp_path / "out" / "images" / "trailing.jpg").samefile(trailing)


@pytest.mark.parametrize("empty", ["train", "validation"])
def test_an_empty_train_or_validation_split_is_an_error(splits: Splits, tmp_path: Path, empty: str) -> None:
    parts = {name: getattr(splits, name) for name in ("train", "validation", "test")} | {empty: dataset_of()}
    with pytest.raises(DatasetError, match="both are needed"):
        write_yolo(Splits(**parts), tmp_path / "out", {})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: sample_of(path, [(1, 2, 90, 8)], [0], "x"),
        lambda path: sample_of(path.with_name("missing.png"), session="x"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(splits: Splits, tmp_path: Path, spoil: Callable) -> None:
    bad = Splits(splits.train, splits.validation, dataset_of(spoil(write_picture(tmp_path / "z.png"))))
    with pytest.raises(DatasetError, match=r"leaves the picture|no such picture"):
        write_yolo(bad, tmp_path / "out", {})
    assert not (tmp_path / "out").exists()


LINE_ENDS = ("\n", "\r", "\x0b", "\x1c", "\x85", "\u2028", "\u2029", "\udcff")


def named(folder: Path, name: str) -> Sample:
    return sample_of(write_picture(folder / f"{name}.png", shade=len(name)), [(1, 1, 9, 9)], [0], name)


def test_a_name_of_several_lines_is_listed_on_one_and_read_again(tmp_path: Path) -> None:
    """Lists of pictures are split by `str.splitlines`, by us and by libraries, at more signs than a line feed."""
    samples = [named(tmp_path, f"a{sign}b") for sign in LINE_ENDS]
    others = dataset_of(named(tmp_path, "validation"))
    data_yaml = write_yolo(Splits(dataset_of(*samples), others, dataset_of()), tmp_path / "yolo", {})
    listed = data_yaml.with_name("train.txt").read_text(encoding="utf-8").splitlines()
    assert len(listed) == len(samples)
    assert all((data_yaml.parent / line).is_file() for line in listed)
    found = read_yolo(data_yaml.parent, NAMES, lambda path: path)
    assert sum(len(sample.class_ids) for sample in found.samples) == len(samples) + 1


def test_names_that_would_become_one_are_refused(tmp_path: Path) -> None:
    train = dataset_of(named(tmp_path, "a\nb"), named(tmp_path, "a%000Ab"))
    others = dataset_of(named(tmp_path, "validation"))
    with pytest.raises(DatasetError, match="shares its name"):
        write_yolo(Splits(train, others, dataset_of()), tmp_path / "yolo", {})


def test_pictures_that_trainers_read_otherwise_are_written_as_they_are_read(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.full((40, 30), 2000, np.uint16)).save(tmp_path / "deep.png")
    Image.new("RGB", (30, 40), (9, 8, 7)).save(tmp_path / "turned.tif", exif=exif)
    samples = sample_of(tmp_path / "deep.png"), sample_of(tmp_path / "turned.tif", session="v")
    write_yolo(Splits(dataset_of(samples[0]), dataset_of(samples[1]), dataset_of()), tmp_path / "out", {})
    for name in ("deep", "turned"):
        written = tmp_path / "out" / "images" / f"{name}.png"
        original = next(sample.image_path for sample in samples if sample.sample_id == name)
        with Image.open(written) as plain:
            assert (plain.mode, plain.getexif().get(0x0112)) == ("RGB", None)
        assert np.array_equal(read_picture(written), read_picture(original))
    assert (tmp_path / "out" / "train.txt").read_text() == "./images/deep.png\n"
