"""What the second opinion costs: seconds of training it, milliseconds a crop.

    python benchmarks/verify.py --threads 1

Crops are noise: neither time depends on what they show. Processor time is printed beside the clock's, for machines that are busy.
What it brings on photographs is in `real.py`.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tables import head, machine

from partsight.deploy.description import VerifierEntry
from partsight.deploy.exported_verifier import open_verifier
from partsight.deploy.model_folder import network_entry
from partsight.deploy.openvino_export import write_openvino
from partsight.deploy.runtimes import is_installed
from partsight.detector.rescoring import spec_for
from partsight.detector.verifier import Verifier, VerifyJob, open_verifiers
from partsight.pipeline.stages.verify.lessons import MOST_ALARMS, MOST_ELSEWHERE, MOST_PARTS, NUM_VIEWS

NAMES = tuple(f"part {number}" for number in range(5))
ALL = MOST_PARTS * NUM_VIEWS + MOST_ELSEWHERE + MOST_ALARMS
AT_ONCE = (1, 5, 30)
"""Crops of one picture."""


def main() -> None:
    """Train once, then time checkpoint and exports."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--crops", type=int, default=ALL, help=f"crops of the training; the most that a recipe gives: {ALL}"
    )
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained = _train(folder, given.crops, given.threads)
        print(
            "\n".join(
                head("| network | " + " | ".join(f"ms a crop, {num} at once (processor)" for num in AT_ONCE) + " |")
            )
        )
        for title, verifier in _verifiers(folder, trained, given.threads).items():
            print(f"| {title} | " + " | ".join(_time(verifier, num) for num in AT_ONCE) + " |", flush=True)


def _train(folder: Path, num_crops: int, threads: int) -> Path:
    rng, spec = np.random.default_rng(0), spec_for(len(NAMES))
    crops = rng.integers(0, 256, (num_crops, spec.size_px, spec.size_px, 3), np.uint8)
    labels = rng.integers(0, len(NAMES) + 1, num_crops)
    job = VerifyJob(crops, labels, NAMES, spec, seed=0, threads=threads, output_dir=folder)
    trained: list[Path] = []
    seconds, processor_s = _clocked(lambda: trained.append(open_verifiers().train(job, lambda _epoch, _loss: None)))
    print(
        f"training with {num_crops} crops, {threads} threads: {seconds:.0f} s ({processor_s:.0f} s of processor)",
        flush=True,
    )
    return trained[0]


def _verifiers(folder: Path, trained: Path, threads: int) -> dict[str, Verifier]:
    kind, onnx = open_verifiers(), folder / "verifier.onnx"
    kind.export(trained, onnx)
    networks = {"onnx": network_entry(folder, onnx)}
    if is_installed("openvino"):
        networks["openvino"] = network_entry(folder, write_openvino(onnx, folder / "openvino"))
    entry = VerifierEntry(spec=spec_for(len(NAMES)), networks=networks)
    opened = {name: open_verifier(folder, entry, NAMES, runtime=name, threads=threads) for name in networks}
    return {"checkpoint": kind.load(trained, threads), **opened}


def _time(verifier: Verifier, num_crops: int, num_runs: int = 15) -> str:
    crops = np.random.default_rng(1).integers(0, 256, (num_crops, *[verifier.spec.size_px] * 2, 3), np.uint8)
    verifier.classify(crops)
    times = np.array([_clocked(lambda: verifier.classify(crops)) for _ in range(num_runs)]) * 1000 / num_crops
    wall_ms, processor_ms = np.median(times, axis=0)
    return f"{wall_ms:.1f} ({processor_ms:.1f})"


def _clocked(action: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock and of the processor."""
    started, processor = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - started, time.process_time() - processor


if __name__ == "__main__":
    main()
