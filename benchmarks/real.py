"""The baseline's recipe and ours on real photographs, side by side: renders, training with k photos per class → test sessions.

    python benchmarks/real.py --weights PATH --out benchmarks/results/real

One command, resumable: finished stages are found, finished rows are kept in rows.json. Test sessions choose nothing: checkpoint
and threshold are chosen on validation sessions. Writes table.md (mean, interval over seeds, n) and a report with galleries for
each row; `curves.py` draws the rows. Trainings run side by side, one core each, which brings more than one training on all cores.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from alarms import detect_on, halls, room_settings
from large_parts import evaluate_at
from tables import head, interval, machine, mean_of
from trainings import SETS, Rows, make_dataset, parser_of, recipe_path, settings_of, side_by_side

from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.config.sections.verify import VerifySection
from partsight.errors import DatasetError
from partsight.files import read_json, write_text
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence

HERE = Path(__file__).resolve().parent
TWO_STAGES = (
    "train.schedule=two_stage",
    "train.finetune.epochs=4",
    "train.finetune.pictures=400",
    "train.finetune.rate_factor=0.3",  # chosen by validation photos
)
LONGER = (*TWO_STAGES, "train.finetune.epochs=12", "train.finetune.rate_factor=1.0")
"""The second stage shows as many pictures as photos alone do, at the first's rate: better on photos that are no test photos."""
RECIPES: dict[str, tuple[str, ...]] = {
    "default": (),
    "baseline": ("randomize.placement=orbit",),
    "photos_only": ("dataset.renders=0",),
    "empties": (),  # 19 photos of rooms among the renders and behind the parts, here and where a name ends so
    "two_stage": TWO_STAGES,
    "two_stage_long": LONGER,
    "two_stage_empties": TWO_STAGES,
    "crops": (),  # training sees crops as below, whole photos are looked at with a larger input; also where a name ends so
    "two_stage_crops": TWO_STAGES,
    "photos_only_crops": ("dataset.renders=0",),
}
CROPS: dict[str, tuple[str, ...]] = {
    "microcontrollers": ("train.crop=0.625",),
    "megabloks": ("train.crop=0.5",),
    "bolts_washers": ("train.crop=0.5", "randomize.scatter.parts_per_image=[2,10]"),
}
"""Crops of each set; fewer parts are in one than in a photo."""
LEAST_PX = 40
"""Longer side in the photo, in pixels, from which a part counts as large."""
QUIET = 0.05
"""False alarms per photo of a room at the quiet threshold."""
ALL = 999
"""Photos per class that mean: every photo of the training sessions."""
PICTURES_PER_EPOCH = 400
"""Photos alone are repeated so often that an epoch is about as long as one of renders."""


@dataclass(frozen=True)
class Cell:
    """One training."""

    set_name: str
    recipe: str
    photos: int
    seed: int
    renders: int = 0
    """Number of renders, each shown as often as the pictures shown in all allow; 0: as the set's recipe says."""


def main() -> None:
    """Run the grid, one recipe after the other, most telling photos first."""
    arguments = _arguments()
    rows, skipped = Rows(arguments.out / "rows.json", arguments), []
    for chains in _grid(arguments, rows):
        _make_datasets([cell for chain in chains for cell in chain], arguments)
        for made in side_by_side(_run_chain, chains, arguments):
            for row in made:
                print(row["cell"], row.get("skipped") or f"{row['map50']:.3f}", flush=True)
            rows.add(*(row for row in made if "map50" in row))
            skipped += [row for row in made if "skipped" in row]
            write_text(arguments.out / "table.md", _table(rows.own, skipped))
    print(machine())
    print(_table(rows.own, skipped))


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__, HERE / "results" / "real", SETS)
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=list(RECIPES))
    parser.add_argument(
        "--photos", nargs="+", type=int, default=[0, 5, 10, ALL], help=f"photos per class; {ALL}: all there are"
    )
    parser.add_argument("--renders", nargs="+", type=int, default=[0], help="numbers of renders; 0: the set's own")
    return parser.parse_args()


