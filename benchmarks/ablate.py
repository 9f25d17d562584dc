"""What each ingredient of the default recipe is worth, judged by photographs that are no test photos; no test photo is opened.

    python benchmarks/ablate.py --weights PATH --sets bolts_washers --variants default physics --seeds 0 1

CAD only, no photo of a part is trained on. The validation sessions and photos of rooms choose the checkpoint; the photos of the
training sessions, which nothing else uses here, judge it. Resumable: finished stages are found, finished rows are kept in
rows.json. Prints mean and 95 % interval over seeds (Student's t). Seeds re-draw the training; the renders of a variant are made
once. Trainings run side by side, one core each, which brings more than one training on all cores.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from alarms import detect_on, room_settings, validation_rooms
from large_parts import evaluate_at
from tables import head, interval, machine, mean_of
from trainings import Rows, make_dataset, parser_of, recipe_path, settings_of, side_by_side

from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.evaluate.figures.thresholds import quiet_threshold
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence
from partsight.structures.detections import Detections

HERE = Path(__file__).resolve().parent
RATES = (1.0, 0.1)
"""False alarms per photo of a room at which recall is told."""
VARIANTS: dict[str, tuple[str, ...]] = {
    "default": (),
    "physics": ("randomize.scatter.physics.enabled=true",),
    "draft": ("render.renderer=pyvista",),
    "less grain": ("render.samples_per_pixel=48",),
    "denoised": ("render.denoise=true",),
    "quiet sensor": ("randomize.sensor.shot_noise=[0,0.01]", "randomize.sensor.read_noise=[0,0.003]"),
    "denoised, quiet sensor": (
        "render.denoise=true",
        "randomize.sensor.shot_noise=[0,0.01]",
        "randomize.sensor.read_noise=[0,0.003]",
    ),
    "one light": ("randomize.light.vary=false",),
    "CAD colors": ("randomize.materials.vary=false",),
    "no textures": ("randomize.materials.texture_share=0",),
    "plain ground": ("randomize.background.vary=false",),
    "no distractors": ("randomize.distractors.per_image=[0,0]",),
    "no camera model": ("randomize.sensor.vary=false",),
    "no empties": ("randomize.scatter.empty_share=0",),
    "no scale matching": ("randomize.camera.object_size=[0.06,0.75]",),  # the default, whatever the recipe states
    "scale of photos": ("randomize.camera.object_size=photos",),
    "up to 4 parts": ("randomize.scatter.parts_per_image=[1,4]",),
    "2 to 10 parts": ("randomize.scatter.parts_per_image=[2,10]",),
    "3 to 20 parts": ("randomize.scatter.parts_per_image=[3,20]",),
    "one part": ("randomize.scatter.parts_per_image=[1,1]",),
    "never floating": ("randomize.scatter.float_share=0",),
    "worn": ("randomize.wear.share=0.6",),
    "halls": ("randomize.light.hall_share=0.7",),
    "workshop surfaces": ("randomize.background.workshop_share=0.75",),
    "workshop": (
        "randomize.wear.share=0.6",
        "randomize.light.hall_share=0.7",
        "randomize.background.workshop_share=0.75",
        "randomize.distractors.tool_share=0.4",
    ),
    "any colors": ("randomize.materials.keep_colors=0",),
    "colors kept": ("randomize.materials.keep_colors=1",),
    "frozen backbone": ("train.freeze=10",),
    "input as trained": ("evaluate.input_scales=[1.0]",),
    "input 1.25 times": ("evaluate.input_scales=[1.25]",),
    "input 1.5 times": ("evaluate.input_scales=[1.5]",),
    "slow": ("train.learning_rate=0.0003",),
    "no mosaic": ("train.augment.mosaic=0",),
    "many, grainy": (
        "render.samples_per_pixel=4",
        "render.count=1600",
        "train.epochs=3",
        "train.augment.close_mosaic=1",
    ),
    "half mosaic": ("train.augment.close_mosaic=6",),
    "few other colors": ("randomize.materials.recolor_share=0.1",),
    "rooms": (),  # 19 photos without parts among the renders
    "rooms behind": (),  # the same photos behind and below the parts
    "rooms among and behind": (),
    "busy": (
        "randomize.distractors.per_image=[0,16]",
        "randomize.distractors.tool_share=0.3",
        "randomize.scatter.empty_share=0.25",
    ),
    "plain distractors": ("randomize.distractors.assembly_share=0",),
    "half other colors": ("randomize.materials.recolor_share=0.5",),
    "most other colors": ("randomize.materials.recolor_share=0.9",),
    "crops": ("train.crop=0.5",),
    "strong colors": ("train.augment.hsv=[0.1,0.9,0.6]",),
}
AMONG = ("rooms", "rooms among and behind")
BEHIND = ("rooms behind", "rooms among and behind")
"""Variants in which photos of rooms are shown among the renders, and behind the parts."""
SWAPPED = ("megabloks",)
"""Sets whose training sessions choose and whose validation sessions judge: the bricks' show groups, those of training single ones."""


