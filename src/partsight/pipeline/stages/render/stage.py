"""The render stage: scenes → pictures with labels, in parallel, killable at any moment."""

import functools
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from partsight.config.recipe import Recipe
from partsight.config.sections.randomize import RandomizeSection
from partsight.errors import RenderError, StorageError
from partsight.files import hash_bytes, hash_json, read_json, write_json
from partsight.labels.formats.rendered import label_path
from partsight.pipeline.running.cluster import num_cluster_workers
from partsight.pipeline.running.contents import CONTENTS
from partsight.pipeline.running.executors import num_cores, open_executor
from partsight.pipeline.running.keys import hash_content, hash_files, section_content
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Manifest, Workspace
from partsight.pipeline.stages.cad.stage import PartsOutput
from partsight.pipeline.stages.render.shard import RenderJob, find_variant, render_shard
from partsight.progress import Advance, Progress
from partsight.randomize.light.lighting import list_maps
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample

LARGEST_SHARD = 8
"""Pictures per task: small enough that a crash costs little and the last worker is not awaited for long."""
LARGEST_CLUSTER_SHARD = 32
"""The same on a cluster, where handing out a task costs more (`benchmarks/scale.py`)."""
PICTURES_PER_WORKER = 400
"""Pictures after which workers are replaced, because renderers keep memory. The executor's own way, `max_tasks_per_child`,
stops for ever when its workers end (Python issue 115634, from 3.11 on)."""
CLUSTER_LOGS = "cluster"
"""Folder for what a cluster's scheduler writes."""
VARIANTS = "variants.json"
"""What the nodes of clusters draw with."""
OpenWorkers: TypeAlias = Callable[[], AbstractContextManager[Executor]]
NUM_ATTEMPTS = 3
"""How often a pool of workers that died is replaced without any new picture between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderManifest(Manifest):
    """How many pictures there are, and what drew them."""

    count: int
    variant: str
    class_names: tuple[str, ...]
    dataset_hash: str


@dataclass(frozen=True, slots=True)
class RenderOutput:
    """Finished renders."""

    key: str
    folder: Path
    variant: str
    dataset: Dataset
    num_unseen: int
    num_hidden: int
    seconds: float
    """Time spent on the pictures of the last run that made any."""


@dataclass(frozen=True)
class RenderStage(Stage[RenderManifest, RenderOutput]):
    """The recipe's pictures; more of the same kind extend the same folder."""

    recipe: Recipe
    """Its camera is the one that renders (`camera_ranges.for_rendering`)."""
    parts: Stage[Any, PartsOutput]
    variant: str
    """What draws."""

    name, version, manifest_type, unit = "render", 5, RenderManifest, "picture"

    def inputs(self) -> Mapping[str, Any]:
        """Return all that the pictures depend on; their number is not in it. Raises SceneError for folders without pictures."""
        recipe = self.recipe
        return {
            "parts": self.parts.key,
            "seed": recipe.seed,
            "randomize": _drawn_by(recipe.randomize),
            "folders": _hash_folders(recipe.randomize),
            "render": section_content(recipe.render, exclude={"count", "workers", "variant", "blender"}),
            "annotate": section_content(recipe.annotate),
            "variant": self.variant,
        }

    @property
    def upstream(self) -> tuple[Stage[Any, PartsOutput]]:
        """The parts."""
        return (self.parts,)

    @property
    def num_units(self) -> int:
        """Pictures."""
        return self.recipe.render.count

    @property
    def extent(self) -> int:
        """Pictures: a recipe may use fewer of those that there are."""
        return self.recipe.render.count

    @property
    def speed_kind(self) -> str:
        """Size, samples and renderer."""
        render = self.recipe.render
        return f"{render.width} × {render.height}, {render.samples_per_pixel} samples, {self.variant}"

    def is_whole(self, manifest: RenderManifest) -> bool:
        """Return whether there are as many pictures as the recipe asks for."""
        return manifest.count >= self.recipe.render.count

    def num_missing(self, folder: Path) -> int:
        """Return the number of pictures that are still to be made."""
        return len(_missing(folder, self.recipe.render.count))

    def delete_damaged(self, folder: Path, damaged: Sequence[str]) -> None:
        """Delete the labels of damaged pictures and masks: these pictures are made anew, all others stay."""
        if CONTENTS in damaged:
            super().delete_damaged(folder, damaged)
        for index in {Path(name).stem for name in damaged}:
            (folder / "labels" / f"{index}.json").unlink(missing_ok=True)

    def make(self, run: Resolver, folder: Path) -> RenderManifest:
        """Make the pictures that are missing."""
        recipe = self.recipe
        workers = functools.partial(open_workers, recipe, run.workspace)
        job = render_job(recipe, run.resolve(self.parts), folder, self.variant)
        _render_missing(job, recipe.render.count, workers, run.progress)
        count = recipe.render.count
        return RenderManifest(
            count=count,
            variant=self.variant,
            class_names=recipe.class_names,
            dataset_hash=dataset_hash(folder, count),
        )

    def load(self, run: Resolver, folder: Path, manifest: RenderManifest) -> RenderOutput:
        """Return the recipe's number of pictures."""
        del run
        labels = [read_json(label_path(folder, index)) for index in range(self.recipe.render.count)]
        samples = tuple(_sample(folder, index, label, self.recipe.class_names) for index, label in enumerate(labels))
        return RenderOutput(
            key=self.key,
            folder=folder,
            variant=manifest.variant,
            dataset=Dataset(self.recipe.class_names, samples),
            num_unseen=sum(label["num_unseen"] for label in labels),
            num_hidden=sum(label["num_hidden"] for label in labels),
            seconds=manifest.seconds,
        )


