"""The number of pictures per step: found by trying on this machine, within its memory, kept for a training that goes on."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partsight.config.sections.train import TrainSection
from partsight.detector.batch_size import (
    FEW,
    MARK,
    SIZES,
    STEPS_PER_EPOCH,
    USUAL,
    BatchTrial,
    choose,
    find_batch,
    is_worth_trying,
    least_size,
    run_trials,
    sizes_for,
)  # fmt: skip
from partsight.detector.devices import _left_in_group, free_memory, freed_memory_kept, peak_memory
from partsight.errors import DetectorError

GIB = 1 << 30
COMPACT = TrainSection(family="compact", model="nano", weights="scratch", image_size=64, device="cpu", threads=1)


def trials(*speeds: float, peak_gib=lambda batch: 1 + batch / 8, limit_gib: float = 100.0) -> list[BatchTrial]:
    return [
        BatchTrial(batch, speed, int(peak_gib(batch) * GIB), int(limit_gib * GIB))
        for batch, speed in zip(SIZES, speeds, strict=False)
    ]


# --- what is taken -----------------------------------------------------------------------------------------------------------


def test_the_usual_size_is_taken_where_more_is_hardly_faster():
    assert choose(trials(2, 4, 6, 6.5, 6.6, 6.7), USUAL).batch == 16


def test_more_is_taken_where_it_is_much_faster():
    assert choose(trials(10, 20, 40, 80, 150, 250, 260), USUAL).batch == 64


def test_less_is_taken_where_memory_is_short():
    assert choose(trials(1, 2, 3, 4, limit_gib=2.0), USUAL).batch == 8


def test_nothing_that_fits_is_an_error_that_says_what_to_do():
    with pytest.raises(
        DetectorError, match=r"not even 2 pictures fit.*1\.2 GiB where 0\.5 may be used.*train\.image_size"
    ):
        choose(trials(1, limit_gib=0.5), USUAL)


def test_sizes_that_leave_an_epoch_too_few_steps_are_not_tried():
    assert sizes_for(300, 1) == [2, 4, 8]
    assert sizes_for(1000, 1) == [2, 4, 8, 16]
    assert sizes_for(4000, 1) == [2, 4, 8, 16, 32, 64]
    assert sizes_for(4000, 4) == [2, 4, 8, 16]


def test_what_would_not_fit_is_never_tried():
    """Need grows evenly: 1 + batch/8 GiB. After 8 pictures with 2 GiB, 16 need 3."""
    seen = trials(1, 2, 4)
    assert is_worth_trying([*seen[:-1], BatchTrial(8, 4, 2 * GIB, 3 * GIB)], 16, USUAL)
    assert not is_worth_trying([*seen[:-1], BatchTrial(8, 4, 2 * GIB, int(2.9 * GIB))], 16, USUAL)


def test_trying_ends_when_two_doublings_brought_nothing():
    assert not is_worth_trying(trials(1, 2, 4, 8, 8.1, 8.2), 128, USUAL)
    assert is_worth_trying(trials(1, 2, 4, 8, 12, 12.1), 128, USUAL)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0.1, 1e4), min_size=1, max_size=len(SIZES)),
    st.floats(1.25, 60.0),
    st.integers(1, 100_000),
    st.integers(1, 8),
)
def test_what_is_taken_fits_and_leaves_enough_steps(speeds, limit_gib, num_pictures, num_devices):
    sizes = sizes_for(num_pictures, num_devices)
    tried = [trial for trial in trials(*speeds, limit_gib=limit_gib) if trial.batch in sizes]
    chosen = choose(tried, least_size(num_pictures, num_devices))
    assert chosen.peak_bytes <= chosen.limit_bytes
    assert chosen.batch <= FEW or chosen.batch * num_devices * STEPS_PER_EPOCH <= num_pictures


# --- trying ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["compact", "ultralytics"])
def test_sizes_are_really_tried(family):
    pytest.importorskip("torch", reason="the extra [compact] is not installed")
    if find_spec("ultralytics") is None and family == "ultralytics":
        pytest.skip("the extra [yolo] is not installed")
    section = TrainSection(family=family, weights="scratch", image_size=64, device="cpu", threads=1)
    tried = run_trials(section, 2, [2, 4, 64], USUAL)
    assert [trial.batch for trial in tried] == [2, 4, 64]
    assert all(trial.pictures_per_s > 0 for trial in tried)
    assert tried[0].peak_bytes <= tried[1].peak_bytes < tried[2].peak_bytes < tried[2].limit_bytes


def test_a_network_that_is_unknown_is_an_error_with_the_cause():
    pytest.importorskip("torch", reason="the extra [compact] is not installed")
    with pytest.raises(DetectorError, match=r"(?s)Give a number.*unknown to the family 'compact'"):
        run_trials(COMPACT.but(model="huge"), 2, [2], USUAL)


def test_a_small_set_on_a_cpu_costs_no_trial():
    told = []
    found = find_batch(COMPACT, 2, 300, told.append)
    assert (found.batch, found.trials, told) == (FEW, (), [])
    assert "fewer than 50 steps" in found.reason


def test_a_large_set_is_tried_and_told():
    pytest.importorskip("torch", reason="the extra [compact] is not installed")
    told = []
    found = find_batch(COMPACT, 2, 900, told.append)
    assert found.batch == 16
    assert found.trials[-1].batch == 16
    assert told == ["train.batch: trying sizes on this machine"]
    assert "pictures/s" in found.reason


# --- memory ------------------------------------------------------------------------------------------------------------------


def test_a_batch_systems_limit_counts(tmp_path):
    """A job's group may have 4 GiB of which 1 is used; the group above has no limit."""
    (tmp_path / "slurm" / "job").mkdir(parents=True)
    (tmp_path / "slurm" / "memory.max").write_text("max\n")
    (tmp_path / "slurm" / "memory.current").write_text("123\n")
    (tmp_path / "slurm" / "job" / "memory.max").write_text(f"{4 * GIB}\n")
    (tmp_path / "slurm" / "job" / "memory.current").write_text(f"{GIB}\n")
    listed = tmp_path / "listed"
    listed.write_text("0::/slurm/job\n")
    assert _left_in_group(tmp_path, listed) == 3 * GIB


