"""Folders of somebody else: a current folder, a model folder, a folder of runs. Nothing in them is executed, imported or unpickled."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import partsight
from partsight.cad.process.processes import _start
from partsight.detector.detector import Checkpoint, TrainJob, open_family
from partsight.errors import DetectorError, StorageError
from partsight.pipeline.running.workspace import inside

torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
if find_spec("ultralytics") is None:
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)

from partsight.config.sections.train import TrainSection  # noqa: E402
from partsight.detector.families.ultralytics.data import checked_data  # noqa: E402
from partsight.detector.families.ultralytics.library import open_library  # noqa: E402
from partsight.detector.families.ultralytics.weights import build_network, write_model  # noqa: E402
from tests.unit.trust import hostile  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
STARTED = "command = [sys.executable"


@pytest.fixture
def standing_in(tmp_path, monkeypatch):
    """A project of somebody else as the current folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_descriptions_of_networks_in_the_current_folder_are_not_read(tmp_path, standing_in):
    for name in ("yolov8n.yaml", "yolov8.yaml"):
        (standing_in / name).write_text(json.dumps(hostile.described(tmp_path / "harm")))
    network = build_network("yolov8n", 2)
    write_model(tmp_path / "m", network, {"model": "yolov8n", "class_names": ["a", "b"], "image_size": 64})
    open_family("ultralytics").load(Checkpoint(tmp_path / "m", "ultralytics", ("a", "b")), 1)
    assert not (tmp_path / "harm").exists()


def test_children_import_nothing_from_the_current_folder(tmp_path, standing_in):
    for name in ("numpy", "json", "OCP", "filelock"):
        (standing_in / f"{name}.py").write_text(f"open({str(tmp_path / 'harm')!r}, 'w').close()\n")
    process = _start()
    process.communicate()
    assert process.returncode == 0
    assert not (tmp_path / "harm").exists()


def test_every_child_is_started_without_the_current_folder():
    source = Path(partsight.__file__).parent
    started = [line for path in source.rglob("*.py") for line in path.read_text().splitlines() if STARTED in line]
    assert len(started) >= 4
    assert [line for line in started if f'{STARTED}, "-P", ' not in line] == []


@pytest.mark.parametrize("family", ["ultralytics", "compact"])
@pytest.mark.parametrize(
    "changed",
    [
        {"model": "PATH"},
        {"model": "../../evil"},
        {"model": ["yolov8n"]},
        {"model": {"activation": "1"}},
        {"model": "x" * 5000},
        {"class_names": "abc"},
        {"class_names": [["a"]]},
        {"class_names": ["a\nb"]},
        {"class_names": []},
        {"image_size": "64"},
        {"image_size": 10**9},
        {"image_size": -64},
        {"image_size": float("nan")},
        None,
    ],
    ids=str,
)
def test_a_description_of_somebody_else_is_checked(tmp_path, family, changed):
    (tmp_path / "evil.yaml").write_text(json.dumps(hostile.described(tmp_path / "harm")))
    good = {"model": "yolov8n", "class_names": ["a"], "image_size": 64, "family": family}
    changed = {"model": str(tmp_path / "evil")} if changed == {"model": "PATH"} else changed
    text = "[" * 100_000 if changed is None else json.dumps({**good, **changed})
    (tmp_path / "model.json").write_text(text)
    (tmp_path / "weights.safetensors").write_bytes(b"")
    with pytest.raises(DetectorError, match=r"model\.json"):
        open_family(family).load(Checkpoint(tmp_path, family, ("a",)), 1)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("family", ["ultralytics", "compact"])
@pytest.mark.parametrize("make", hostile.RUNNING[:2], ids=lambda make: make.__name__)
def test_weights_of_a_model_folder_are_never_unpickled(tmp_path, family, make):
    """A pickle under the name of the weights is no safetensors file."""
    model = {"ultralytics": "yolov8n", "compact": "nano"}[family]
    (tmp_path / "model.json").write_text(json.dumps({"model": model, "class_names": ["a"], "image_size": 64}))
    make(tmp_path / "weights.safetensors", tmp_path / "harm")
    with pytest.raises(DetectorError, match="safetensors"):
        open_family(family).load(Checkpoint(tmp_path, family, ("a",)), 1)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("name", ["os", "../evil", "partsight.detector.families.compact", "__init__", ""])