def _grid(arguments: argparse.Namespace, rows: Rows) -> Iterator[list[list[Cell]]]:
    """Yield for each recipe the cells that are left, those together that share trainings: same set, seed and renders."""
    for recipe in arguments.recipes:
        chains = []
        for seed in arguments.seeds:
            for set_name in arguments.sets:
                for renders in arguments.renders if not _is_of_photos_alone(recipe) else [0]:
                    cells = [Cell(set_name, recipe, photos, seed, renders) for photos in arguments.photos]
                    chains.append([cell for cell in rows.left(cells) if _is_wanted(cell)])
        if any(chains):
            yield [chain for chain in chains if chain]


def _is_wanted(cell: Cell) -> bool:
    """Without photos of parts nothing but renders, and perhaps photos of rooms, is left."""
    return cell.photos > 0 or cell.recipe in ("baseline", "default", "empties", "crops")


def _is_of_photos_alone(recipe: str) -> bool:
    return recipe.startswith("photos_only")


def _make_datasets(cells: Sequence[Cell], arguments: argparse.Namespace) -> None:
    """Make what the trainings share beforehand, on all cores."""
    for cell in cells:
        print(f"dataset of {cell}", flush=True)
        with suppress(DatasetError):  # told in the cell's row
            make_dataset(_recipe(cell, arguments), arguments.out / cell.set_name)


