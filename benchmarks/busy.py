"""How much longer pictures and training take beside other work: `python benchmarks/busy.py [--only train]`.

Half of the cores are kept busy by programs of the same priority that never wait. Each row is one kind of work with as many threads as
there are cores: seconds for one unit alone, beside that load, and their ratio; 2.2 is what half of the cores should cost at most.
`spinning` is the same with OpenMP threads that spin while they wait, as they do by themselves.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEVER_WAIT = "while True: pass"
SPINNING = {"OMP_WAIT_POLICY": "ACTIVE", "KMP_BLOCKTIME": "200"}
NUM_EPOCHS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=WORKS, help="one kind of work instead of all")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--unit", choices=WORKS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.unit:
        print(WORKS[arguments.unit](arguments.threads))
        return
    num_busy = max(1, (os.cpu_count() or 2) // 2)
    print(f"{os.cpu_count()} cores, {num_busy} of them busy, load {os.getloadavg()[0]:.1f} at the start")
    print(f"{'work':<20}{'alone s':>10}{'beside s':>10}{'ratio':>8}")
    for work in [arguments.only] if arguments.only else WORKS:
        rows = {work: {}, **({f"{work}, spinning": SPINNING} if work == "train" else {})}
        for name, environment in rows.items():
            alone_s = unit_seconds(work, arguments.threads, environment)
            with busy_cores(num_busy):
                beside_s = unit_seconds(work, arguments.threads, environment)
            print(f"{name:<20}{alone_s:>10.2f}{beside_s:>10.2f}{beside_s / alone_s:>8.2f}", flush=True)


@contextmanager
def busy_cores(count: int) -> Iterator[None]:
    programs = [subprocess.Popen([sys.executable, "-c", NEVER_WAIT]) for _ in range(count)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def unit_seconds(work: str, num_threads: int, environment: dict[str, str]) -> float:
    """Return the seconds of one unit in a fresh process, because OpenMP reads its settings once."""
    command = [sys.executable, __file__, "--unit", work, "--threads", str(num_threads)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "KMP_", "MKL_"))}
    done = subprocess.run(command, env={**kept, **environment}, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def render_unit(num_threads: int) -> float:
    """Return the seconds for one of the demo's pictures with its labels, after the first."""
    from picture_parts import RECIPES, Clock, Painter

    from partsight.config.loading import read_recipe

    painter = Painter(read_recipe(RECIPES["demo"]), num_threads)
    painter.make(0, Clock())
    start = time.perf_counter()
    for index in range(1, 13):
        painter.make(index, Clock())
    return (time.perf_counter() - start) / 12


def train_unit(num_threads: int) -> float:
    """Return the seconds for an epoch of 64 pictures at 128 px by the smallest network without AGPL, after the first."""
    sys.path.insert(0, str(ROOT))
    from tests.unit.detector.shapes import NAMES, write_shapes

    from partsight.config.sections.train import TrainSection
    from partsight.train.training import train_detector

    section = TrainSection(
        family="compact", image_size=128, epochs=NUM_EPOCHS, batch=8, threads=num_threads, device="cpu"
    )
    ends: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        train_detector(
            write_shapes(Path(name) / "data", 64, 8), NAMES, section, seed=0, num_pictures=64, output_dir=Path(name) / "run",
            tracker=lambda *_: ends.append(time.perf_counter()), say=lambda _: None,
        )  # fmt: skip
    return (ends[-1] - ends[0]) / (len(ends) - 1)


WORKS = {"render": render_unit, "train": train_unit}

if __name__ == "__main__":
    main()
