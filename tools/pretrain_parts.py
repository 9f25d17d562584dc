"""Trains the weights that fine-tuning to CAD parts starts from: generated parts → our own renders → the compact detector.

    python tools/pretrain_parts.py runs/pretrain --shapes 100 --count 3600 --epochs 30

Every step is taken up again after a kill: run the same command. More pictures or shapes are asked for by the same command with
larger numbers. Writes `nano_parts.safetensors` (16 bits, below 2 MB) and `nano_parts.md`, its model card, into the folder.
No foreign CAD, picture or weight goes in.
"""

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from procedural_parts import KINDS, generate_part
from rich.console import Console

from partsight.cad.storage import save_part
from partsight.cli.show.progress import TerminalProgress
from partsight.config.recipe import Recipe
from partsight.detector.families.compact.weights import read_model, write_weights
from partsight.files import write_text
from partsight.pipeline.running.run import Run
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.cad.stage import CadManifest, PartsOutput
from partsight.pipeline.stages.dataset.photo_splits import read_splits
from partsight.pipeline.stages.dataset.stage import DatasetOutput, DatasetStage
from partsight.pipeline.stages.render.stage import RenderStage, choose_variant
from partsight.pipeline.stages.train.stage import TrainOutput, TrainStage
from partsight.progress import Progress

GENERATOR = 1
"""Raised when the same seed makes other parts than before."""
SIZES_M = (0.08, 0.25)
"""Smallest and largest diagonal of a part: near enough that two in one picture are both seen."""
NAME = "nano_parts"


@dataclass(frozen=True)
class Plan:
    """What is to be made."""

    folder: Path
    shapes: int
    """Different shapes of each kind."""
    recipe: Recipe


@dataclass(frozen=True)
class GeneratedParts(Stage[CadManifest, PartsOutput]):
    """Generated parts, all kinds alike; those that are there stay."""

    plan: Plan

    name, version, manifest_type, unit = "cad", 1, CadManifest, "part"

    def inputs(self) -> Mapping[str, Any]:
        """Return what the generator depends on."""
        plan = self.plan
        return {"generator": GENERATOR, "shapes": plan.shapes, "seed": plan.recipe.seed, "sizes_m": SIZES_M}

    @property
    def upstream(self) -> tuple[()]:
        """Nothing."""
        return ()

    @property
    def num_units(self) -> int:
        """Parts."""
        return len(KINDS) * self.plan.shapes

    def make(self, run: Resolver, folder: Path) -> CadManifest:
        """Write the parts that are still missing."""
        shapes, seed = self.plan.shapes, self.plan.recipe.seed
        files = {kind: tuple(f"{kind}-{number:04d}.npz" for number in range(shapes)) for kind in KINDS}
        with run.progress.stage("shapes", self.num_units, "parts") as advance:
            for done, (kind, number) in enumerate((kind, number) for kind in KINDS for number in range(shapes)):
                path = folder / files[kind][number]
                if not path.exists():
                    size_m = math.exp(np.random.default_rng([seed, number]).uniform(*np.log(SIZES_M)))
                    save_part(generate_part(kind, seed * 100_000 + number, size_m), path)
                advance(done + 1, kind)
        return CadManifest(files=files)

    def load(self, run: Resolver, folder: Path, manifest: CadManifest) -> PartsOutput:
        """Return where the parts lie."""
        del run
        return PartsOutput(self.key, folder, manifest.files, manifest.seconds)


def make_weights(plan: Plan, progress: Progress) -> Path:
    """Generate, render, train, write; return the weights' path."""
    trained = Run(plan.recipe, Workspace(plan.folder), progress).resolve(TrainStage(plan.recipe, dataset_of(plan)))
    network, _ = read_model(trained.checkpoint.path)
    path = plan.folder / f"{NAME}.safetensors"
    write_weights(path, network, half=True)
    write_text(path.with_suffix(".md"), model_card(plan, trained, path.stat().st_size))
    return path


def make_pictures(plan: Plan, progress: Progress) -> DatasetOutput:
    """Generate, render, split."""
    return Run(plan.recipe, Workspace(plan.folder), progress).resolve(dataset_of(plan))