def _run_chain(cells: Sequence[Cell], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    return [_run(cell, arguments) for cell in cells]


def _run(cell: Cell, arguments: argparse.Namespace) -> dict[str, Any]:
    started = time.monotonic()
    try:
        experiment = Experiment(_recipe(cell, arguments), Workspace(arguments.out / cell.set_name), Silence())
        evaluation = experiment.evaluate().evaluation
        report = experiment.report()
    except DatasetError as error:
        return {"cell": asdict(cell), "skipped": str(error)}
    opinion = evaluation.second_opinion
    return {
        "cell": asdict(cell),
        **_figures(experiment),
        "alone": None if opinion is None else _figures(_alone(experiment)),
        "second_opinion": None if opinion is None else {**asdict(opinion), **_cost(experiment)},
        "seconds": round(time.monotonic() - started),
        "train_seconds": experiment.train().seconds,
        "report": report.relative_to(experiment.workspace.root.parent).as_posix(),
        "network": _network(experiment),
    }


def _alone(experiment: Experiment) -> Experiment:
    """Return the experiment of the detector without its second opinion; the training is the same."""
    recipe = experiment.recipe.model_copy(update={"verify": VerifySection(enabled=False)})
    return Experiment(recipe, experiment.workspace, Silence())


def _figures(experiment: Experiment) -> dict[str, Any]:
    """Return the figures on the test photos and on photos of halls, at both thresholds."""
    evaluation = experiment.evaluate().evaluation
    threshold = evaluation.best_f1_threshold or evaluation.threshold
    alarms, quiet_alarms = _false_alarms(experiment, (threshold, evaluation.threshold))
    large = evaluate_at(experiment, evaluation.threshold, LEAST_PX)
    at_best_f1 = evaluate_at(experiment, threshold).overall
    return {
        "image_size": evaluation.image_size,
        "n_images": evaluation.num_images,
        "n_boxes": evaluation.overall.num_boxes,
        "precision": at_best_f1.precision,
        "recall": at_best_f1.recall,
        "f1": at_best_f1.f1,
        "quiet_precision": evaluation.overall.precision,
        "quiet_recall": evaluation.overall.recall,
        "quiet_f1": evaluation.overall.f1,
        "map50": evaluation.overall.ap50,
        "map50_95": evaluation.overall.ap50_95,
        "agnostic_ap50": evaluation.class_agnostic_ap50,
        "large_map50": large.overall.ap50,
        "n_large": large.overall.num_boxes,
        "interval_map50": asdict(evaluation.intervals["map50"]) if "map50" in evaluation.intervals else None,
        "threshold": threshold,
        "quiet_threshold": evaluation.threshold,
        "false_alarms": float(np.mean(alarms)) if alarms else None,
        "quiet_false_alarms": float(np.mean(quiet_alarms)) if quiet_alarms else None,
        "n_empty": len(alarms),
    }


def _false_alarms(experiment: Experiment, thresholds: Sequence[float]) -> list[list[int]]:
    """Return for each threshold how many detections each photo of a hall without parts has."""
    found = detect_on(experiment, halls())
    return [[int((one.scores >= threshold).sum()) for one in found] for threshold in thresholds]


def _cost(experiment: Experiment) -> dict[str, Any]:
    """Return what it took to train the verifier."""
    verification = experiment.graph.verification
    assert verification is not None
    manifest = read_json(experiment.workspace.stage_dir(verification.name, verification.key) / "manifest.json")
    return {"verify_seconds": manifest["seconds"], "lessons": manifest["counts"]}


def _network(experiment: Experiment) -> dict[str, Any]:
    """Return what the figures rest on besides the recipe: the precision of the training, and versions."""
    described = read_json(experiment.train().checkpoint.path / "model.json")
    return {name: described[name] for name in ("precision", "versions")}


def _recipe(cell: Cell, arguments: argparse.Namespace) -> Recipe:
    """Seeds re-draw the photos and the training; the renders of a recipe are made once."""
    path = recipe_path(cell.set_name)
    base, learns = read_recipe(path, []), cell.recipe.endswith("empties")
    settings = [
        *RECIPES[cell.recipe],
        *(CROPS[cell.set_name] if cell.recipe.endswith("crops") else ()),
        *_amount(cell, base),
        *([f"dataset.seed={cell.seed}"] if cell.photos else []),  # CAD alone is the first of two stages too
        *settings_of(cell.seed, arguments),
        f"dataset.photos_per_class={'all' if cell.photos == ALL else cell.photos}",
        f"dataset.photo_repeat={_repeat(cell)}",
        f'report.title="{cell.set_name}: {cell.recipe} recipe, {cell.photos} photos per class, seed {cell.seed}"',
        *room_settings(base.photos.validation, arguments.out, among=learns, behind=learns),
        f'evaluate.operate_at="false_alarms {QUIET}"',
        *arguments.settings,
    ]
    return read_recipe(path, settings)


def _amount(cell: Cell, base: Recipe) -> Sequence[str]:
    """Other numbers of renders are shown in so many epochs that all pictures shown in a training are as many as before."""
    if not cell.renders:
        return ()
    train = base.train
    epochs = max(2, round(train.epochs * base.render.count / cell.renders))
    close_mosaic = max(1, round(train.augment.close_mosaic * epochs / train.epochs))
    warmup = train.warmup_epochs * epochs / train.epochs  # whole epochs would be half of a training of two
    return (
        f"render.count={cell.renders}",
        f"train.epochs={epochs}",
        f"train.augment.close_mosaic={close_mosaic}",
        f"train.warmup_epochs={warmup:.3f}",
    )


def _repeat(cell: Cell) -> int:
    if not _is_of_photos_alone(cell.recipe):
        return 4 if 0 < cell.photos < ALL else 1
    num_photos = {"microcontrollers": 4, "megabloks": 4, "bolts_washers": 1, "frc_gear": 1}[cell.set_name] * min(
        cell.photos, 15
    )
    return max(1, round(PICTURES_PER_EPOCH / num_photos))


def _table(rows: Sequence[dict[str, Any]], skipped: Sequence[dict[str, Any]] = ()) -> str:
    """Return two tables with a line for each recipe: figures without a threshold, and those at two thresholds."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        cell = row["cell"]
        key = (cell["set_name"], cell["photos"], cell["recipe"], cell["renders"])
        groups.setdefault(key, []).append(row)
    for (set_name, photos, recipe, renders), group in list(groups.items()):
        alone = [{**row, **row["alone"]} for row in group if row.get("alone")]
        if alone:
            groups[set_name, photos, f"{recipe}, detector alone", renders] = alone
    ordered = sorted(groups.items())
    names = "set | recipe | renders | photos/class | seeds | test photos / boxes"
    without = (
        f"| {names} | input (px) | mAP50 (95 % over seeds) | mAP50-95 | agnostic AP50 | "
        f"mAP50 of parts ≥ {LEAST_PX} px (boxes) | minutes a training |"
    )
    at = f"| {names} | best F1: P | R | F1 | false alarms per empty photo (n) | quiet: P | R | F1 | false alarms |"
    lines = [
        *head(without), *(_line(key, group, _without_threshold(group)) for key, group in ordered), "",
        *head(at), *(_line(key, group, _at_thresholds(group)) for key, group in ordered),
        *_opinions(ordered, names),
    ]  # fmt: skip
    told = [f"- {row['cell']}: {row['skipped']}" for row in skipped]
    return "\n".join(lines + (["", *told] if told else [])) + "\n"


def _opinions(ordered: Sequence[tuple[tuple[Any, ...], list[dict[str, Any]]]], names: str) -> list[str]:
    """Return a table of what the second opinion changed at the threshold that the recipe takes, and what it cost."""
    lines = [
        _line(key, group, _opinion(group))
        for key, group in ordered
        if "alone" not in key[2] and all(row.get("second_opinion") for row in group)
    ]
    titles = (
        f"| {names} | right: without → with | won, lost | wrong names | false on test photos | seconds of training it |"
    )
    return ["", *head(titles), *lines] if lines else []


def _opinion(group: Sequence[dict[str, Any]]) -> list[str]:
    opinions = [row["second_opinion"] for row in group]
    changes = [
        " → ".join(f"{mean_of([one[side] for one in opinions], name):.1f}" for side in ("before", "after"))
        for name in ("num_right", "num_misnamed", "num_false")
    ]
    moved = ", ".join(f"{mean_of(opinions, name):.1f}" for name in ("num_won", "num_lost"))
    return [changes[0], moved, *changes[1:], f"{mean_of(opinions, 'verify_seconds'):.0f}"]


def _line(key: tuple[Any, ...], group: Sequence[dict[str, Any]], figures: Sequence[str]) -> str:
    set_name, photos, recipe, renders = key
    amount = "none" if _is_of_photos_alone(recipe) else renders or "set's"
    counts = f"{group[0]['n_images']} / {group[0]['n_boxes']}"
    names = (set_name, recipe, amount, "all" if photos == ALL else photos, len(group), counts)
    return "| " + " | ".join([*map(str, names), *figures]) + " |"


def _without_threshold(group: Sequence[dict[str, Any]]) -> list[str]:
    large = f"{interval([row['large_map50'] for row in group])} ({group[0]['n_large']})"
    means = [f"{mean_of(group, name):.3f}" for name in ("map50_95", "agnostic_ap50")]
    sizes = ", ".join(sorted({str(row.get("image_size", "–")) for row in group}))
    return [
        sizes,
        interval([row["map50"] for row in group]),
        *means,
        large,
        f"{mean_of(group, 'train_seconds') / 60:.1f}",
    ]


def _at_thresholds(group: Sequence[dict[str, Any]]) -> list[str]:
    n_empty = group[0]["n_empty"]
    best_f1, quiet = (
        [f"{mean_of(group, f'{which}{name}'):.3f}" for name in ("precision", "recall", "f1")]
        for which in ("", "quiet_")
    )
    alarms = f"{mean_of(group, 'false_alarms'):.2f} ({n_empty})" if n_empty else "–"
    quiet_alarms = f"{mean_of(group, 'quiet_false_alarms'):.2f}" if n_empty else "–"
    return [*best_f1, alarms, *quiet, quiet_alarms]


if __name__ == "__main__":
    main()
