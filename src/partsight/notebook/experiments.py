"""An experiment as a notebook shows it: what its recipe asks for, and where its results lie; nothing is run."""

from typing import TYPE_CHECKING

from partsight.notebook.markup import frame, table

if TYPE_CHECKING:
    from partsight.pipeline.experiment import Experiment


def show_experiment(experiment: "Experiment") -> str:
    """Return the recipe in a few lines."""
    recipe, root = experiment.recipe, experiment.workspace.root
    train = recipe.train
    rows = [
        ("Classes", ", ".join(recipe.class_names)),
        ("Renders", f"{recipe.render.count} of {recipe.render.width} × {recipe.render.height} px"),
        (
            "Photos",
            str(recipe.photos.folder) if recipe.photos.folder else "none: figures say nothing about real photos",
        ),
        (
            "Detector",
            f"{train.family} {train.network}, {train.epochs} epochs at {train.image_size} px, from {train.weights}",
        ),
        ("Seed", str(recipe.seed)),
        ("Folder", f"{root}{'' if root.is_dir() else ' (nothing there yet)'}"),
    ]
    return frame(f"Experiment {recipe.name}", f"{len(recipe.class_names)} classes", table((), rows))
