"""The render stage: scenes → pictures with labels, in parallel, killable at any moment."""

import functools
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from partsight.config.recipe import Recipe
from partsight.errors import RenderError, StorageError
from partsight.files import hash_bytes, read_json
from partsight.pipeline.running.cluster import num_cluster_workers
from partsight.pipeline.running.executors import num_cores, open_executor
from partsight.pipeline.running.stage_key import render_key
from partsight.pipeline.running.workspace import Workspace, claimed, read_manifest, write_manifest
from partsight.pipeline.stages.cad.stage import PartsOutput
from partsight.pipeline.stages.render.shard import RenderJob, find_variant, label_path, render_shard
from partsight.progress import Advance, Progress
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
OpenWorkers: TypeAlias = Callable[[], AbstractContextManager[Executor]]
NUM_ATTEMPTS = 3
"""How often a pool of workers that died is replaced without any new picture between."""


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


def make_renders(recipe: Recipe, parts: PartsOutput, workspace: Workspace, progress: Progress) -> RenderOutput:
    """Make the recipe's pictures, or those that are still missing."""
    variant = _variant(recipe, workspace)
    key = render_key(recipe, parts.key, variant)
    folder = workspace.stage_dir("render", key)
    with claimed(folder):
        manifest = read_manifest(folder)
        if manifest is None or manifest["count"] < recipe.render.count:
            started = time.monotonic()
            workers = functools.partial(_open_workers, recipe, workspace)
            num_made = _render_missing(_job(recipe, parts, folder, variant), recipe.render.count, workers, progress)
            content = {**_describe(folder, recipe, variant), "num_made": num_made}
            manifest = write_manifest(folder, content, started=started)
    return _read_output(recipe, folder, manifest)


def dataset_hash(folder: Path, count: int) -> str:
    """Return one hash of the first `count` pictures, masks and labels; equal runs have equal hashes."""
    return hash_bytes(*(label_path(folder, index).read_bytes() for index in range(count)))


def _variant(recipe: Recipe, workspace: Workspace) -> str:
    """Return what draws where the workers are: the nodes of a cluster may have GPUs that this machine has not."""
    if recipe.cluster.kind == "local":
        return find_variant(recipe.render)
    with _open_workers(recipe, workspace) as executor:
        return executor.submit(find_variant, recipe.render).result()


def _open_workers(recipe: Recipe, workspace: Workspace) -> AbstractContextManager[Executor]:
    return open_executor(recipe.render.workers or num_cores(), recipe.cluster, workspace.root / CLUSTER_LOGS)


def _job(recipe: Recipe, parts: PartsOutput, folder: Path, variant: str) -> RenderJob:
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


def _render_missing(job: RenderJob, count: int, open_workers: OpenWorkers, progress: Progress) -> int:
    """Make what is missing, replacing pools whose workers died; return how many pictures were made."""
    _check_space(job, count)
    attempts_left = NUM_ATTEMPTS
    with progress.stage("render", count, "pictures") as advance:
        missing = _missing(job.output_dir, count)
        num_missing = len(missing)
        while missing:
            advance(count - len(missing), "")
            try:
                with open_workers() as executor:
                    batch = missing[: PICTURES_PER_WORKER * job.render.workers]
                    _render_by(executor, job, batch, functools.partial(_tell, advance, count - len(missing)))
            except BrokenProcessPool as error:
                attempts_left -= 1
                if attempts_left == 0:
                    raise RenderError(
                        f"render workers died {NUM_ATTEMPTS} times (out of memory?). Pictures made so far are kept in "
                        f"{job.output_dir}; run the same command again with --set render.workers=1. In a script of your own, "
                        "keep all that it does below `if __name__ == '__main__':`, because workers read the script, too."
                    ) from error
            missing = _missing(job.output_dir, count)
    return num_missing


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
            "Free some space, lower render.count, or choose another disk with --out."
        )


def _describe(folder: Path, recipe: Recipe, variant: str) -> dict[str, Any]:
    count = recipe.render.count
    return {
        "count": count,
        "variant": variant,
        "class_names": list(recipe.class_names),
        "dataset_hash": dataset_hash(folder, count),
    }


def _read_output(recipe: Recipe, folder: Path, manifest: dict[str, Any]) -> RenderOutput:
    labels = [read_json(label_path(folder, index)) for index in range(recipe.render.count)]
    samples = tuple(_sample(folder, index, label) for index, label in enumerate(labels))
    return RenderOutput(
        key=folder.name,
        folder=folder,
        variant=manifest["variant"],
        dataset=Dataset(recipe.class_names, samples),
        num_unseen=sum(label["num_unseen"] for label in labels),
        num_hidden=sum(label["num_hidden"] for label in labels),
        seconds=manifest["seconds"],
    )


def _sample(folder: Path, index: int, label: dict[str, Any]) -> Sample:
    return Sample(
        sample_id=f"render-{index:06d}",
        image_path=folder / "images" / label["image"],
        size_wh=tuple(label["size_wh"]),
        boxes_xyxy=np.array([found["box_xyxy"] for found in label["objects"]], np.float64),
        class_ids=np.array([found["class_id"] for found in label["objects"]], np.int64),
        source="render",
        session=f"render-{index:06d}",
    )
