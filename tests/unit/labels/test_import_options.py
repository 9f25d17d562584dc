"""What the user may say of an import, and what an import never does."""

import pytest

from partsight.cli.app import run
from partsight.labels.importing import read_imports

from .imports import boxes_in, imported
from .kinds import (
    A,
    box,
    coco,
    picture,
    write,
    yolo,
    yolo_yaml_elsewhere,
)


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
    from partsight import staging
    from partsight.errors import StorageError

    yolo(tmp_path / "export", "0 0.15 0.3 0.2 0.4\n")
    picture(tmp_path / "export" / "images" / "b.jpg")
    write(tmp_path / "export" / "labels" / "b.txt", "")
    written = staging.write_bytes

    def full(path, content, **options):
        if path.name == "b.jpg":
            raise StorageError("full")
        written(path, content, **options)

    monkeypatch.setattr(staging, "write_bytes", full)
    rc, shown = imported(tmp_path / "export", tmp_path / "photos")
    left = [path.name for path in (tmp_path / "photos").rglob("*") if path.is_file()]
    assert (rc, left) == (1, [".lock"]), shown


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


def test_labels_without_their_pictures_ask_for_them(tmp_path):
    for name, folder in (("classes.txt", "labels"), ("obj.names", "obj_train_data")):
        write(tmp_path / name / folder / "a.txt", "0 0.15 0.3 0.2 0.4\n")
        write(tmp_path / name / name, "QF\n")
        rc, shown = imported(tmp_path / name, tmp_path / "photos")
        assert (rc, "a.txt: no picture of this name: give its folder (--pictures" in shown) == (1, True), shown


def test_of_one_file_with_a_folder_of_pictures_its_own_folder_is_not_looked_through(tmp_path):
    picture(tmp_path / "downloads" / "holiday.jpg")
    picture(tmp_path / "pictures" / "a.jpg")
    coco(tmp_path / "downloads", [box()])
    _, shown = imported(
        tmp_path / "downloads" / "labels.json", tmp_path / "photos", "--pictures", str(tmp_path / "pictures")
    )
    assert "pictures found 1 = 1 imported + 0 left out" in shown
