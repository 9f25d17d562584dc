"""The recipe's pictures with exact labels → a folder in the format of another tool, carried on where it stopped."""

import functools
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.annotate.keypoints import find_keypoints
from partsight.errors import DatasetError, StorageError
from partsight.files import hash_json, read_json, write_json
from partsight.labels.formats.exact.bop import depth_step_mm
from partsight.labels.formats.writing import file_stems
from partsight.pipeline.delivery.datasets.joining import SPLITS, join_records, read_records
from partsight.pipeline.delivery.datasets.picture import (
    RECORDS,
    TARGETS,
    ExportJob,
    ExportPicture,
    export_shard,
    record_path,
)
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.keys import hash_samples
from partsight.pipeline.running.shards import work_through
from partsight.pipeline.running.workspace import LOCK, claimed
from partsight.pipeline.stages.cad.stage import PartsOutput, load_parts
from partsight.pipeline.stages.dataset.assembling import assemble
from partsight.pipeline.stages.render.stage import RenderOutput, open_workers, render_job
from partsight.pipeline.stages.render.truths import ClassKeypoints, class_keypoints
from partsight.structures.dataset import Splits
from partsight.structures.sample import Sample
from partsight.structures.world.part import Part, diagonal_m

MANIFEST = "partsight-export.json"
_VERSION = 1
_BOXES_ONLY = "yolo"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds."""

    folder: Path
    num_pictures: int
    num_labels: int
    num_left_out: int
    """Photos with parts, of which masks and poses are not known."""
    num_straightened: int
    """Pictures from which the bending of the lens was taken out."""


def export_dataset(experiment: Experiment, target: str, folder: Path) -> Exported:
    """Write the recipe's dataset for another tool; pictures are rendered first where they are missing.

    An export that was stopped is carried on; a finished one is found. Raises DatasetError for an unknown target, for a folder that
    holds anything else, and for targets without what they need; StorageError when the disk refuses.
    """
    if target not in TARGETS:
        raise DatasetError(f"{target}: unknown format (`to`). Known: {', '.join(TARGETS)}.")
    _read_begun(folder)  # before anything is rendered
    plan = _plan(experiment, target, folder.absolute())
    if not _is_finished(plan):
        _write(plan, experiment)
    shutil.rmtree(plan.job.folder / RECORDS, ignore_errors=True)
    found = read_json(plan.job.folder / MANIFEST)
    return Exported(folder, found["pictures"], found["labels"], plan.num_left_out, found["straightened"])


@dataclass(frozen=True, slots=True)
class _Plan:
    """What an export is made of."""

    job: ExportJob
    pictures: tuple[ExportPicture, ...]
    num_left_out: int
    key: str


def _write(plan: _Plan, experiment: Experiment) -> None:
    job = plan.job
    with claimed(job.folder):
        write_json(job.folder / MANIFEST, {"key": plan.key, "format": job.target, "is_finished": False})
        missing = [one for one in plan.pictures if not record_path(job, one).is_file()]
        workers = functools.partial(open_workers, experiment.recipe, experiment.workspace)
        with experiment.progress.stage("export", len(missing), "pictures") as advance:
            work_through(workers, functools.partial(export_shard, job), missing, advance)
        recorded = read_records(job, plan.pictures)
        join_records(job, recorded, experiment.workspace)
        told = {
            "key": plan.key,
            "format": job.target,
            "is_finished": True,
            "pictures": len(plan.pictures),
            "labels": sum(len(one.boxes) for one in plan.pictures),
            "straightened": sum(bool(record.get("is_straightened")) for _, record in recorded),
        }
        write_json(job.folder / MANIFEST, told, is_synced=True)


def _read_begun(folder: Path) -> Mapping[str, Any] | None:
    """Return what an export begun or finished in a folder says of itself, None for a new folder. Raises DatasetError for others."""
    if not folder.exists() or (folder.is_dir() and all(path.name == LOCK for path in folder.iterdir())):
        return None
    try:
        found = read_json(folder / MANIFEST)
        return {name: found[name] for name in ("key", "format", "is_finished")}
    except (OSError, StorageError, LookupError, TypeError) as error:
        raise DatasetError(
            f"{folder}: is not empty and holds no export of ours. Choose a new folder (`out`)."
        ) from error


def _is_finished(plan: _Plan) -> bool:
    """Return whether this export stands finished in its folder. Raises DatasetError when the folder holds another one."""
    begun = _read_begun(plan.job.folder)
    if begun is not None and begun["key"] != plan.key:
        raise DatasetError(
            f"{plan.job.folder}: holds another export ({begun['format']}), of other pictures, labels or keypoints. Choose a new "
            "folder (`out`), or delete this one."
        )
    return begun is not None and bool(begun["is_finished"])


def _plan(experiment: Experiment, target: str, folder: Path) -> _Plan:
    keypoints = class_keypoints(experiment.recipe)
    if target == "yolo-pose" and not keypoints:
        raise DatasetError(
            "yolo-pose: no class has keypoints. Name some in the recipe, for instance "
            '[parts.NAME] keypoints = { tip = [0, 12.5, 3], valve = "VALVE*" }.'
        )
    parts, renders = experiment.import_parts(), experiment.render()
    graph = experiment.graph
    _check_keypoints(load_parts(parts.folder, parts.files), keypoints)
    of_boxes = graph.recipe.at(
        "train.task", "detect"
    )  # an export holds all pictures, whatever the recipe's own detector learns
    given = list(_by_split(assemble(of_boxes, renders.dataset, graph.photos)))
    samples = [(split, sample) for split, sample in given if _is_known(sample, target)]
    job = ExportJob(
        render=render_job(graph.renders.recipe, parts, renders.folder, renders.variant),
        target=target,
        folder=folder,
        keypoints=keypoints,
        depth_step_mm=_depth_step(renders, parts) if target == "bop" else 1.0,
    )
    pictures = tuple(_pictures(samples))
    return _Plan(job, pictures, len(given) - len(samples), _key(job, renders, samples))


def _by_split(splits: Splits) -> Iterator[tuple[str, Sample]]:
    for split, dataset in zip(SPLITS, (splits.train, splits.validation, splits.test), strict=True):
        yield from ((split, sample) for sample in dataset.samples)


def _is_known(sample: Sample, target: str) -> bool:
    """Return whether all that a format says is known of a picture: of photos only boxes are, and that there is nothing."""
    if sample.source == "render":
        return True
    return target != "bop" and (target == _BOXES_ONLY or not len(sample.class_ids))


def _pictures(samples: Sequence[tuple[str, Sample]]) -> Iterator[ExportPicture]:
    stems, places = file_stems([sample.sample_id for _, sample in samples]), Counter[str]()
    for stem, (split, sample) in zip(stems, samples, strict=True):
        boxes = zip(sample.class_ids.tolist(), map(tuple, sample.boxes_xyxy.tolist()), strict=True)
        index = None if sample.label_path is None else int(sample.label_path.stem)
        yield ExportPicture(
            split=split,
            place=places[split],
            stem=stem,
            sample_id=sample.sample_id,
            image_path=sample.image_path,
            size_wh=sample.size_wh,
            boxes=tuple(boxes),
            index=index,
        )
        places[split] += 1


def _check_keypoints(parts: Mapping[str, Sequence[Part]], keypoints: ClassKeypoints) -> None:
    """Raise CadError for keypoints that a part does not have, before anything is written."""
    for name, places in keypoints:
        for part in parts[name]:
            find_keypoints(part, dict(places))


def _depth_step(renders: RenderOutput, parts: PartsOutput) -> float:
    """Return the step of depth in which every labeled part fits, one for the whole export."""
    largest_m = max(
        (diagonal_m(part.mesh) for variants in load_parts(parts.folder, parts.files).values() for part in variants),
        default=0.0,
    )
    paths = (sample.label_path for sample in renders.dataset if sample.label_path is not None)
    poses = (one["camera_from_part"] for path in paths for one in read_json(path)["objects"])
    return depth_step_mm(max((pose[2][3] for pose in poses), default=0.0) + largest_m / 2)


def _key(job: ExportJob, renders: RenderOutput, samples: Sequence[tuple[str, Sample]]) -> str:
    photos = [sample for _, sample in samples if sample.source == "photo"]
    return hash_json(
        {
            "version": _VERSION,
            "format": job.target,
            "renders": renders.key,
            "samples": [[split, sample.sample_id] for split, sample in samples],
            "photos": hash_samples(photos),
            "keypoints": job.keypoints,
            "depth": job.depth_step_mm,
        }
    )
