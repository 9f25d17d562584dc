"""Everything that needs a GPU, in one run of at most eight minutes: `python benchmarks/device.py` (`--dry-run` on any CPU, tiny).

tests     training in half and single precision, batch size, resuming, export: tests/device
pictures  pictures of the default recipe per second, cuda_ad_rgb beside llvm_ad_rgb
night     a training of a user's night in small: 640 px, the bundled parts, as many epochs as fit into its time

Each step is a program of its own with a limit; what fails or takes too long is told, and the next goes on.
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_S = 480


@dataclass(frozen=True)
class Step:
    """One program and the seconds that it may take."""

    name: str
    command: tuple[str, ...]
    limit_s: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry-run", action="store_true", help="tiny sizes, on the CPU")
    parser.add_argument("--only", choices=[step.name for step in plan(is_dry=True)], help="one step instead of all")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", "device-results")))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    wanted = [step for step in plan(is_dry=arguments.dry_run) if arguments.only in {None, step.name}]
    results = [run(step, arguments.out, is_dry=arguments.dry_run) for step in wanted]
    print("\n".join(results))
    sys.exit(0 if all(" ok " in result for result in results) else 1)


def plan(*, is_dry: bool) -> tuple[Step, ...]:
    """Return the steps, whose limits sum to at most eight minutes."""
    python, recipe = sys.executable, str(ROOT / "src" / "partsight" / "samples" / "demo.toml")
    size, count, epochs, pictures = (64, 20, 1, 2) if is_dry else (640, 600, 100, 40)
    device, variants = ('"cpu"', ("scalar_rgb",)) if is_dry else ("[0]", ("cuda_ad_rgb", "llvm_ad_rgb"))
    settings = (
        f"render.width={size}", f"render.height={size}", f"render.count={count}", f"render.variant={variants[0]}",
        f"train.image_size={size}", f"train.epochs={epochs}", f"train.device={device}", "train.batch=auto",
    )  # fmt: skip
    speed = [
        Step(f"pictures-{variant}", (
            python, "benchmarks/render.py", "parts-of-a-picture", "--scenes", str(pictures), "--threads", str(os.cpu_count() or 1),
            *with_settings(f"render.variant={variant}", *([f"render.width={size}", f"render.height={size}"] if is_dry else [])),
        ), 60)
        for variant in variants
    ]  # fmt: skip
    return (
        Step("tests", (python, "-m", "pytest", "tests/device", "-q", "-p", "no:cacheprovider", "-W", "default"), 150),
        *speed,
        Step(
            "night",
            (python, "-m", "partsight", "run", "--recipe", recipe, "--out", "{out}/night", *with_settings(*settings)),
            200,
        ),
    )


def with_settings(*settings: str) -> list[str]:
    """Return the options that change these keys."""
    return [word for setting in settings for word in ("--set", setting)]


def run(step: Step, out: Path, *, is_dry: bool) -> str:
    """Run one step, its words in a file of its name; return the line that says how it went."""
    command = [word.replace("{out}", str(out.resolve())) for word in step.command]
    environment = {**os.environ, **({"PARTSIGHT_DEVICE": "cpu"} if is_dry else {})}
    start, said = time.perf_counter(), out / f"{step.name}.txt"
    with said.open("w") as file:
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=step.limit_s,
                check=False,
            )
            outcome = "ok" if done.returncode == 0 else f"failed ({done.returncode})"
        except subprocess.TimeoutExpired:
            outcome = "stopped at its limit; what it had reached is in the file"
    last = (said.read_text().strip().splitlines() or [""])[-1]
    return f"{step.name:<24} {outcome} {time.perf_counter() - start:.0f} s of {step.limit_s}: {last[:120]}"


if __name__ == "__main__":
    main()
