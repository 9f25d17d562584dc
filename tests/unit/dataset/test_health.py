"""Rules of findings."""

from pathlib import Path

from partsight.dataset.health import check_dataset
from tests.builders import dataset_of, sample_of, write_picture


def test_findings_name_empty_and_rare_classes_tiny_boxes_and_copies_across_sessions(tmp_path: Path) -> None:
    many = sample_of(write_picture(tmp_path / "a.png", shade=1), [(0, 0, 20, 20)] * 30, [0] * 30, "s1")
    copy = sample_of(write_picture(tmp_path / "b.png", shade=1), [(0, 0, 5, 20)], [1], "s2")
    kinds = {finding.kind: finding.where for finding in check_dataset(dataset_of(many, copy))}
    assert kinds == {
        "class without boxes": "SX", "rare class": "QF", "tiny boxes": "QF", "same picture in two sessions": "a, b",
    }  # fmt: skip


def test_a_sound_dataset_has_no_findings(tmp_path: Path) -> None:
    boxes = [(0, 0, 20, 20)] * 3
    samples = (sample_of(write_picture(tmp_path / f"{i}.png", shade=i), boxes, [0, 1, 2], "s") for i in range(2))
    assert check_dataset(dataset_of(*samples)) == ()
