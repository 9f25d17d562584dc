"""What a training's start is worth: the sample magnets learned from few renders, by each family and from each start.

    python benchmarks/start.py compact:scratch:0.004 compact:parts compact:yolox_nano.pth ultralytics:scratch ultralytics:yolov8n.pt

A start is family:weights[:learning rate]. Resumable: finished stages are found. Same pictures and epochs for all; one seed of the
pictures, several of the training. Figures are those of held-out renders.
"""

import argparse
from pathlib import Path
from statistics import mean

from rich.console import Console
from tables import machine

from partsight.cli.show.progress import TerminalProgress
from partsight.config.loading import read_recipe
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent / "src" / "partsight" / "samples" / "demo.toml"
MODELS = {"compact": "nano", "ultralytics": "yolov8n"}
FEW = (
    "render.count=300", "render.width=256", "render.height=256",
    "dataset.render_validation_share=0.13", "dataset.render_test_share=0.33",
    "train.image_size=160", "train.batch=8", "train.augment.close_mosaic=4", "train.augment.mosaic=1.0", "train.augment.scale=0.5",
    "train.augment.rotate_deg=10.0", "train.augment.hsv=[0.02,0.7,0.4]", "evaluate.bootstrap=100",
)  # fmt: skip


def main() -> None:
    arguments = parse()
    rows = [run(start, arguments) for start in arguments.starts]
    print(f"{machine()}, {arguments.epochs} epochs")
    print("| start | mAP50 | mAP50-95 | each seed's mAP50 | seconds |")
    print("|---|---:|---:|---|---:|")
    for start, figures in zip(arguments.starts, rows, strict=True):
        ap50, ap, seconds = zip(*figures, strict=True)
        each = ", ".join(f"{value:.3f}" for value in ap50)
        print(f"| {start} | {mean(ap50):.3f} | {mean(ap):.3f} | {each} | {mean(seconds):.0f} |")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("starts", nargs="+", help="family:weights[:learning rate]")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "start")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", dest="settings", action="append", default=[], help="change one recipe key everywhere")
    return parser.parse_args()


def run(start: str, arguments: argparse.Namespace) -> list[tuple[float, float, float]]:
    """Return mAP50, mAP50-95 and the training's seconds for each seed."""
    family, weights, rate = (*start.split(":"), "0.001")[:3]
    figures = []
    for seed in arguments.seeds:
        settings = [
            *FEW, f'train.family="{family}"', f'train.model="{MODELS[family]}"', f'train.weights="{weights}"',
            f"train.learning_rate={rate}", f"train.epochs={arguments.epochs}", f"train.seed={seed}",
            f"train.threads={arguments.threads}", *arguments.settings,
        ]  # fmt: skip
        console = Console()
        console.print(f"[bold]{start}, seed {seed}[/]", highlight=False)
        recipe = read_recipe(DEMO, settings)
        experiment = Experiment(recipe, Workspace(arguments.out), TerminalProgress(console))
        overall = experiment.evaluate().evaluation.overall
        figures.append((overall.ap50, overall.ap50_95, experiment.train().seconds))
    return figures


if __name__ == "__main__":
    main()
