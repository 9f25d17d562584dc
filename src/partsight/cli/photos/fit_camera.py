"""`partsight photos fit-camera`: the camera's traces, measured on photos, as ranges of the recipe."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from partsight.cli.console import open_console
from partsight.cli.options import RecipeOption, SetOption


def fit_camera(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Pictures to measure. Without: the recipe's photos of training and validation."),
    ] = None,
    recipe: RecipeOption = Path("recipe.toml"),
    settings: SetOption = None,
    write: Annotated[bool, typer.Option("--write", help="Put the ranges into the recipe; its comments stay.")] = False,
) -> None:
    """Measure noise, blur, white balance and compression of photos, and propose `randomize.sensor`. Test photos choose nothing."""
    from partsight.config.loading import read_recipe
    from partsight.pipeline.photos import fit_camera as photo_fit

    console = open_console()
    read = read_recipe(recipe, settings or [])
    fit = photo_fit.fit_camera(read, folder)
    table = Table("randomize.sensor", "recipe", "photos", "told by", box=SIMPLE_HEAD)
    for one in fit.ranges:
        low, high = photo_fit.current_range(read.randomize.sensor, one.key)
        table.add_row(one.key, f"{low:g} … {high:g}", f"{one.low:g} … {one.high:g}", f"{one.num_photos} photos")
    console.print(f"{fit.num_photos} photos measured")
    for told in fit.unreadable:
        console.print(f"passed over: {told}", soft_wrap=True)
    console.print(table)
    if fit.untold:
        console.print(f"not told by enough photos, left as it is: {', '.join(fit.untold)}")
    console.print(photo_fit.as_toml(fit.ranges), soft_wrap=True)
    if write:
        photo_fit.write_ranges(recipe, fit.ranges)
        console.print(f"written into {recipe}", soft_wrap=True)
