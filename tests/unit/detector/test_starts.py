"""What a training starts from is never silently nothing, and what is fetched is kept with its hash."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from partsight.config.sections.train import TrainSection
from partsight.detector import fetching, starts
from partsight.detector.backbones import imagenet
from partsight.detector.fetching import fetch, find_fetched
from partsight.detector.starts import check_start, could_fetch, describe_start, settle, start_content
from partsight.errors import DetectorError

if find_spec("ultralytics") is None:  # importing it here would change Pillow for all tests
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch) -> Path:
    """A user who has fetched nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


class Makers:
    """A family whose makers' file is at hand."""

    def fetch_weights(self, model: str, folder: Path) -> Path:
        path = folder / f"{model}.pt"
        path.write_bytes(b"weights")
        return path


@pytest.fixture
def fetched(monkeypatch) -> Path:
    monkeypatch.setattr(fetching, "open_family", lambda _name: Makers())
    return fetch("ultralytics", "yolov8n")


def begun(**stated) -> tuple[str, str, str]:
    section = settle(TrainSection.model_validate(stated))
    return section.family, section.model, describe_start(section.weights)


def test_what_pip_brings_is_taken_where_nothing_is_stated():
    assert begun() == ("compact", "lite0", "ImageNet's weights (EfficientNet-Lite0, Apache-2.0)")
    assert begun(family="compact")[1] == "lite0"
    assert begun(family="compact", model="nano")[2] == "Partsight's weights for CAD parts"


def test_without_imagenet_the_weights_for_cad_parts_are_taken_at_the_rate_that_suits_them(monkeypatch):
    monkeypatch.setattr(imagenet, "_PACKAGE", "no_such_package")
    section = settle(TrainSection())
    assert (section.family, section.model, section.weights, section.learning_rate) == (
        "compact",
        "nano",
        "parts",
        0.004,
    )
    assert settle(TrainSection(learning_rate=0.002)).learning_rate == 0.002


def test_a_fetched_file_comes_first_and_one_beside_the_recipe_before_it(fetched, tmp_path):
    assert settle(TrainSection()).weights == str(fetched)
    own = tmp_path / "yolov8n.pt"
    own.write_bytes(b"own")
    assert settle(TrainSection(), tmp_path).weights == str(own)
    assert settle(TrainSection(weights="download")).weights == str(fetched)
    assert settle(TrainSection(model="yolov8s")).weights == "auto"  # nothing of it is here


@pytest.mark.parametrize("stated", ["scratch", "parts", "own.pt"])
def test_what_the_recipe_states_stays(fetched, stated):
    assert settle(TrainSection(weights=stated)) == TrainSection(weights=stated)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"model": "yolov8s"}, "no weights of it are on this machine"),
        ({"family": "ultralytics"}, "yolov8n"),
        ({"family": "compact", "model": "tiny"}, "tiny"),
        ({"weights": "missing.pt"}, "no such file"),
        ({"family": "compact", "weights": "download"}, "nobody offers weights"),
    ],
)
def test_a_training_that_could_not_start_is_told_before_anything_is_made(stated, told):
    with pytest.raises(DetectorError, match=told) as raised:
        check_start(settle(TrainSection.model_validate(stated)))
    assert "scratch" in str(raised.value)


@pytest.mark.parametrize("stated", [{}, {"weights": "scratch"}, {"weights": "download"}, {"family": "compact"}])
def test_a_training_that_can_start_is_not_held_up(stated):
    check_start(settle(TrainSection.model_validate(stated)))


def test_a_question_is_worth_asking_only_where_a_better_start_could_be_fetched(fetched):
    assert not could_fetch(TrainSection())
    fetched.unlink()
    assert could_fetch(TrainSection())
    assert not could_fetch(TrainSection(weights="scratch"))
    assert not could_fetch(TrainSection(family="compact"))


def test_a_fetched_file_that_was_changed_is_told_and_what_the_user_put_there_is_taken(fetched):
    fetched.write_bytes(b"broken")
    with pytest.raises(DetectorError, match="Delete it"):
        settle(TrainSection())
    record = fetched.with_name("yolov8n.pt.json")
    record.write_text("{")
    with pytest.raises(DetectorError, match="cannot be read"):
        settle(TrainSection())
    record.unlink()
    assert find_fetched("yolov8n") == fetched


def test_nothing_is_kept_of_a_fetch_that_failed(own_home, monkeypatch):
    class Offline:
        def fetch_weights(self, model: str, folder: Path) -> Path:
            (folder / f"{model}.pt").write_bytes(b"half")
            raise DetectorError("offline")

    monkeypatch.setattr(fetching, "open_family", lambda _name: Offline())
    with pytest.raises(DetectorError, match="offline"):
        fetch("ultralytics", "yolov8n")
    assert find_fetched("yolov8n") is None
    assert not list(own_home.rglob("*.pt"))


def test_starts_of_one_content_are_one_wherever_they_lie(tmp_path):
    def content(weights: str) -> str:
        return start_content(weights, lambda path: path.read_bytes().hex())

    (tmp_path / "a.pt").write_bytes(b"1")
    (tmp_path / "b.pt").write_bytes(b"1")
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights.safetensors").write_bytes(b"1")
    assert len({content(str(tmp_path / name)) for name in ("a.pt", "b.pt", "model")}) == 1
    (tmp_path / "b.pt").write_bytes(b"2")
    assert content(str(tmp_path / "a.pt")) != content(str(tmp_path / "b.pt"))
    assert content("scratch") == "scratch"
    assert content("imagenet") != "imagenet"


def test_the_record_names_makers_and_hash(fetched):
    record = json.loads(fetched.with_name("yolov8n.pt.json").read_text())
    assert set(record) == {"sha256", "from"}
    assert "AGPL-3.0" in record["from"]


def test_never_is_remembered(own_home):
    assert fetching.may_ask()
    fetching.never_ask()
    assert not fetching.may_ask()
    fetching.answer_path().unlink()
    assert fetching.may_ask()


def test_every_word_is_one_that_a_recipe_may_say():
    assert {*starts._WORDS} == {"auto", "download", "scratch", "parts", "imagenet"}
    documented = TrainSection.model_fields["weights"].description
    assert [word for word in starts._WORDS if f"`{word}`" not in documented] == []


def test_masks_begin_with_weights_of_masks_else_of_boxes_and_never_with_another_family(fetched, tmp_path):
    section = TrainSection(task="segment")
    assert settle(section).weights == str(fetched)
    own = fetched.with_name("yolov8n-seg.pt")
    own.write_bytes(b"masks")
    assert settle(section).weights == str(own)
    own.unlink()
    fetched.unlink()
    assert settle(section) == section
    with pytest.raises(DetectorError, match="yolov8n-seg"):
        check_start(section)
