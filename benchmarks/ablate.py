"""What each ingredient of the default recipe is worth, judged by validation photographs alone; no test photo is opened.

    python benchmarks/ablate.py --weights PATH --sets bolts_washers --variants default physics --seeds 0 1

CAD only, no photo is trained on. Resumable: finished stages are found. Prints the best epoch's mAP50 on the validation sessions, mean
and range over seeds. Seeds re-draw the training; the renders of a variant are made once.
"""

import argparse
import dataclasses
import platform
from pathlib import Path
from statistics import mean

from rich.console import Console

from partsight.cli.progress import TerminalProgress
from partsight.config.loading import read_recipe
from partsight.pipeline.executors import num_cores
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.workspace import Workspace

HERE = Path(__file__).resolve().parent
VARIANTS: dict[str, tuple[str, ...]] = {
    "default": (),
    "physics": ("randomize.scatter.physics=true",),
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
    "slow": ("train.learning_rate=0.0003",),
    "no mosaic": ("train.mosaic=0",),
    "strong colors": ("train.hsv=[0.1,0.9,0.6]",),
}


@dataclasses.dataclass(frozen=True)
class Row:
    """One variant on one set."""

    set_name: str
    variant: str
    map50: tuple[float, ...]
    num_images: int
    num_boxes: int


def main() -> None:
    arguments = parse()
    rows = [run(name, variant, arguments) for name in arguments.sets for variant in arguments.variants]
    print(f"{platform.platform()}, {num_cores()} cores, Python {platform.python_version()}")
    print("| set | variant | seeds | validation photos / boxes | validation mAP50 | each seed |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        each = ", ".join(f"{value:.3f}" for value in row.map50)
        counts = f"{row.num_images} / {row.num_boxes}"
        print(f"| {row.set_name} | {row.variant} | {len(row.map50)} | {counts} | {mean(row.map50):.3f} | {each} |")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="scratch", help="pretrained weights file to start from")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "ablate")
    parser.add_argument("--sets", nargs="+", default=["microcontrollers", "bolts_washers"])
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--set", dest="settings", action="append", default=[], help="change one recipe key everywhere")
    return parser.parse_args()


def run(set_name: str, variant: str, arguments: argparse.Namespace) -> Row:
    best = []
    for seed in arguments.seeds:
        settings = [
            *VARIANTS[variant], f"dataset.seed={seed}", f"train.seed={seed}", "dataset.photos_per_class=0",
            f'train.weights="{arguments.weights}"', *arguments.settings,
        ]  # fmt: skip
        recipe = read_recipe(HERE / "real" / f"{set_name}.toml", settings)
        console = Console()
        console.print(f"[bold]{set_name}: {variant}, seed {seed}[/]", highlight=False)
        experiment = Experiment(recipe, Workspace(arguments.out / set_name), TerminalProgress(console))
        best.append(max(map50_of(figures) for figures in experiment.trained.history))
        samples = experiment.dataset.splits.validation.samples
    return Row(set_name, variant, tuple(best), len(samples), sum(len(sample.class_ids) for sample in samples))


def map50_of(figures: object) -> float:
    assert isinstance(figures, dict)
    return next(float(value) for name, value in figures.items() if "map50" in name.lower() and "95" not in name)


if __name__ == "__main__":
    main()
