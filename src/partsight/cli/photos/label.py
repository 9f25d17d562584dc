"""`partsight photos label`: the page in the browser on which photos are labeled."""

import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from partsight.cli.console import open_console
from partsight.cli.options import OutOption, PhotosOption, RecipeOption

if TYPE_CHECKING:
    from partsight.config.recipe import Recipe


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
    from partsight.config.sections.photos import PhotosSection
    from partsight.pipeline.photo_folders import photos_folder
    from partsight.pipeline.photos.label import LabelJob, serve_labeling
    from partsight.pipeline.running.workspace import Workspace

    console = open_console()
    known = _known_recipe(recipe)
    names = tuple(name.strip() for name in classes.split(",") if name.strip()) or (known.class_names if known else ())
    section = known.photos if known else PhotosSection()
    workspace = None if no_detector else Workspace(out or recipe.parent / "runs")

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    def tell(link: str, known: Sequence[str]) -> None:
        say(f"classes: {', '.join(known)}")
        say(f"labeling page: {link}")
        if not no_open:
            webbrowser.open(link)

    folder = photos_folder(photos, recipe)
    serve_labeling(LabelJob(folder, names, workspace, port, section.session_pattern), tell, say)


def _known_recipe(recipe: Path) -> "Recipe | None":
    """Return the recipe; none where there is no file, since the folder may know its classes."""
    from partsight.config.loading import read_recipe

    return read_recipe(recipe, []) if recipe.is_file() else None
