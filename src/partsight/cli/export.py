"""`partsight export`: the finished detector as a folder that runs without torch."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from partsight.cli.console import open_console
from partsight.cli.options import RecipeOption, SetOption
from partsight.cli.show.progress import TerminalProgress

if TYPE_CHECKING:
    from partsight.deploy.description import ModelDescription, Parity


def export(
    recipe: RecipeOption = Path("recipe.toml"),
    settings: SetOption = None,
    to: Annotated[
        list[str] | None, typer.Option("--to", help="onnx (always), openvino, tensorrt, ncnn, coreml. May be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The model folder; 'model' beside the recipe.")] = None,
    pictures: Annotated[
        Path | None,
        typer.Option("--pictures", help="Compare on this folder's pictures instead of validation pictures."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", min=0, max=1, help="Score from which detections count; else the recipe's rule chooses."
        ),
    ] = None,
    runs: Annotated[
        Path | None, typer.Option("--runs", help="Folder of the finished stages; 'runs' beside the recipe.")
    ] = None,
) -> None:
    """Export the detector into a model folder, compared with its checkpoint and timed on this machine."""
    from partsight.config.loading import read_recipe
    from partsight.pipeline.delivery.export import ExportPlan, export_model
    from partsight.pipeline.experiment import Experiment
    from partsight.pipeline.running.workspace import Workspace

    console = open_console()
    workspace = Workspace(runs or recipe.parent / "runs")
    experiment = Experiment(read_recipe(recipe, settings or []), workspace, TerminalProgress(console))
    targets = tuple(name.strip().lower() for given in to or [] for name in given.split(","))
    folder = out or recipe.parent / "model"
    description = export_model(experiment, ExportPlan(targets, folder, pictures, threshold))
    for parity in description.parity:
        console.print(_agreement(parity), soft_wrap=True)
    console.print(_speed_table(description))
    console.print(f"timed on {description.machine}")
    console.print(_threshold(description), soft_wrap=True)
    console.print(f"model {folder}", soft_wrap=True)


def _threshold(description: "ModelDescription") -> str:
    own = zip(description.class_names, description.class_thresholds, strict=False)
    scores = ", ".join(f"{name} {limit:.3f}" for name, limit in own) or f"{description.threshold:.3f}"
    return f"threshold {scores}, {description.threshold_source}"


def _agreement(parity: "Parity") -> str:
    if parity.num_boxes == 0:
        return (
            f"{parity.network}: neither it nor the checkpoint finds anything on {parity.num_pictures} {parity.pictures}"
        )
    least, largest = parity.least_iou or 0.0, parity.largest_score_difference or 0.0
    parts = [
        f"{parity.network}: agrees with the checkpoint on {parity.num_pictures} {parity.pictures}: {parity.num_boxes} boxes",
        f"overlap at least {least:.4f}",
        f"scores differ by at most {largest:.1g}",
        f"{parity.num_unmatched} without partner",
    ]
    if parity.least_mask_iou is not None:
        parts.append(f"masks overlap at least {parity.least_mask_iou:.4f}")
    if parity.map50_checkpoint is not None and parity.map50_exported is not None:
        parts.append(f"mAP50 {parity.map50_checkpoint:.4f} and {parity.map50_exported:.4f}")
    return ", ".join(parts)


def _speed_table(description: "ModelDescription") -> Table:
    table = Table("runtime", "threads", "input", "picture", "ms", "per second", "MB", box=SIMPLE_HEAD)
    for row in description.speed:
        network = description.networks.get(row.runtime)
        size = f"{network.bytes / 1e6:.1f}" if network else ""
        cells = (row.runtime, str(row.threads), str(row.image_size), row.picture, f"{row.median_ms:.1f}")
        table.add_row(*cells, f"{1000 / row.median_ms:.1f}", size)
    return table