def choose_variant(recipe: Recipe, workspace: Workspace) -> str:
    """Return what draws where the workers are: the nodes of a cluster may have GPUs that this machine has not."""
    if recipe.cluster.kind == "local":
        return find_variant(recipe.render)
    with open_workers(recipe, workspace) as executor:
        variant = executor.submit(find_variant, recipe.render).result()
    write_json(workspace.root / CLUSTER_LOGS / VARIANTS, {**_known_variants(workspace), _place(recipe): variant})
    return variant


def expect_variant(recipe: Recipe, workspace: Workspace) -> str:
    """Return what will draw, without asking a cluster: what its nodes answered last, or what this machine would take."""
    if recipe.cluster.kind == "local":
        return find_variant(recipe.render)
    return _known_variants(workspace).get(_place(recipe)) or find_variant(recipe.render)


def open_workers(recipe: Recipe, workspace: Workspace) -> AbstractContextManager[Executor]:
    """Open the recipe's workers: processes of this machine, or jobs of its cluster."""
    return open_executor(recipe.render.workers or num_cores(), recipe.cluster, workspace.root / CLUSTER_LOGS)


def dataset_hash(folder: Path, count: int) -> str:
    """Return one hash of the first `count` pictures, masks and labels; equal runs have equal hashes."""
    return hash_bytes(*(label_path(folder, index).read_bytes() for index in range(count)))


