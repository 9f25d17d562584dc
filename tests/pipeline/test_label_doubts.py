"""`photos check --detector` and `photos suggest --detector` ask a really trained detector, and never about test photos."""

import shutil
from importlib.util import find_spec

import numpy as np
import pytest

from partsight.pipeline.experiment import Experiment
from partsight.pipeline.photo_answers import find_answer
from partsight.pipeline.photos.check import check_photos
from partsight.pipeline.photos.suggest import suggest_photos
from partsight.progress import Silence

if find_spec("ultralytics") is None:  # importing it here would change Pillow for all tests
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photographed(finished, tmp_path_factory):
    """Renders as photos, session 'shop' to validate and 'hall' to test; only the first of each has its labels."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "classes.txt").write_text("QF\nSD\n")
    labeled = [sample for sample in finished.render().dataset.samples if len(sample.class_ids)]
    for number, sample in enumerate(labeled[:6]):
        session = "shop" if number < 3 else "hall"
        for name in ("images", "labels"):
            (folder / name / session).mkdir(parents=True, exist_ok=True)
        shutil.copy(sample.image_path, folder / "images" / session / f"{session}{number}{sample.image_path.suffix}")
        (folder / "labels" / session / f"{session}{number}.txt").write_text(
            yolo_text(sample) if number % 3 == 0 else ""
        )
    changes = {
        "train": finished.recipe.train.but(weights="scratch"),
        "photos": finished.recipe.photos.but(folder=folder, validation=("shop",), test=("hall",)),
    }
    return Experiment(finished.recipe.but(**changes), finished.workspace, Silence())


def yolo_text(sample):
    """The labels of a sample in lines of class, middle and size as shares of the picture."""
    corners = sample.boxes_xyxy.reshape(-1, 2, 2) / np.asarray(sample.size_wh)
    shares = np.hstack([corners.mean(axis=1), corners[:, 1] - corners[:, 0]])
    rows = zip(sample.class_ids.tolist(), shares.tolist(), strict=True)
    return "".join(f"{class_id} {' '.join(f'{share:.6f}' for share in box)}\n" for class_id, box in rows)


@pytest.fixture(autouse=True)
def _soon_sure(monkeypatch):
    monkeypatch.setattr("partsight.evaluate.breakdown.disagreement.SURE", 1e-4)  # it was trained for one epoch
    monkeypatch.setattr("partsight.pipeline.photos.suggest.MIN_DOUBT", 1e-4)


def test_a_label_left_out_is_told_with_its_file_but_never_of_a_test_photo(photographed):
    findings = check_photos(photographed, with_gaps=False, with_detector=True).findings
    missed = [finding for finding in findings if finding.kind == "likely missed label"]
    assert missed
    assert {finding.where.rsplit("/", 2)[1] for finding in missed} == {"shop"}
    assert all("not one of the photos it learned from" in finding.message for finding in missed)
    kept = find_answer(photographed.workspace, "check").content["findings"]
    shown = [one["photos"] for one in kept if one["kind"] == "likely missed label"]
    assert all(key.startswith("shop/") for (key,) in shown), "the page opens the photo"
    assert len(shown) == len(missed)


def test_without_a_detector_no_label_is_doubted(photographed):
    findings = check_photos(photographed, with_gaps=False).findings
    assert not [finding for finding in findings if finding.kind.startswith("likely")]


def test_unlabeled_pictures_are_ranked_by_the_doubt_of_the_detector(photographed):
    waiting = photographed.recipe.photos.folder / "to_label" / "monday"
    waiting.mkdir(parents=True)
    for sample in photographed.render().dataset.samples[6:9]:
        shutil.copy(sample.image_path, waiting)
    unsure = suggest_photos(photographed, with_detector=True).unsure
    doubts = [doubt for _, doubt in unsure]
    assert {name.rsplit("/", 1)[-1] for name, _ in unsure} <= {path.name for path in waiting.iterdir()}
    assert doubts
    assert doubts == sorted(doubts, reverse=True)
    kept = find_answer(photographed.workspace, "suggest").content
    assert [one["photo"] for one in kept["unsure"]] == [name for name, _ in unsure], "pages show what was said"
    assert [part["name"] for part in kept["parts"]] == list(photographed.recipe.class_names)