def dataset_of(plan: Plan) -> DatasetStage:
    """Return the stages from generated parts to the dataset."""
    variant = choose_variant(plan.recipe, Workspace(plan.folder))
    renders = RenderStage(plan.recipe, GeneratedParts(plan), variant)
    return DatasetStage(plan.recipe, renders, read_splits(plan.recipe))


def make_recipe(chosen: argparse.Namespace) -> Recipe:
    """Return the recipe of the pretraining. Distractors are tools only: the others look like the kinds that are to be found."""
    content: dict[str, Any] = {
        "name": "pretraining on generated parts",
        "seed": chosen.seed,
        "parts": {kind: {"files": ["generated"]} for kind in KINDS},
        "randomize": {
            "camera": {"object_size": [0.12, 0.8]},
            "scatter": {"parts_per_image": [1, 5], "empty_share": 0.03},
            "materials": {"recolor_share": 0.2},
            "wear": {"share": 0.3},
            "light": {"hall_share": 0.4},
            "background": {"workshop_share": 0.4},
            "distractors": {"per_image": [0, 3], "tool_share": 1.0},
        },
        "render": {
            "count": chosen.count, "width": chosen.size, "height": chosen.size, "samples_per_pixel": chosen.samples,
            "renderer": chosen.renderer, "workers": chosen.workers,
        },
        "dataset": {"render_validation_share": 0.04, "render_test_share": 0.04},
        "train": {
            "family": "compact", "model": "nano", "weights": "scratch", "image_size": chosen.size, "epochs": chosen.epochs,
            "batch": chosen.batch, "learning_rate": 0.004, "warmup_epochs": 1.0, "device": chosen.device, "threads": chosen.threads,
            "augment": {"mosaic": 0.7, "rotate_deg": 20.0, "close_mosaic": max(chosen.epochs // 6, 1)},
        },
    }  # fmt: skip
    return Recipe.parse(content)


def model_card(plan: Plan, trained: TrainOutput, num_bytes: int) -> str:
    """Return what is to be known about the weights."""
    recipe = plan.recipe
    best = max(trained.history, key=lambda epoch: epoch["val/mAP50-95"])
    rows: Mapping[str, object] = {
        "Network": f"compact nano (YOLOX-Nano without its objectness branch), {num_bytes / 1e6:.1f} MB, 16 bits",
        "Learned on": f"{recipe.render.count} renders of {plan.shapes * len(KINDS)} generated shapes of {len(KINDS)} kinds; "
        "no foreign CAD, picture or weight",
        "Kinds": ", ".join(KINDS),
        "Pictures": f"{recipe.render.width} px, {recipe.render.renderer}, {recipe.render.samples_per_pixel} paths per pixel",
        "Training": f"{len(trained.history)} epochs, batch {recipe.train.batch}, seed {recipe.seed}",
        "On held-out renders of the same shapes": f"mAP50 {best['val/mAP50']:.3f}, mAP50-95 {best['val/mAP50-95']:.3f}",
        "Meant for": 'a start for training on your own parts (`train.weights = "parts"`), not for use as it is',
        "License": "Apache-2.0, as Partsight",
        "Made by": "`tools/pretrain_parts.py`",
    }
    lines = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return f"# {NAME}: weights for CAD parts\n\n| | |\n|---|---|\n{lines}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Train weights for CAD parts on renders of generated parts.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shapes", type=int, default=100, help="shapes of each kind")
    parser.add_argument("--count", type=int, default=3600, help="pictures")
    parser.add_argument("--size", type=int, default=256, help="sides of the pictures, a multiple of 32")
    parser.add_argument("--samples", type=int, default=12, help="paths per pixel")
    parser.add_argument("--renderer", default="mitsuba", choices=["mitsuba", "pyvista"])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--workers", type=int, default=0, help="render workers; 0: one per core")
    parser.add_argument("--threads", type=int, default=0, help="threads of the training; 0: all cores")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--renders-only", action="store_true", help="stop before the training")
    chosen = parser.parse_args()
    console = Console()
    plan, progress = Plan(chosen.folder, chosen.shapes, make_recipe(chosen)), TerminalProgress(console)
    if chosen.renders_only:
        make_pictures(plan, progress)
        return
    path = make_weights(plan, progress)
    console.print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
