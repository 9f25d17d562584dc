"""Rules of the recipe's photographs."""

import os
from pathlib import Path

import numpy as np
import pytest

from partsight.config.sections.photos import PhotosSection
from partsight.dataset.photos import read_photos, read_places, session_of
from partsight.errors import DatasetError
from partsight.structures.sample import Sample
from tests.builders import NAMES, write_picture

SHARED = Path(os.environ.get("PARTSIGHT_SHARED", Path(__file__).resolve().parents[3] / ".." / "shared"))


def write_photos(folder: Path, *names: str) -> Path:
    for index, name in enumerate(names):
        write_picture(folder / "images" / name, shade=index)
        label = (folder / "labels" / name).with_suffix(".txt")
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text("0 0.5 0.5 0.5 0.5\n")
    (folder / "classes.txt").write_text("\n".join(NAMES))
    return folder


@pytest.mark.parametrize(
    ("path", "pattern", "session"),
    [
        ("walk/a.jpg", r"^(.*?)[^/]*$", "walk"),
        ("a/b/c.jpg", r"^(.*?)[^/]*$", "a/b"),
        ("a.jpg", r"^(.*?)[^/]*$", "all"),
        ("train_IMG_20181228_101826.jpg", r"_(\d{8})_", "20181228"),
        ("0-7_b1.jpg", r"^([^_]+)_([a-z])", "0-7b"),
        ("live-today/a.jpg", r"_(\d{8})_", "live-today"),
        ("hall/x_20181228_1.jpg", r"_(\d{8})_", "20181228"),
    ],
)
def test_the_groups_of_the_pattern_name_the_session(path: str, pattern: str, session: str) -> None:
    assert session_of(path, pattern) == session


def test_a_picture_without_session_is_an_error() -> None:
    with pytest.raises(DatasetError, match="does not match"):
        session_of("a.jpg", r"(\d+)")


def test_blocks_are_contiguous_in_the_order_people_count(tmp_path: Path) -> None:
    folder = write_photos(tmp_path, *(f"walk/f{number}.png" for number in range(1, 12)))
    dataset = read_photos(PhotosSection(folder=folder, session_block=5), NAMES)
    blocks = {sample.sample_id: sample.session for sample in dataset.samples}
    assert (blocks["walk__f5"], blocks["walk__f6"], blocks["walk__f10"], blocks["walk__f11"]) == (
        "walk#0", "walk#1", "walk#1", "walk#2",
    )  # fmt: skip


def test_background_pictures_are_negatives_each_of_its_own_session(tmp_path: Path) -> None:
    write_picture(tmp_path / "bg" / "hall.png")
    (sample,) = read_photos(PhotosSection(places=tmp_path / "bg"), NAMES).samples
    assert (sample.sample_id, sample.session, len(sample.boxes_xyxy)) == ("place__hall", "places/hall", 0)


def test_a_folder_of_places_is_a_session_and_a_picture_that_lies_in_two_counts_once(tmp_path: Path) -> None:
    write_picture(tmp_path / "one" / "walk" / "a.png", shade=1)
    write_picture(tmp_path / "one" / "walk" / "b.png", shade=2)
    write_picture(tmp_path / "other" / "copy.png", shade=1)
    write_picture(tmp_path / "other" / "c.png", shade=3)
    places = read_places(PhotosSection(places=[tmp_path / "one", tmp_path / "other"]), NAMES)
    assert [(one.sample_id, one.session) for one in places.samples] == [
        ("place__walk__a", "places/walk"), ("place__walk__b", "places/walk"), ("place__c", "places/c"),
    ]  # fmt: skip


def test_a_folder_of_places_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no pictures"):
        read_places(PhotosSection(places=tmp_path), NAMES)


def test_no_folder_means_no_photos() -> None:
    assert read_photos(PhotosSection(), NAMES).samples == ()


@pytest.mark.shared
@pytest.mark.parametrize("name", ["microcontrollers", "bolts_washers", "megabloks"])
def test_yolo_and_coco_labels_of_real_sets_agree(name: str) -> None:
    folder = SHARED / "real" / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    class_names = tuple((folder / "classes.txt").read_text().split())
    yolo, coco = (
        {
            sample.sample_id: sample
            for sample in read_photos(PhotosSection(folder=folder, format=kind), class_names).samples
        }
        for kind in ("yolo", "coco")
    )
    assert set(yolo) == set(coco)
    for sample_id, sample in yolo.items():
        found, expected = rounded_labels(coco[sample_id]), rounded_labels(sample)
        assert [label[0] for label in found] == [label[0] for label in expected]
        assert np.allclose(found, expected, rtol=0, atol=0.1), "six decimals of a share are a thousandth of a pixel"


def rounded_labels(sample: Sample) -> list[tuple[float, ...]]:
    """Return class and box of each label in an order that rounding cannot change."""
    labels = zip(sample.class_ids.tolist(), sample.boxes_xyxy.round(1).tolist(), strict=True)
    return sorted((class_id, *box_xyxy) for class_id, box_xyxy in labels)
