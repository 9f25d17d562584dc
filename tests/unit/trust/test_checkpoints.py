"""Weights of somebody else: read as data, bit by bit as torch reads them, or refused by name; no code of theirs ever runs."""

import time
from contextlib import suppress
from copy import deepcopy
from importlib.util import find_spec

import pytest

from partsight.config.sections.train import TrainSection
from partsight.errors import DetectorError

torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
if find_spec("ultralytics") is None:
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)

from partsight.detector.families.checkpoint_file import read_checkpoint  # noqa: E402
from partsight.detector.families.compact import network as compact_network  # noqa: E402
from partsight.detector.families.compact import weights as compact_weights  # noqa: E402
from partsight.detector.families.ultralytics import weights as ultralytics_weights  # noqa: E402
from partsight.detector.families.ultralytics.library import open_library  # noqa: E402
from tests.unit.trust import hostile  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture(scope="module", autouse=True)
def library():
    return open_library()


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(5)
    return ultralytics_weights.build_network("yolov8n", 3)


@pytest.fixture(scope="module")
def small():
    return compact_network.build_network("nano", 2)


@pytest.mark.parametrize("make", hostile.RUNNING, ids=lambda make: make.__name__)
def test_the_hostile_files_do_run_code_where_they_are_trusted(tmp_path, make, monkeypatch):
    """Otherwise the tests below would prove nothing."""
    monkeypatch.setattr("ultralytics.nn.tasks.SAFE_LOAD", False)
    make(tmp_path / "w.pt", tmp_path / "harm")
    with suppress(Exception):  # what comes after the marker does not count
        torch.load(tmp_path / "w.pt", weights_only=False)
    assert (tmp_path / "harm").exists()


@pytest.mark.parametrize("make", [*hostile.RUNNING, *hostile.ODD], ids=lambda make: make.__name__)
def test_no_checkpoint_runs_code_or_takes_forever(tmp_path, make, network, small):
    """As train.weights of both families: the command line and the recipe come to the same reader."""
    path = tmp_path / "w.pt"
    make(path, tmp_path / "harm")
    begun = time.monotonic()
    with pytest.raises(DetectorError, match=r"w\.pt"):
        ultralytics_weights.load_start(network, TrainSection(model="yolov8n", weights=str(path)))
    with pytest.raises(DetectorError, match=r"w\.pt"):
        compact_weights.load_start(small, TrainSection(family="compact", model="nano", weights=str(path)))
    assert time.monotonic() - begun < 20
    assert not (tmp_path / "harm").exists()


def as_the_library_writes_it(network):
    """A checkpoint of a training as it is kept after an epoch, half precision, with its loss and settings."""
    from ultralytics.cfg import get_cfg

    kept = deepcopy(network).half()
    kept.args = get_cfg()
    kept.criterion = kept.init_criterion()
    return {
        "epoch": 3, "best_fitness": 0.5, "model": None, "ema": kept, "updates": 7, "train_args": vars(get_cfg()),
        "optimizer": torch.optim.AdamW(network.parameters()).state_dict(), "version": "8.4.0", "date": "today",
    }  # fmt: skip


def finished(network):
    return {"epoch": -1, "model": deepcopy(network).half(), "ema": None, "train_args": {}}


def on_several_devices(network):
    return {"model": torch.nn.DataParallel(deepcopy(network).half())}


def its_state(network):
    return {f"module.{name}": value for name, value in network.state_dict().items()}


@pytest.mark.parametrize("is_archive", [True, False])
@pytest.mark.parametrize("content", [as_the_library_writes_it, finished, on_several_devices, its_state])
def test_checkpoints_of_the_library_are_read_bit_by_bit(tmp_path, network, content, is_archive):
    written = content(network)
    torch.save(written, tmp_path / "w.pt", _use_new_zipfile_serialization=is_archive)
    read = read_checkpoint(tmp_path / "w.pt", "")
    half = content is not its_state
    expected = (deepcopy(network).half() if half else network).state_dict()
    assert list(read) == list(expected)
    assert all(torch.equal(read[name], expected[name]) for name in expected)
    assert all(read[name].dtype == expected[name].dtype for name in expected)


def test_tensors_of_all_kinds_are_read_bit_by_bit(tmp_path):
    base = torch.arange(24, dtype=torch.float64).reshape(4, 6)
    kinds = (
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.int64,
        torch.int32,
        torch.int16,
        torch.int8,
        torch.uint8,
    )
    state = {str(kind): base.to(kind) for kind in kinds}
    state |= {"bool": base > 3, "turned": base.T, "cut": base[1:3, 2:5], "one": torch.tensor(7.0), "none": base[:0]}
    state |= {"parameter": torch.nn.Parameter(base), "uint16": torch.arange(5).to(torch.uint16)}
    torch.save(state, tmp_path / "w.pt")
    read = read_checkpoint(tmp_path / "w.pt", "")
    assert all(torch.equal(read[name], state[name]) and read[name].dtype == state[name].dtype for name in state)


@pytest.mark.shared
@pytest.mark.parametrize("pattern", ["*.pt", "*.pth"])
def test_published_weights_are_read_as_torch_reads_them(shared, pattern):
    paths = sorted((shared / "weights").glob(pattern))
    assert paths
    for path in paths:
        content = torch.load(path, weights_only=True)
        expected = content.get("model", content)
        read = read_checkpoint(path, "")
        assert all(torch.equal(read[name], expected[name]) for name in expected)


def test_the_library_itself_loads_safely():
    from ultralytics.nn import tasks

    assert tasks.SAFE_LOAD
