"""A few small pictures with their labels on one sheet: a look at a recipe before it is run."""

from pathlib import Path

from partsight.config.recipe import Recipe
from partsight.config.sections.running.budget import BudgetSection
from partsight.pictures import read_picture
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Progress
from partsight.report.pages.contact_sheet import draw_labels, write_contact_sheet
from partsight.structures.dataset import Dataset

LONGER_SIDE_PX = 320
SAMPLES_PER_PIXEL = 8
PREVIEW = "preview.png"


def make_preview(recipe: Recipe, workspace: Workspace, progress: Progress, count: int) -> Path:
    """Draw the recipe's first pictures small and fast, and return a contact sheet of them with boxes and names.

    Scenes are those of the full run; the pictures are smaller and grainier.
    """
    render = recipe.render
    scale = min(1.0, LONGER_SIDE_PX / max(render.width, render.height))
    small = render.but(
        count=count,
        width=max(64, round(render.width * scale)),
        height=max(64, round(render.height * scale)),
        samples_per_pixel=min(render.samples_per_pixel, SAMPLES_PER_PIXEL),
    )
    # Parts as for the full pictures; a budget would choose other numbers, and remember them.
    quick = recipe.but(render=small, cad=recipe.cad_section, budget=BudgetSection())
    return write_sheet(Experiment(quick, workspace, progress).render().dataset, workspace.root / PREVIEW, count)


def write_sheet(dataset: Dataset, path: str | Path, count: int = 12) -> Path:
    """Write the first pictures of a dataset, equally large ones, with their labels as one PNG; return its path."""
    samples, names = dataset.samples[:count], dataset.class_names
    pictures = [
        draw_labels(read_picture(sample.image_path), sample.boxes_xyxy, sample.class_ids, names) for sample in samples
    ]
    captions = [
        f"{index}: {len(sample.class_ids) or 'no'} label{'' if len(sample.class_ids) == 1 else 's'}"
        for index, sample in enumerate(samples)
    ]
    write_contact_sheet(pictures, captions, Path(path))
    return Path(path)
