"""`partsight dataset export`: the recipe's pictures with all that is known of them, for other tools."""

from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import open_console
from partsight.cli.options import RecipeOption, SetOption
from partsight.cli.show.progress import TerminalProgress


def export_pictures(
    to: Annotated[str, typer.Option("--to", "--format", help="coco, yolo, yolo-seg, yolo-obb, yolo-pose or bop.")],
    out: Annotated[Path, typer.Option("--out", help="A new folder, or one in which this export was stopped.")],
    recipe: RecipeOption = Path("recipe.toml"),
    settings: SetOption = None,
    runs: Annotated[
        Path | None, typer.Option("--runs", help="Folder of the finished stages; 'runs' beside the recipe.")
    ] = None,
) -> None:
    """Write the recipe's pictures with masks, turned boxes, keypoints or poses for another tool."""
    from partsight.config.loading import read_recipe
    from partsight.pipeline.delivery.datasets.export import export_dataset
    from partsight.pipeline.experiment import Experiment
    from partsight.pipeline.running.workspace import Workspace

    console = open_console()
    workspace = Workspace(runs or recipe.parent / "runs")
    experiment = Experiment(read_recipe(recipe, settings or []), workspace, TerminalProgress(console))
    found = export_dataset(experiment, to.strip().lower(), out)
    console.print(f"{found.num_pictures} pictures with {found.num_labels} labels in {out}", soft_wrap=True)
    if found.num_left_out:
        console.print(
            f"left out: {found.num_left_out} photos, of which only boxes are known. `--to yolo` takes them.",
            soft_wrap=True,
        )
    if found.num_straightened:
        console.print(
            f"straightened: {found.num_straightened} pictures, because this format knows no lens. Their labels are exact.",
            soft_wrap=True,
        )