def test_a_family_is_one_of_those_known(name):
    with pytest.raises(DetectorError, match="unknown"):
        open_family(name)


@pytest.mark.parametrize("named", ["../other", "/etc/passwd", "a/../../other", "link/x"])
def test_a_manifest_names_nothing_outside_its_folder(tmp_path, named):
    stage = tmp_path / "stage"
    stage.mkdir()
    (stage / "link").symlink_to(tmp_path)
    with pytest.raises(StorageError, match="not in this folder"):
        inside(stage, named)


def dataset(folder: Path) -> Path:
    """A dataset as `write_yolo` writes it, of eight pictures."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    for number in range(8):
        Image.fromarray(noise).save(folder / "images" / f"{number}.png")
        (folder / "labels" / f"{number}.txt").write_text("0 0.5 0.5 0.3 0.3\n")
    for split in ("train", "val"):
        (folder / f"{split}.txt").write_text("".join(f"./images/{number}.png\n" for number in range(8)))
    (folder / "data.yaml").write_text("train: train.txt\nval: val.txt\nnames:\n  0: a\n")
    return folder / "data.yaml"


def with_a_download(data_yaml, marker):
    """The library executes it where pictures are missing."""
    data_yaml.write_text(data_yaml.read_text() + f"download: open({str(marker)!r}, 'w').close()\n")
    data_yaml.with_name("val.txt").unlink()


def with_another_root(data_yaml, marker):
    data_yaml.write_text(data_yaml.read_text() + f"path: {marker.parent}\n")


def with_a_list_elsewhere(data_yaml, marker):
    data_yaml.write_text(data_yaml.read_text().replace("val.txt", "../val.txt"))


def with_pictures_elsewhere(data_yaml, marker):
    """The list of labels beside them would be unpickled."""
    data_yaml.with_name("train.txt").write_text("../elsewhere/images/0.png\n")


def with_a_list_that_is_a_link(data_yaml, marker):
    listed = data_yaml.with_name("train.txt")
    listed.replace(data_yaml.parent.parent / "train.txt")
    listed.symlink_to(data_yaml.parent.parent / "train.txt")


def with_an_object(data_yaml, marker):
    data_yaml.write_text(f"!!python/object/apply:os.system ['touch {marker}']\n")


@pytest.mark.parametrize(
    "spoil",
    [
        with_a_download,
        with_another_root,
        with_a_list_elsewhere,
        with_pictures_elsewhere,
        with_a_list_that_is_a_link,
        with_an_object,
    ],
)
def test_a_dataset_of_somebody_else_is_refused_before_the_library_sees_it(tmp_path, spoil):
    data_yaml = dataset(tmp_path / "ds")
    spoil(data_yaml, tmp_path / "harm")
    section = TrainSection(weights="scratch", epochs=1, image_size=64, device="cpu", threads=1)
    with pytest.raises(DetectorError, match=r"data\.yaml"):
        open_family("ultralytics").train(
            TrainJob(data_yaml, ("a",), section, 0, tmp_path / "out", 4), lambda _epoch, _figures: None
        )
    assert not (tmp_path / "harm").exists()


def test_a_list_of_labels_that_is_a_pickle_is_neither_read_nor_kept(tmp_path):
    data_yaml = dataset(tmp_path / "ds")
    cache = tmp_path / "ds" / "labels.cache"
    with cache.open("wb") as stream:
        np.save(stream, np.array(hostile.touch(tmp_path / "harm"), dtype=object), allow_pickle=True)
    with pytest.raises(FileNotFoundError):
        open_library().data.dataset.load_dataset_cache_file(cache)
    checked_data(data_yaml)
    assert not cache.exists()
    assert not (tmp_path / "harm").exists()


def test_that_list_would_run_code_where_it_is_trusted(tmp_path):
    np.save(tmp_path / "l.npy", np.array(hostile.touch(tmp_path / "harm"), dtype=object), allow_pickle=True)
    np.load(tmp_path / "l.npy", allow_pickle=True)
    assert (tmp_path / "harm").exists()
