"""The render stage: scenes → pictures with labels, in parallel, killable at any moment."""

import shutil
import time
from collections.abc import Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partsight.config.recipe import Recipe
from partsight.errors import RenderError, StorageError
from partsight.files import hash_bytes, read_json
from partsight.pipeline.executors import num_cores, open_executor
from partsight.pipeline.parts import PartsOutput
from partsight.pipeline.progress import Advance, Progress
from partsight.pipeline.render_shard import RenderJob, label_path, render_shard
from partsight.pipeline.stage_key import render_key
from partsight.pipeline.workspace import Workspace, claimed, read_manifest, write_manifest
from partsight.render.renderer import open_renderer
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample

LARGEST_SHARD = 8
"""Pictures per task: small enough that a crash costs little and the last worker is not awaited for long."""
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
    with open_renderer(recipe.render, 1) as renderer:
        variant = renderer.variant
    key = render_key(recipe, parts.key, variant)
    folder = workspace.stage_dir("render", key)
    with claimed(folder):
        manifest = read_manifest(folder)
        if manifest is None or manifest["count"] < recipe.render.count:
            started = time.monotonic()
            _render_missing(_job(recipe, parts, folder, variant), recipe.render.count, progress)
            manifest = write_manifest(folder, _describe(folder, recipe, variant), started=started)
    return _read_output(recipe, folder, manifest)


def dataset_hash(folder: Path, count: int) -> str:
    """Return one hash of the first `count` pictures, masks and labels; equal runs have equal hashes."""
    return hash_bytes(*(label_path(folder, index).read_bytes() for index in range(count)))


def _job(recipe: Recipe, parts: PartsOutput, folder: Path, variant: str) -> RenderJob:
    num_workers = recipe.render.workers or num_cores()
    return RenderJob(
        parts_folder=parts.folder,
        class_names=recipe.class_names,
        part_files=tuple((name, tuple(files)) for name, files in parts.files.items()),
        randomize=recipe.randomize,
        render=recipe.render.model_copy(update={"workers": num_workers}),
        annotate=recipe.annotate,
        seed=recipe.seed,
        output_dir=folder,
        variant=variant,
        num_threads=max(1, num_cores() // num_workers),
    )


def _render_missing(job: RenderJob, count: int, progress: Progress) -> None:
    """Make what is missing, replacing pools whose workers died as long as pictures keep coming."""
    _check_space(job, count)
    attempts_left = NUM_ATTEMPTS
    with progress.stage("render", count, "pictures") as advance:
        missing = _missing(job.output_dir, count)
        while missing:
            advance(count - len(missing), "")
            try:
                _render_in_pool(job, missing, count, advance)
            except BrokenProcessPool as error:
                attempts_left -= 1
                if attempts_left == 0:
                    raise RenderError(
                        f"render workers died {NUM_ATTEMPTS} times (out of memory?). Pictures made so far are kept in "
                        f"{job.output_dir}; run the same command again with --set render.workers=1."
                    ) from error
            missing = _missing(job.output_dir, count)


def _render_in_pool(job: RenderJob, missing: Sequence[int], count: int, advance: Advance) -> None:
    num_done = count - len(missing)
    size = max(1, min(LARGEST_SHARD, len(missing) // (4 * job.render.workers)))
    shards = [tuple(missing[start : start + size]) for start in range(0, len(missing), size)]
    with open_executor(job.render.workers) as executor:
        for future in as_completed([executor.submit(render_shard, job, shard) for shard in shards]):
            num_done += future.result()
            advance(num_done, "")


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
