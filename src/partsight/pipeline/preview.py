"""A few small pictures with their labels on one sheet: a look at a recipe before it is run."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from partsight.annotate.annotating import annotate_traced
from partsight.config.recipe import Recipe
from partsight.config.sections.render import RenderSection
from partsight.config.sections.running.budget import BudgetSection
from partsight.pictures import jpeg_bytes, read_picture
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.cad.stage import PartsOutput, load_parts
from partsight.pipeline.stages.render.scene_choice import choose_scene
from partsight.progress import Progress, Silence
from partsight.randomize.sampler import SceneSampler, open_sampler
from partsight.render.renderer import Renderer, draw_scene, open_renderer
from partsight.render.sensor import expose
from partsight.report.pages.contact_sheet import draw_labels, write_contact_sheet
from partsight.structures.dataset import Dataset
from partsight.structures.world.part import Part

LONGER_SIDE_PX = 320
SAMPLES_PER_PIXEL = 8
DRAFT_PX, DRAFT_SAMPLES = 256, 4
_DRAFT_QUALITY = 88
PREVIEW = "preview.png"


def make_preview(recipe: Recipe, workspace: Workspace, progress: Progress, count: int) -> Path:
    """Draw the recipe's first pictures small and fast, and return a contact sheet of them with boxes and names.

    Scenes are those of the full run; the pictures are smaller and grainier.
    """
    small = _small(recipe, LONGER_SIDE_PX, SAMPLES_PER_PIXEL).but(count=count)
    # Parts as for the full pictures; a budget would choose other numbers, and remember them.
    quick = recipe.but(render=small, cad=recipe.cad_section, budget=BudgetSection())
    return write_sheet(Experiment(quick, workspace, progress).render().dataset, workspace.root / PREVIEW, count)


@dataclass(frozen=True, slots=True)
class DraftPicture:
    """One small picture of a recipe, with its labels."""

    jpeg: bytes
    size_wh: tuple[int, int]
    boxes_xyxy: tuple[tuple[float, float, float, float], ...]
    names: tuple[str, ...]
    """The class of each box."""


def draw_draft(recipe: Recipe, workspace: Workspace, index: int) -> DraftPicture:
    """Draw one of the recipe's scenes as a draft: by the rasterizer where it is installed, else with few paths.

    Nothing is kept on disk but the imported parts; parts and renderer stay in memory for the next picture of the same recipe.
    Raises CadError, RenderError, SceneError.
    """
    return _open_drafts(recipe, workspace)(index)


@functools.lru_cache(maxsize=2)
def _open_drafts(recipe: Recipe, workspace: Workspace) -> Callable[[int], DraftPicture]:
    small = _small(recipe, DRAFT_PX, DRAFT_SAMPLES)
    found = Experiment(recipe.but(cad=recipe.cad_section), workspace, Silence()).import_parts()
    parts, others = _loaded(found)
    size_wh, class_names = (small.width, small.height), recipe.class_names
    class_ids = {name: class_id for class_id, name in enumerate(class_names)}
    renderer = _open_renderer(_drawing(small))

    @functools.cache
    def sampler_of(seed: int) -> SceneSampler:
        return open_sampler(recipe.randomize, parts, size_wh, seed, others)

    def draw(index: int) -> DraftPicture:
        traced = choose_scene(sampler_of, recipe.seed, index, recipe.randomize.max_occlusion)
        labels = annotate_traced(traced, recipe.annotate, class_ids).objects
        image = expose(draw_scene(renderer, traced.scene), traced.scene.sensor)
        boxes = tuple(
            (float(x0), float(y0), float(x1), float(y1)) for x0, y0, x1, y1 in (one.box_xyxy for one in labels)
        )
        return DraftPicture(
            jpeg_bytes(image, _DRAFT_QUALITY), size_wh, boxes, tuple(class_names[one.class_id] for one in labels)
        )

    return draw


def _drawing(small: RenderSection) -> RenderSection:
    """Return what a draft's renderer depends on: the number and the seed of pictures, say, are nothing to it."""
    if find_spec("pyvista") is None:
        return small.but(count=1)
    return RenderSection(renderer="pyvista")


@functools.lru_cache(maxsize=1)
def _open_renderer(section: RenderSection) -> Renderer:
    """Open a renderer, which stays open: opening a window and translating its shaders takes longer than nine drafts."""
    return open_renderer(section, 1)


def _loaded(found: PartsOutput) -> tuple[dict[str, tuple[Part, ...]], tuple[Part, ...]]:
    return load_parts(found.folder, found.files), load_parts(found.folder, {"": found.others})[""]


def _small(recipe: Recipe, longer_px: int, samples: int) -> RenderSection:
    render = recipe.render
    scale = min(1.0, longer_px / max(render.width, render.height))
    return render.but(
        width=max(64, round(render.width * scale)),
        height=max(64, round(render.height * scale)),
        samples_per_pixel=min(render.samples_per_pixel, samples),
    )


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
