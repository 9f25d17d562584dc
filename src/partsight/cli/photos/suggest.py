"""`partsight photos suggest`: which photos to take next."""

from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import open_console
from partsight.cli.options import OutOption, RecipeOption, SetOption
from partsight.cli.show.progress import TerminalProgress


def suggest_photos(
    recipe: RecipeOption = Path("recipe.toml"),
    settings: SetOption = None,
    out: OutOption = None,
    detector: Annotated[
        bool,
        typer.Option(
            "--detector", help="Also name unlabeled pictures that the detector, trained if need be, is unsure of."
        ),
    ] = False,
) -> None:
    """Say which views, sizes and light the photos lack that the renders have; writes a page with a map of the views."""
    from partsight.config.loading import read_recipe
    from partsight.pipeline.experiment import Experiment
    from partsight.pipeline.photos import suggest as photo_suggest
    from partsight.pipeline.running.workspace import Workspace

    console = open_console()
    workspace = Workspace(out or recipe.parent / "runs")
    experiment = Experiment(read_recipe(recipe, settings or []), workspace, TerminalProgress(console))
    advice = photo_suggest.suggest_photos(experiment, with_detector=detector)
    lines = [line for part in advice.parts for line in (part.remark, *(f"  take {wish}" for wish in part.sentences))]
    lines += [f"label first: {file} (doubt {100 * doubt:.0f} of 100)" for file, doubt in advice.unsure]
    for line in [*lines, f"with pictures of the missing sides: {advice.page}"]:
        console.print(line, soft_wrap=True)