def render_job(recipe: Recipe, parts: PartsOutput, folder: Path, variant: str) -> RenderJob:
    """Return what workers are told; the recipe is that of a `RenderStage`."""
    is_local = recipe.cluster.kind == "local"
    num_workers = (recipe.render.workers or num_cores()) if is_local else num_cluster_workers(recipe.cluster)
    return RenderJob(
        parts_folder=parts.folder,
        class_names=recipe.class_names,
        part_files=tuple((name, tuple(files)) for name, files in parts.files.items()),
        other_files=parts.others,
        randomize=recipe.randomize,
        render=recipe.render.but(workers=num_workers),
        annotate=recipe.annotate,
        seed=recipe.seed,
        output_dir=folder,
        variant=variant,
        num_threads=max(1, num_cores() // num_workers) if is_local else 0,
    )


def _known_variants(workspace: Workspace) -> dict[str, str]:
    path = workspace.root / CLUSTER_LOGS / VARIANTS
    return dict(read_json(path)) if path.is_file() else {}


def _place(recipe: Recipe) -> str:
    return hash_json([recipe.cluster.model_dump(mode="json"), recipe.render.renderer, recipe.render.variant])


def _render_missing(job: RenderJob, count: int, open_pool: OpenWorkers, progress: Progress) -> None:
    """Make what is missing, replacing pools whose workers died."""
    _check_space(job, count)
    attempts_left = NUM_ATTEMPTS
    with progress.stage("render", count, "pictures") as advance:
        missing = _missing(job.output_dir, count)
        while missing:
            advance(count - len(missing), "")
            try:
                with open_pool() as executor:
                    batch = missing[: PICTURES_PER_WORKER * job.render.workers]
                    _render_by(executor, job, batch, functools.partial(_tell, advance, count - len(missing)))
            except BrokenProcessPool as error:
                attempts_left -= 1
                if attempts_left == 0:
                    raise RenderError(
                        f"render workers died {NUM_ATTEMPTS} times (out of memory?). Pictures made so far are kept in "
                        f"{job.output_dir}; run it again with render.workers = 1. In a script of your own, "
                        "keep all that it does below `if __name__ == '__main__':`, because workers read the script, too."
                    ) from error
            missing = _missing(job.output_dir, count)


def _render_by(executor: Executor, job: RenderJob, missing: Sequence[int], tell: Callable[[int], None]) -> None:
    """Make pictures with these workers, telling how many are done."""
    num_done = 0
    largest = LARGEST_SHARD if job.num_threads else LARGEST_CLUSTER_SHARD
    size = min(largest, max(1, len(missing) // (4 * job.render.workers)))
    shards = [tuple(missing[start : start + size]) for start in range(0, len(missing), size)]
    for future in as_completed([executor.submit(render_shard, job, shard) for shard in shards]):
        num_done += future.result()
        tell(num_done)


def _tell(advance: Advance, num_before: int, num_done: int) -> None:
    advance(num_before + num_done, "")


def _missing(folder: Path, count: int) -> list[int]:
    return [index for index in range(count) if not label_path(folder, index).exists()]


def _check_space(job: RenderJob, count: int) -> None:
    """Refuse a run that will certainly not fit on the disk."""
    needed = len(_missing(job.output_dir, count)) * job.render.width * job.render.height // 4
    free = shutil.disk_usage(job.output_dir).free
    if free < needed:
        raise StorageError(
            f"{job.output_dir}: {count} pictures need about {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free. "
            "Free some space, lower render.count, or choose another disk (`out`)."
        )


def _drawn_by(randomize: RandomizeSection) -> dict[str, Any]:
    """Return how scenes are drawn, without the pictures behind parts: what they show is hashed."""
    content = section_content(randomize)
    return {**content, "background": {**content["background"], "pictures": None}}


def _hash_folders(randomize: RandomizeSection) -> list[str]:
    """Return the hashes of the user's pictures and environment maps that scenes are drawn with."""
    behind, maps = randomize.background.pictures, randomize.light.environment_folder
    return [
        hash_bytes(*(hash_content(path).encode() for path in behind)) if behind else "none",
        hash_files(list_maps(maps), maps) if maps else "none",
    ]


def _sample(folder: Path, index: int, label: dict[str, Any], class_names: tuple[str, ...]) -> Sample:
    return Sample(
        sample_id=f"render-{index:06d}",
        image_path=folder / "images" / label["image"],
        size_wh=tuple(label["size_wh"]),
        boxes_xyxy=np.array([found["box_xyxy"] for found in label["objects"]], np.float64),
        class_ids=np.array([found["class_id"] for found in label["objects"]], np.int64),
        source="render",
        session=f"render-{index:06d}",
        class_names=class_names,
        label_path=label_path(folder, index),
    )
