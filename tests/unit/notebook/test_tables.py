"""Nouns as tables and as structures of other libraries."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from partsight.errors import DetectorError, ExtraError
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.mask import Mask
from tests.builders import dataset_of, showing
from tests.unit.report import small


def found():
    return Detections(np.array([[0, 0, 9, 9], [5, 5, 20, 30]], float), np.array([0.9, 0.4]), np.array([1, 0]))


def evaluation(tmp_path):
    truth = Dataset(
        ("bolt", "nut"),
        (
            small.sample(tmp_path, "a", [small.LEFT], [0]),
            small.sample(tmp_path, "b", [small.LEFT, small.RIGHT], [0, 1]),
        ),
    )
    given = [small.found([small.LEFT], [0.9], [0]), small.found([small.LEFT], [0.8], [1])]
    return small.evaluation(truth, given)


def test_a_table_of_detections_has_a_row_for_each():
    pytest.importorskip("pandas")
    table = found().to_pandas(("bolt", "nut"))
    assert list(table.columns) == ["class", "score", "left", "top", "right", "bottom"]
    assert table["class"].tolist() == ["nut", "bolt"]
    assert table["bottom"].tolist() == [9, 30]
    assert found().to_pandas()["class"].tolist() == [1, 0]


def test_a_table_of_a_dataset_counts_every_part_and_every_empty_picture():
    pytest.importorskip("pandas")
    table = dataset_of(showing("a", 0, 2), showing("b"), showing("c", 2)).to_pandas()
    assert table["sample_id"].tolist() == ["a", "a", "b", "c"]
    assert table["class"].value_counts().to_dict() == {"SX": 2, "QD": 1}
    assert table[table["class"].isna()]["sample_id"].tolist() == ["b"]


def test_a_table_of_nothing_has_its_columns():
    pytest.importorskip("pandas")
    empty = Detections(np.empty((0, 4)), np.empty(0), np.empty(0, int)).to_pandas(("bolt",))
    assert (len(empty), list(empty.columns)) == (0, list(found().to_pandas().columns))
    assert list(dataset_of().to_pandas().columns) == list(dataset_of(showing("a", 0)).to_pandas().columns)


def test_a_table_of_an_evaluation_has_n_figures_and_intervals(tmp_path):
    pytest.importorskip("pandas")
    judged = evaluation(tmp_path)
    table = judged.to_pandas()
    assert table.index.tolist() == ["bolt", "nut", "all"]
    assert table.loc["all", "num_boxes"] == 3
    assert table.loc["bolt", "ap50"] == judged.per_class[0].ap50
    assert table.loc["all", "ap50_low"] == judged.intervals["map50"].low
    assert table.loc["bolt", "recall_high"] == judged.intervals["recall:bolt"].high


@pytest.mark.parametrize("package", ["pandas", "supervision"])
def test_a_missing_package_names_the_command_that_installs_it(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    ask = found().to_pandas if package == "pandas" else found().to_supervision
    with pytest.raises(ExtraError, match=rf"pip install 'partsight\[{package}\]'"):
        ask()


def test_detections_come_back_from_supervision_as_they_went():
    pytest.importorskip("supervision")
    back = Detections.from_supervision(found().to_supervision(("bolt", "nut")))
    np.testing.assert_allclose(back.boxes_xyxy, found().boxes_xyxy)
    np.testing.assert_allclose(back.scores, found().scores)
    assert back.class_ids.tolist() == [1, 0]
    assert list(found().to_supervision(("bolt", "nut")).data["class_name"]) == ["nut", "bolt"]


def test_detections_from_supervision_come_best_first():
    supervision = pytest.importorskip("supervision")
    shuffled = supervision.Detections(
        xyxy=np.array([[0, 0, 1, 1], [2, 2, 4, 4]], float), confidence=np.array([0.1, 0.8]), class_id=np.array([3, 1])
    )
    assert Detections.from_supervision(shuffled).class_ids.tolist() == [1, 3]
    assert len(Detections.from_supervision(supervision.Detections.empty())) == 0


@pytest.mark.parametrize("missing", ["confidence", "class_id"])
def test_supervision_detections_without_score_or_class_are_refused(missing):
    supervision = pytest.importorskip("supervision")
    given = {"confidence": np.array([0.5]), "class_id": np.array([0]), missing: None}
    with pytest.raises(DetectorError, match=missing):
        Detections.from_supervision(supervision.Detections(xyxy=np.array([[0, 0, 1, 1]], float), **given))


def test_masks_come_back_from_supervision_as_they_went():
    pytest.importorskip("supervision")
    pixels = np.arange(60).reshape(6, 10) % 7 < 3
    masks = tuple(Mask.of(pixels ^ (n == 1)) for n in range(len(found())))
    masked = replace(found(), masks=masks)
    back = Detections.from_supervision(masked.to_supervision(("bolt", "nut")))
    assert all((one.pixels == other.pixels).all() for one, other in zip(back.masks, masks, strict=True))
