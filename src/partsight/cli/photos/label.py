"""`partsight photos label`: the page in the browser on which photos are labeled."""

import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import open_console
from partsight.cli.options import OutOption, PhotosOption, RecipeOption


def label_photos(
    photos: PhotosOption = None,
    recipe: RecipeOption = Path("recipe.toml"),
    out: OutOption = None,
    classes: Annotated[
        str, typer.Option("--classes", help="Classes with commas between; else those of recipe and folder.")
    ] = "",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the link without opening a browser.")] = False,
    no_detector: Annotated[bool, typer.Option("--no-detector", help="Let no trained detector propose boxes.")] = False,
) -> None:
    """Draw and correct boxes in the browser; the server is on this machine only. Stop with Ctrl+C: all is saved."""
    from partsight.pipeline.photo_folders import photos_folder
    from partsight.pipeline.photos.label import LabelJob, serve_labeling
    from partsight.pipeline.running.workspace import Workspace

    console = open_console()
    names = tuple(name.strip() for name in classes.split(",") if name.strip()) or _recipe_classes(recipe)
    workspace = None if no_detector else Workspace(out or recipe.parent / "runs")

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    def tell(link: str, known: Sequence[str]) -> None:
        say(f"classes: {', '.join(known)}")
        say(f"labeling page: {link}")
        if not no_open:
            webbrowser.open(link)

    serve_labeling(LabelJob(photos_folder(photos, recipe), names, workspace, port), tell, say)


def _recipe_classes(recipe: Path) -> tuple[str, ...]:
    """Return the recipe's classes; none without a recipe, since the folder may know them."""
    from partsight.config.loading import read_recipe

    return read_recipe(recipe, []).class_names if recipe.is_file() else ()