@dataclass(frozen=True)
class Cell:
    """One training."""

    set_name: str
    variant: str
    seed: int


def main() -> None:
    arguments = parse()
    cells = [
        Cell(name, variant, seed)
        for seed in arguments.seeds for variant in arguments.variants for name in arguments.sets
    ]  # fmt: skip
    rows = Rows(arguments.out / "rows.json", arguments)
    left = rows.left(cells)
    make_datasets(left, arguments)
    for row in side_by_side(run, left, arguments):
        rows.add(row)
        print(row["cell"], f"{row['map50']:.3f} in {row['seconds']:.0f} s", flush=True)
    print(machine())
    print(table(rows.own, cells))


def parse() -> argparse.Namespace:
    parser = parser_of(__doc__, HERE / "results" / "ablate", ["microcontrollers", "bolts_washers"])
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    return parser.parse_args()


def make_datasets(cells: list[Cell], arguments: argparse.Namespace) -> None:
    """Make what the trainings share beforehand, on all cores."""
    for cell in cells:
        print(f"{cell.set_name}: dataset of {cell.variant}, seed {cell.seed}", flush=True)
        make_dataset(recipe_of(cell, arguments), arguments.out / cell.set_name)


def run(cell: Cell, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train and judge."""
    experiment = Experiment(recipe_of(cell, arguments), Workspace(arguments.out / cell.set_name), Silence())
    return {"cell": asdict(cell), **figures_of(experiment, RATES)}


def figures_of(experiment: Experiment, rates: Sequence[float]) -> dict[str, Any]:
    """Return the figures of a row, recall at so many false alarms per validation photo of a room among them."""
    evaluation = experiment.evaluate().evaluation
    on_rooms = detect_on(experiment, validation_rooms())
    return {
        "n_images": evaluation.num_images,
        "n_boxes": evaluation.overall.num_boxes,
        "map50": evaluation.overall.ap50,
        "map50_95": evaluation.overall.ap50_95,
        "agnostic_ap50": evaluation.class_agnostic_ap50,
        **{f"recall_at_{rate}": recall_at(rate, experiment, on_rooms) for rate in rates},
        "seconds": experiment.train().seconds,
    }


def recall_at(rate: float, experiment: Experiment, on_rooms: Sequence[Detections]) -> float:
    """Return recall at the threshold with so many false alarms per validation photo of a room (a point of the FROC curve)."""
    return evaluate_at(experiment, quiet_threshold(on_rooms, rate)).overall.recall


def recipe_of(cell: Cell, arguments: argparse.Namespace) -> Recipe:
    """Return the set's recipe with its training sessions in the place of the test's, without training photos of parts."""
    path = recipe_path(cell.set_name)
    photos = read_recipe(path, []).photos
    choose, judge = photos.validation, photos.train
    if cell.set_name in SWAPPED:
        choose, judge = judge, choose
    settings = [
        f"photos.test={list(judge)}", "photos.train=[]", *VARIANTS[cell.variant], f"dataset.seed={cell.seed}",
        *settings_of(cell.seed, arguments),
        *room_settings(choose, arguments.out, among=cell.variant in AMONG, behind=cell.variant in BEHIND),
        *arguments.settings,
    ]  # fmt: skip
    return read_recipe(path, settings)


def table(rows: Sequence[Mapping[str, Any]], cells: Sequence[Cell]) -> str:
    """Return means and intervals, a line for each set and variant of the cells; differences are of trainings with the same seed."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["cell"]["seed"]):
        if Cell(**row["cell"]) not in cells:
            continue
        groups.setdefault((row["cell"]["set_name"], row["cell"]["variant"]), []).append(row)
    map50s = {Cell(**row["cell"]): row["map50"] for row in rows}
    recalls = " | ".join(f"recall at {rate} false alarms per room" for rate in RATES)
    titles = f"| set | variant | seeds | photos / boxes | mAP50 | each seed | against default | mAP50-95 | agnostic AP50 | {recalls} |"
    lines = [*head(titles)]
    for (name, variant), group in sorted(groups.items(), key=lambda item: item[0][0]):
        each = ", ".join(f"{row['map50']:.3f}" for row in group)
        counts = f"{group[0]['n_images']} / {group[0]['n_boxes']}"
        names = ("map50_95", "agnostic_ap50", *(f"recall_at_{rate}" for rate in RATES))
        means = " | ".join(f"{mean_of(group, name):.3f}" for name in names)
        map50 = interval([row["map50"] for row in group])
        pairs = [(row["map50"], map50s.get(Cell(name, "default", row["cell"]["seed"]))) for row in group]
        differences = [found - usual for found, usual in pairs if usual is not None]
        against = interval(differences) if differences and variant != "default" else "–"
        lines.append(f"| {name} | {variant} | {len(group)} | {counts} | {map50} | {each} | {against} | {means} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
