"""The seed's recipe and ours on real photographs, side by side: renders → training with k photos per class → test sessions.

    python benchmarks/real.py --weights PATH --out benchmarks/results/real

One command, resumable: finished stages are found, finished rows are kept in rows.json. Test sessions choose nothing: checkpoint
and threshold are chosen on validation sessions. Prints a Markdown table with mean, interval over seeds, and n.
"""

import argparse
import json
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from rich.console import Console

from partsight.cli.progress import TerminalProgress
from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.errors import DatasetError
from partsight.files import write_json, write_text
from partsight.pipeline.executors import num_cores
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.workspace import Workspace

HERE = Path(__file__).resolve().parent
SETS = ("microcontrollers", "megabloks", "bolts_washers")
RECIPES: dict[str, tuple[str, ...]] = {
    "seed": ("randomize.placement=orbit",),
    "default": (),
    "two_stage": ("train.schedule=two_stage", "train.finetune.epochs=3", "train.finetune.pictures=400"),
    "photos_only": ("dataset.renders=0",),
}
ALL = 999
"""Photos per class that mean: every photo of the training sessions."""
PICTURES_PER_EPOCH = 400
"""Photos alone are repeated so often that an epoch is about as long as one of renders."""
STUDENT_T_95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}
"""Two-sided 95 % quantiles of Student's t for n values, n − 1 degrees of freedom."""


@dataclass(frozen=True)
class Cell:
    """One training."""

    set_name: str
    recipe: str
    photos: int
    seed: int


def main() -> None:
    """Run the grid cell by cell, most telling cells first."""
    arguments = _arguments()
    console = Console()
    rows_path = arguments.out / "rows.json"
    kept: list[dict[str, Any]] = json.loads(rows_path.read_text()) if rows_path.exists() else []
    rows = [row for row in kept if "map50" in row]
    for cell in _grid(arguments):
        if any(row["cell"] == asdict(cell) for row in rows):
            continue
        console.print(f"[bold]{cell}[/]", highlight=False)
        rows.append(_run(cell, arguments, console))
        write_json(rows_path, rows)
        write_text(arguments.out / "table.md", _table(rows))
    print(_machine())
    print(_table(rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="scratch", help="pretrained weights file to start from")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "real")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=list(RECIPES))
    parser.add_argument("--photos", nargs="+", type=int, default=[0, 5, 10], help=f"photos per class; {ALL} takes all")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], help="change one recipe key for all cells"
    )
    return parser.parse_args()


def _grid(arguments: argparse.Namespace) -> Iterator[Cell]:
    for photos in arguments.photos:
        for seed in arguments.seeds:
            for set_name in arguments.sets:
                for recipe in arguments.recipes:
                    if photos or recipe in ("seed", "default"):
                        yield Cell(set_name, recipe, photos, seed)


def _run(cell: Cell, arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    started = time.monotonic()
    try:
        experiment = Experiment(
            _recipe(cell, arguments), Workspace(arguments.out / cell.set_name), TerminalProgress(console)
        )
        evaluation = experiment.evaluated.evaluation
        report = experiment.report
    except DatasetError as error:
        return {"cell": asdict(cell), "skipped": str(error)}
    return {
        "cell": asdict(cell),
        "n_images": evaluation.num_images,
        "n_boxes": evaluation.overall.num_boxes,
        "precision": evaluation.overall.precision,
        "recall": evaluation.overall.recall,
        "f1": evaluation.overall.f1,
        "map50": evaluation.overall.ap50,
        "map50_95": evaluation.overall.ap50_95,
        "agnostic_ap50": evaluation.class_agnostic_ap50,
        "interval_map50": asdict(evaluation.intervals["map50"]) if "map50" in evaluation.intervals else None,
        "threshold": evaluation.threshold,
        "seconds": round(time.monotonic() - started),
        "report": report.relative_to(arguments.out).as_posix(),
    }


def _recipe(cell: Cell, arguments: argparse.Namespace) -> Recipe:
    """Seeds re-draw the photos and the training; the renders are made once for each recipe."""
    settings = [
        *RECIPES[cell.recipe],
        f"dataset.seed={cell.seed}",
        f"train.seed={cell.seed}",
        f"dataset.photos_per_class={0 if cell.photos == ALL else cell.photos}",
        f"dataset.all_photos={str(cell.photos == ALL).lower()}",
        f"dataset.photo_repeat={_repeat(cell)}",
        f'train.weights="{arguments.weights}"',
        f'report.title="{cell.set_name}: {cell.recipe} recipe, {cell.photos} photos per class, seed {cell.seed}"',
        *arguments.settings,
    ]
    return read_recipe(HERE / "real" / f"{cell.set_name}.toml", settings)


def _repeat(cell: Cell) -> int:
    if cell.recipe != "photos_only":
        return 4 if cell.photos else 1
    num_photos = {"microcontrollers": 4, "megabloks": 4, "bolts_washers": 1}[cell.set_name] * min(cell.photos, 15)
    return max(1, round(PICTURES_PER_EPOCH / num_photos))


def _table(rows: Sequence[dict[str, Any]]) -> str:
    done = [row for row in rows if "map50" in row]
    titles = "set|recipe|photos/class|seeds|test photos / boxes|mAP50 (95 % over seeds)|mAP50-95|P|R|F1|agnostic AP50"
    header = "| " + titles.replace("|", " | ") + " |"
    lines = [header, "|---" * 11 + "|"]
    groups = {(row["cell"]["set_name"], row["cell"]["photos"], row["cell"]["recipe"]): [] for row in done}
    for row in done:
        groups[row["cell"]["set_name"], row["cell"]["photos"], row["cell"]["recipe"]].append(row)
    lines += [_line(key, group) for key, group in sorted(groups.items())]
    skipped = [f"- {row['cell']}: {row['skipped']}" for row in rows if "skipped" in row]
    return "\n".join(lines + (["", *skipped] if skipped else [])) + "\n"


def _line(key: tuple[str, int, str], group: Sequence[dict[str, Any]]) -> str:
    set_name, photos, recipe = key
    figures = {
        name: [row[name] for row in group] for name in ("map50_95", "precision", "recall", "f1", "agnostic_ap50")
    }
    shown = " | ".join(f"{mean(values):.3f}" for values in figures.values())
    counts = f"{group[0]['n_images']} / {group[0]['n_boxes']}"
    map50 = _interval([row["map50"] for row in group])
    return f"| {set_name} | {recipe} | {'all' if photos == ALL else photos} | {len(group)} | {counts} | {map50} | {shown} |"


def _interval(values: Sequence[float]) -> str:
    if len(values) not in STUDENT_T_95:
        return f"{mean(values):.3f}"
    half = STUDENT_T_95[len(values)] * stdev(values) / len(values) ** 0.5
    return f"{mean(values):.3f} ± {half:.3f}"


def _machine() -> str:
    return f"{platform.platform()}, {num_cores()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
