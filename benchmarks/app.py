"""How fast the app answers while a training runs, and how long nine drafts take after a change.

    python benchmarks/app.py PROJECT [--rounds 40] [--drafts]

PROJECT is a project folder with parts; for the answers start a training in it before (`partsight jobs start run`). Each address that a
page asks for is asked in turn, as the page does; median, 95th percentile and longest time are told, in milliseconds. Drafts
are asked for after a change of the recipe, four at once, as the page does; the first picture and all nine are timed, and the
recipe is put back as it was.
"""

import argparse
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from tables import head, machine

PATHS = (
    "/",
    "/static/app.js",
    "/api/project",
    "/api/parts",
    "/api/photos",
    "/api/jobs",
    "/api/training",
    "/api/results",
    "/api/model",
)
PRESETS = ("table", "workshop", "bin", "hand")
NUM_DRAFTS, AT_ONCE = 9, 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--drafts", action="store_true")
    given = parser.parse_args()
    print(machine())
    with client_of(given.project) as client:
        running = [job for job in client.get("/api/jobs").json() if job["state"] == "running"]
        print(f"{running[0]['title'] if running else 'nothing'} runs meanwhile\n")
        if given.drafts:
            time_drafts(client, given.project / "recipe.toml")
        else:
            time_answers(client, given.rounds)


@contextmanager
def client_of(project: Path) -> Iterator[httpx.Client]:
    command = [sys.executable, "-m", "partsight", "app", str(project), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base, token = re.search(r"(http\S+)/\?token=(\S+)", process.stdout.readline()).groups()  # type: ignore[union-attr]
        try:
            with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=300) as client:
                while client.get("/api/parts").json()["is_reading"]:
                    time.sleep(0.5)
                yield client
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def time_answers(client: httpx.Client, rounds: int) -> None:
    print(*head("| address | median ms | 95 % ms | longest ms |"), sep="\n")
    for path in PATHS:
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            client.get(path).raise_for_status()
            times.append(1000 * (time.perf_counter() - began))
            time.sleep(0.05)
        print(f"| {path} | {np.median(times):.0f} | {np.percentile(times, 95):.0f} | {max(times):.0f} |")


def time_drafts(client: httpx.Client, recipe: Path) -> None:
    before = recipe.read_bytes()
    print(*head("| preset | first picture s | nine pictures s |"), sep="\n")
    try:
        client.put("/api/recipe", json={"changes": {"render.count": 1}}).raise_for_status()
        drafts(client)  # starts the processes and opens their windows, as the parts page does
        for (
            preset
        ) in PRESETS:  # with another count no state of the recipe comes twice, so that nothing is there already
            client.put("/api/recipe", json={"changes": {"preset": preset, "render.count": 2}}).raise_for_status()
            first, whole = drafts(client)
            print(f"| {preset} | {first:.1f} | {whole:.1f} |")
    finally:
        recipe.write_bytes(before)


def drafts(client: httpx.Client) -> tuple[float, float]:
    """Return seconds until the first of nine pictures is there, and until all are."""
    began, ended = time.perf_counter(), []

    def ask(index: int) -> None:
        client.get("/api/scene/picture", params={"index": index}).raise_for_status()
        ended.append(time.perf_counter() - began)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ask, range(NUM_DRAFTS)))
    return min(ended), max(ended)


if __name__ == "__main__":
    main()
