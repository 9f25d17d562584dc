"""The cards say what the report says, in Markdown that renders as tables."""

from dataclasses import replace

from partsight.report.cards import TrainedFrom, dataset_card, model_card
from partsight.structures.dataset import Dataset, Splits

from .small import LEFT, content, sample

TRAINED = TrainedFrom("ultralytics", "yolov8n", "scratch", 320)


def splits(folder):
    names = ("bolt", "nut")
    train = Dataset(
        names, (sample(folder, "a", [LEFT], [0]), sample(folder, "b", [LEFT, LEFT], [0, 1]), sample(folder, "c"))
    )
    validation = Dataset(names, (sample(folder, "d", [LEFT], [1]),))
    return Splits(train, validation, Dataset(names, (sample(folder, "e", [LEFT], [0]),)))


def rows_of(card, first):
    return [line for line in card.splitlines() if line.startswith(f"| {first} ")]


def test_the_model_card_names_evidence_licence_and_limits(tmp_path):
    full = content(tmp_path)
    card = model_card(full, TRAINED)
    assert "AGPL-3.0" in card
    assert f"{full.evaluation.num_images} {full.test_source} pictures" in card
    assert "Not for safety functions" in card
    for name, score in zip(full.evaluation.class_names, full.evaluation.per_class, strict=True):
        (row,) = rows_of(card, name)
        assert row.split("|")[2].strip() == str(score.num_boxes)


def test_a_threshold_from_the_test_set_is_called_optimistic(tmp_path):
    full = content(tmp_path)
    optimistic = replace(full, evaluation=replace(full.evaluation, threshold_source="test"))
    assert "the figures are optimistic" in model_card(optimistic, TRAINED)
    assert "optimistic" not in model_card(full, TRAINED).split("## Evidence")[1]


def test_the_dataset_card_counts_pictures_and_labels_of_each_split(tmp_path):
    card = dataset_card(content(tmp_path), splits(tmp_path))
    (train,) = rows_of(card, "train")
    cells = [cell.strip() for cell in train.strip("|").split("|")]
    assert cells[1] == "3"
    assert cells[4] == "1"
    assert cells[-2:] == ["2", "1"]


def test_every_table_has_as_many_cells_in_each_row(tmp_path):
    for card in (model_card(content(tmp_path), TRAINED), dataset_card(content(tmp_path), splits(tmp_path))):
        for block in card.split("\n\n"):
            if block.startswith("|"):
                assert len({line.count("|") for line in block.splitlines()}) == 1
