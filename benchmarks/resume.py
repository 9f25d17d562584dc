"""Kill a render run many times at random moments, and compare its dataset hash with an undisturbed run's.

python benchmarks/resume.py --kills 20
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = ["render", "--recipe", str(ROOT / "recipes" / "smoke.toml"), "--set", "render.workers=2"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        count = f"render.count={arguments.pictures}"
        survived = disturbed(Path(folder) / "killed", count, random.Random(arguments.seed), arguments.kills)
        for name in ("killed", "undisturbed"):
            start(Path(folder) / name, count).wait()
        hashes = {name: dataset_hash(Path(folder) / name) for name in ("killed", "undisturbed")}
    print("| run | pictures | dataset hash |\n|---|---|---|")
    for name, value in hashes.items():
        print(f"| {name} | {arguments.pictures} | {value} |")
    print(f"{len(survived)} kills; pictures finished at each: {survived}")
    return int(len(set(hashes.values())) != 1)


def start(out: Path, count: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "partsight", *COMMAND, "--set", count, "--out", str(out)]
    return subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, cwd=ROOT)


def disturbed(out: Path, count: str, moments: random.Random, kills: int) -> list[int]:
    """Start and kill; return how many pictures were finished at each kill."""
    finished = []
    for _ in range(kills):
        process = start(out, count)
        time.sleep(moments.uniform(3.0, 7.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        finished.append(len(list(out.glob("render/*/labels/*.json"))))
    return finished


def dataset_hash(out: Path) -> str:
    (manifest,) = out.glob("render/*/manifest.json")
    return str(json.loads(manifest.read_text())["dataset_hash"])


if __name__ == "__main__":
    sys.exit(main())