def test_memory_of_this_process_is_counted():
    assert 10 << 20 < peak_memory("cpu") < free_memory("cpu") + (8 << 30)


FAULTS = """
import sys, resource, contextlib
from partsight.detector.devices import freed_memory_kept
with freed_memory_kept() if sys.argv[1] == "kept" else contextlib.nullcontext():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(30):
        block = bytearray(64 << 20)
        block[::4096] = b"1" * len(block[::4096])
        del block
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
HUGE = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries have no such setting")
@pytest.mark.skipif(
    HUGE.exists() and "[always]" in HUGE.read_text(), reason="huge pages everywhere: there is nothing to save"
)
def test_freed_memory_is_not_fetched_page_by_page_again():
    """Pages of 30 blocks of 64 MiB: about 490,000 faults; kept, those of the first block."""
    faults = {
        mode: int(
            subprocess.run([sys.executable, "-c", FAULTS, mode], capture_output=True, text=True, check=True).stdout
        )
        for mode in ("plain", "kept")
    }
    assert faults["kept"] * 5 < faults["plain"]


def test_a_child_does_not_count_the_memory_of_its_parent():
    """As getrusage would: the trial would then find that nothing fits beside a large program."""
    hoard = bytearray(600 << 20)
    hoard[::4096] = b"1" * len(hoard[::4096])
    code = "from partsight.detector.devices import peak_memory; print(peak_memory('cpu'))"
    peak = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert peak < 500 << 20 < len(hoard)


def test_memory_is_as_before_afterwards():
    with freed_memory_kept():
        block = np.ones(1 << 20)
    assert block.sum() == 1 << 20


def test_the_child_answers_in_lines_that_libraries_cannot_disturb():
    request = {"section": COMPACT.model_dump(mode="json"), "num_classes": 2, "sizes": [2], "floor": 16}
    pytest.importorskip("torch", reason="the extra [compact] is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "partsight.detector.batch_trial"], input=json.dumps(request), capture_output=True, text=True, check=True
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1].removeprefix(MARK))["batch"] == 2
