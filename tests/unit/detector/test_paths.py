"""Trainings in folders of any name: an apostrophe, a bracket or a line break in a path changes nothing."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from partsight.config.sections.train import TrainSection
from partsight.detector.detector import open_family
from partsight.train.training import train_detector
from tests.hostile_names import ALL_IN_ONE
from tests.hostile_names import NAMES as HOSTILE
from tests.unit.detector.shapes import NAMES, write_shapes

torch = pytest.importorskip("torch", reason="neither the extra [yolo] nor [compact] is installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
SHARED = {
    "image_size": 64,
    "epochs": 2,
    "batch": 4,
    "augment": {"mosaic": 0.0, "close_mosaic": 0},
    "device": "cpu",
    "threads": 1,
}
FAMILIES = {
    "ultralytics": TrainSection(model="yolov8n", weights="scratch", **SHARED),
    "compact": TrainSection(family="compact", model="nano", weights="scratch", **SHARED),
}
needs_library = pytest.mark.skipif(find_spec("ultralytics") is None, reason="the extra [yolo] is not installed")


class StopError(Exception):
    """Ends a training between two epochs, as a kill would."""


def train(data_yaml, folder, section, tracker):
    job = {"seed": 0, "num_pictures": 8, "output_dir": folder, "tracker": tracker, "say": print}
    return train_detector(data_yaml, NAMES, section, **job)


@pytest.mark.slow
@pytest.mark.parametrize("family", [pytest.param("ultralytics", marks=needs_library), "compact"])
def test_a_training_runs_and_goes_on_whatever_its_folder_is_called(tmp_path, family):
    folder = tmp_path / ALL_IN_ONE
    data_yaml, section = write_shapes(folder, 8, 4), FAMILIES[family]

    def stop(epoch, figures):
        raise StopError

    with pytest.raises(StopError):
        train(data_yaml, folder / "trained", section, stop)
    told = []
    checkpoint = train(data_yaml, folder / "trained", section, lambda epoch, _figures: told.append(epoch))
    assert told == [2]
    assert open_family(family).export(checkpoint, "onnx", folder / "exported").path.is_file()
    assert [path.name for path in tmp_path.iterdir()] == [ALL_IN_ONE], "nothing lies beside the folder"


@needs_library
@pytest.mark.parametrize("name", HOSTILE)
def test_the_library_opens_a_file_under_its_very_name(tmp_path, name):
    from partsight.detector.families.ultralytics.library import open_library

    library = open_library()
    folder = tmp_path / name
    folder.mkdir()
    path = folder / "best.pt"
    torch.save({"model": torch.nn.Identity(), "epoch": -1}, path)
    _, opened = library.nn.tasks.torch_safe_load(path)
    assert opened == str(path)
    assert library.utils.checks.check_file(path, suffix=".pt") == str(path)


@needs_library
def test_a_file_that_is_missing_is_still_looked_for_by_the_library(tmp_path):
    from partsight.detector.families.ultralytics.library import open_library

    with pytest.raises(FileNotFoundError):
        open_library().utils.checks.check_file(tmp_path / "none.yaml")


@pytest.mark.slow
@needs_library
def test_processes_that_the_library_starts_for_several_gpus_take_paths_as_they_are(tmp_path):
    """They get a trainer by name: who imports it in a fresh process has the library opened as here."""
    script = (
        "import pickle, sys; trainer = pickle.loads(bytes.fromhex(sys.argv[1]));"
        "import ultralytics.utils.downloads as downloads;"
        "is_theirs = downloads.attempt_download_asset.__module__.startswith('ultralytics');"
        "\ntry: trainer(overrides={'model': sys.argv[2], 'data': sys.argv[2], 'resume': sys.argv[2], 'device': 'cpu'})"
        "\nexcept (AttributeError, FileNotFoundError, RuntimeError, SyntaxError, TypeError, ValueError) as error: print(repr(error))"
        "\nprint(is_theirs, downloads.attempt_download_asset(sys.argv[2]))"
    )
    import pickle

    from partsight.detector.families.ultralytics.library import open_library

    open_library()
    from partsight.detector.families.ultralytics.trainer import Trainer

    path = tmp_path / "O'Brien.pt"
    path.write_bytes(b"")
    command = [sys.executable, "-c", script, pickle.dumps(Trainer).hex(), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.splitlines()[-1] == f"True {path}", done.stderr
