"""How long a sweep will take, from what its stages took before in the same workspace."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from partsight.config.recipe import Recipe
from partsight.files import read_json
from partsight.pipeline.running.cluster import num_cluster_workers
from partsight.pipeline.running.stage_key import cad_key, dataset_key, render_key, train_key
from partsight.pipeline.running.workspace import Workspace, read_manifest
from partsight.pipeline.stages.camera_ranges import for_rendering
from partsight.pipeline.stages.dataset.stage import with_needed_renders
from partsight.pipeline.stages.render.shard import find_variant, label_path
from partsight.pipeline.stages.train.schedule import last_training, without_photos_of_parts
from partsight.pipeline.study.sweep import Sweep, plan_cells


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """What is left of one stage over all cells."""

    name: str
    unit: str
    num_wanted: int
    num_finished: int
    num_units_left: int
    seconds_each: float | None
    """Seconds for one unit; None where nothing like it was ever measured here."""
    source: str
    num_workers: int = 1

    @property
    def seconds_left(self) -> float | None:
        """Time still to come, spread over the workers."""
        if not self.num_units_left:
            return 0.0
        return None if self.seconds_each is None else self.num_units_left * self.seconds_each / self.num_workers


@dataclass(frozen=True, slots=True)
class SweepEstimate:
    """The stages that cost time."""

    stages: tuple[StageEstimate, ...]

    @property
    def seconds_left(self) -> float | None:
        """Time still to come, None where it cannot be known yet."""
        times = [stage.seconds_left for stage in self.stages]
        return None if None in times else sum(time for time in times if time is not None)

    @property
    def sentence(self) -> str:
        """The estimate in words."""
        left = self.seconds_left
        if left is None:
            unknown = [stage.name for stage in self.stages if stage.seconds_left is None]
            return f"How long it will take cannot be said before {' and '.join(unknown)} ran once here."
        return f"About {duration(left)} of work left."


def estimate_sweep(sweep: Sweep) -> SweepEstimate:
    """Return what is left and how long it should take. Raises RecipeError, CadError."""
    recipes = [sweep.recipe(cell) for cell in plan_cells(sweep.recipe().sweep)]
    variants = {recipe.render.model_dump_json(): recipe.render for recipe in recipes}
    drawn_by = {key: find_variant(section) for key, section in variants.items()}
    keyed = [
        (recipe, render_key(for_rendering(recipe), cad_key(recipe), drawn_by[recipe.render.model_dump_json()]))
        for recipe in recipes
    ]
    return SweepEstimate((_renders(sweep.workspace, keyed), _trainings(sweep.workspace, keyed)))


def duration(seconds: float) -> str:
    """Return a time in words, as in `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _renders(workspace: Workspace, keyed: list[tuple[Recipe, str]]) -> StageEstimate:
    wanted: dict[str, Recipe] = {}
    for recipe, key in ((with_needed_renders(recipe), key) for recipe, key in keyed):
        if key not in wanted or wanted[key].render.count < recipe.render.count:
            wanted[key] = recipe
    num_left = {
        key: _num_missing(workspace.stage_dir("render", key), recipe.render.count) for key, recipe in wanted.items()
    }
    some = keyed[0][0]
    seconds = [
        _seconds_per_picture(manifest) for manifest in _alike(workspace, "render", some, ("width", "samples_per_pixel"))
    ]
    known = [value for value in seconds if value is not None]
    return StageEstimate(
        "render", "picture", sum(recipe.render.count for recipe in wanted.values()),
        num_finished=sum(recipe.render.count - num_left[key] for key, recipe in wanted.items()),
        num_units_left=sum(num_left.values()), seconds_each=median(known) if known else None, source=_source(known),
    )  # fmt: skip


def _trainings(workspace: Workspace, keyed: list[tuple[Recipe, str]]) -> StageEstimate:
    unfinished: dict[str, Recipe] = {}
    num_wanted: set[str] = set()
    for recipe, renders_key in keyed:
        for key, single in _single_trainings(recipe, renders_key):
            num_wanted.add(key)
            if read_manifest(workspace.stage_dir("train", key)) is None:
                unfinished[key] = single
    some = keyed[0][0]
    known = [
        manifest["seconds"] / (manifest["num_pictures"] * _num_epochs(manifest))
        for manifest in _alike(workspace, "train", some, ("model", "image_size"))
        if manifest.get("num_pictures")
    ]
    is_local = some.cluster.kind == "local"
    return StageEstimate(
        "train", "picture and epoch", len(num_wanted), num_finished=len(num_wanted) - len(unfinished),
        num_units_left=sum(_num_passes(recipe) for recipe in unfinished.values()),
        seconds_each=median(known) if known else None, source=_source(known),
        num_workers=1 if is_local else min(num_cluster_workers(some.cluster), max(1, len(unfinished))),
    )  # fmt: skip


def _single_trainings(recipe: Recipe, renders_key: str) -> Iterable[tuple[str, Recipe]]:
    """Yield key and recipe of each training of a schedule."""
    start = None
    if recipe.train.schedule == "two_stage":
        first = without_photos_of_parts(recipe)
        start = train_key(first, dataset_key(first, renders_key))
        yield start, first
    last = last_training(recipe)
    yield train_key(last, dataset_key(recipe, renders_key), start), last


def _num_epochs(manifest: Mapping[str, Any]) -> int:
    epochs: int = manifest.get("num_epochs") or manifest["recipe"]["train"]["epochs"]
    return epochs


def _num_passes(recipe: Recipe) -> int:
    """Return pictures times epochs of a training, without drawing its dataset."""
    if recipe.train.schedule == "two_stage":
        return recipe.train.finetune.pictures * recipe.train.epochs
    dataset = recipe.dataset
    held_out = 0.0 if recipe.photos.folder else dataset.render_validation_share + dataset.render_test_share
    renders = recipe.render.count * (1 - held_out)
    if dataset.renders is not None:
        renders = min(renders, dataset.renders)
    per_class = 0 if dataset.photos_per_class == "all" else dataset.photos_per_class
    photos = per_class * len(recipe.class_names) if recipe.photos.folder else 0
    with_parts = renders + photos * dataset.photo_repeat
    share = dataset.background_share if recipe.photos.background_folder and dataset.background_photos else 0.0
    return round(with_parts / (1 - share) * recipe.train.epochs)


def _num_missing(folder: Path, count: int) -> int:
    return sum(not label_path(folder, index).exists() for index in range(count))


def _seconds_per_picture(manifest: Mapping[str, Any]) -> float | None:
    return manifest["seconds"] / manifest["num_made"] if manifest.get("num_made") else None


def _alike(workspace: Workspace, stage: str, recipe: Recipe, keys: tuple[str, ...]) -> Iterable[dict[str, Any]]:
    """Yield the manifests, with their recipes, of finished stages that cost the same for one unit."""
    wanted = recipe.model_dump(mode="json")[stage]
    for folder in sorted((workspace.root / stage).glob("*")):
        manifest = read_manifest(folder)
        if manifest is None or not (folder / "recipe.json").exists():
            continue
        made_with = read_json(folder / "recipe.json")
        if all(made_with[stage].get(key) == wanted[key] for key in keys):
            yield {**manifest, "recipe": made_with}


def _source(known: list[float]) -> str:
    return f"{len(known)} run{'' if len(known) == 1 else 's'} here" if known else "nothing yet"
