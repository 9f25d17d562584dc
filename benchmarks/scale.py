"""How rendering a million pictures on a thousand workers would behave: a simulation with this machine's own figures put in.

python benchmarks/scale.py [RENDERS] [--pictures 1000000] [--workers 1000]

RENDERS is a folder runs/render/KEY of a finished run: its time per picture and its bytes are measured and taken; without one, those of
640 px pictures are. Simulated, event by event: a queue of shards taken by workers that start when the cluster lets them, load the
parts once, draw pictures whose times vary, and now and then die, which loses the shard they hold. Then what the file system is
asked: loose files against one tar a shard, and how long joining the manifests takes, measured here on labels like those.
"""

import argparse
import heapq
import io
import json
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tables import machine

from partsight.files import hash_bytes, read_json
from partsight.pipeline.running.executors import num_cores

SHARDS = (1, 8, 32, 128, 512, 2048)
COLUMNS = ("pictures a shard", "shards", "all done after", "of the ideal", "drawn twice", "loose files", "tar files")
FILES_PER_PICTURE = 3
"""Picture, mask, label."""


@dataclass(frozen=True)
class Figures:
    """Of one picture on one worker, and of a worker's life."""

    seconds: float
    spread: float
    """Standard deviation of the logarithm of a picture's time."""
    bytes: float
    start_s: float = 8.0
    """Interpreter, libraries, parts, kernels."""
    hand_out_s: float = 0.01
    """Of one shard, by the one process that hands them out (Parsl: 1,181 a second, Babuji et al., HPDC 2019; we take a twelfth)."""
    queue_s: float = 120.0
    """Mean wait for a node."""
    deaths_per_hour: float = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("renders", type=Path, nargs="?")
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=1000)
    given = parser.parse_args()
    print(machine())
    figures = measure(given.renders) if given.renders else Figures(1.4, 0.3, 200_000)
    print(
        f"one picture: {figures.seconds:.2f} s on one worker, {figures.bytes / 1000:.0f} kB in {FILES_PER_PICTURE} files"
    )
    ideal_s = given.pictures * figures.seconds / given.workers
    print(
        f"{given.pictures:,} pictures on {given.workers:,} workers: {ideal_s / 60:.0f} min if nothing else took time\n"
    )
    print(f"| {' | '.join(COLUMNS)} |")
    print("|" + "---|" * len(COLUMNS))
    for size in SHARDS:
        show(size, simulate(figures, given.pictures, given.workers, size), given.pictures, ideal_s)
    show_merge(figures, given.pictures)


def measure(folder):
    """Return the figures of a finished run."""
    manifest = read_json(folder / "manifest.json")
    recipe = json.loads((folder / "recipe.json").read_text())
    labels = list((folder / "labels").glob("*.json"))
    times = np.sort([path.stat().st_mtime for path in labels])
    gaps = np.diff(times)
    gaps = gaps[(gaps > 0) & (gaps < 20 * np.median(gaps))]
    size = sum(path.stat().st_size for name in ("images", "masks", "labels") for path in (folder / name).iterdir())
    workers = (recipe.get("render") or {}).get("workers") or num_cores()
    return Figures(
        manifest["seconds"] / len(labels) * workers,
        float(np.std(np.log(gaps))) if len(gaps) else 0.3,
        size / len(labels),
    )


def simulate(figures, num_pictures, num_workers, size):
    """Return (seconds until all is done, pictures drawn twice)."""
    rng = np.random.default_rng(0)
    shards = [size] * (num_pictures // size) + ([num_pictures % size] if num_pictures % size else [])
    free = [(rng.exponential(figures.queue_s) + figures.start_s, worker) for worker in range(num_workers)]
    heapq.heapify(free)
    handed_s, lost, end_s = 0.0, 0, 0.0
    while shards:
        count = shards.pop()
        at_s, worker = heapq.heappop(free)
        handed_s = max(handed_s, at_s) + figures.hand_out_s
        work_s = count * figures.seconds * np.exp(rng.normal(0, figures.spread / np.sqrt(count)))
        death_s = rng.exponential(3600 / figures.deaths_per_hour)
        if death_s < work_s:
            lost += int(count * death_s / work_s)
            shards.append(count)
            again_s = handed_s + death_s + rng.exponential(figures.queue_s) + figures.start_s
            heapq.heappush(free, (again_s, worker))
            continue
        end_s = max(end_s, handed_s + work_s)
        heapq.heappush(free, (handed_s + work_s, worker))
    return end_s, lost


def show(size, outcome, num_pictures, ideal_s):
    end_s, lost = outcome
    cells = (
        size, f"{-(-num_pictures // size):,}", f"{end_s / 60:.0f} min", f"{ideal_s / end_s:.0%}", f"{lost / num_pictures:.2%}",
        f"{FILES_PER_PICTURE * num_pictures:,}", f"{-(-num_pictures // size):,}",
    )  # fmt: skip
    print(f"| {' | '.join(map(str, cells))} |")


def show_merge(figures, num_pictures, num_tried=20_000):
    """Measure joining labels, loose and in tars, and project it."""
    label = json.dumps(
        {"image": "000000.jpg", "sha": "0" * 16, "objects": [{"box_xyxy": [1.0, 2.0, 3.0, 4.0]}] * 4}
    ).encode()
    with tempfile.TemporaryDirectory() as scratch:
        loose = Path(scratch) / "loose"
        loose.mkdir()
        written_s = timed(lambda: [(loose / f"{n:06d}.json").write_bytes(label) for n in range(num_tried)])
        read_s = timed(lambda: hash_bytes(*(path.read_bytes() for path in sorted(loose.iterdir()))))
        packed = Path(scratch) / "shard.tar"
        packed_s = timed(lambda: pack(packed, label, num_tried))
        unpacked_s = timed(lambda: read_packed(packed))
    print(f"\njoining the labels of {num_pictures:,} pictures on one node, from {num_tried:,} measured on this disk:")
    for name, seconds in (
        ("loose files, written", written_s),
        ("read and hashed", read_s),
        ("in tars, written", packed_s),
        ("read and hashed", unpacked_s),
    ):
        print(f"  {name}: {seconds / num_tried * num_pictures:.0f} s")
    print(f"  pictures in all: {figures.bytes * num_pictures / 1e12:.2f} TB")


def pack(path, label, count):
    with tarfile.open(path, "w") as tar:
        for number in range(count):
            entry = tarfile.TarInfo(f"{number:06d}.json")
            entry.size = len(label)
            tar.addfile(entry, io.BytesIO(label))


def read_packed(path):
    with tarfile.open(path) as tar:
        return hash_bytes(*(tar.extractfile(entry).read() for entry in tar))


def timed(work):
    started = time.monotonic()
    work()
    return time.monotonic() - started


if __name__ == "__main__":
    main()
