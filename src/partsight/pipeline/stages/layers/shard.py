"""What a worker does that writes layers: those of a few pictures, each picture's JSON last."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from partsight.annotate.surface import trace_surface
from partsight.errors import DatasetError
from partsight.files import write_bytes, write_json
from partsight.labels.formats.exact.bop import depth_step_mm, depth_steps, gray_png
from partsight.labels.formats.exact.layers import describe_masks, describe_picture, write_exr
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.pipeline.stages.render.shard import RenderJob
from partsight.pipeline.stages.render.truths import ClassKeypoints, Truths, open_truths
from partsight.structures.arrays import IntArray
from partsight.structures.traced.picture_truth import PictureTruth
from partsight.structures.traced.silhouette import SeenSurface
from partsight.structures.world.part import Part
from partsight.structures.world.scene import Scene

LAYERS = ("masks", "sub-parts", "depth", "normals", "poses")
"""What can be written; the poses always are."""
_MOST_SUB_PARTS = 2**16 - 1


@dataclass(frozen=True)
class LayersJob:
    """What workers are told."""

    render: RenderJob
    layers: tuple[str, ...]
    folder: Path
    keypoints: ClassKeypoints


def pose_path(folder: Path, index: int) -> Path:
    """Return where the JSON of a picture lies; its layers are whole when it does."""
    return folder / "poses" / f"{index:06d}.json"


FirstNumbers: TypeAlias = Mapping[tuple[str, str], int]
"""The number of the first sub-part of each part, by class and key: classes may show the same part."""


def sub_part_table(parts: Mapping[str, tuple[Part, ...]]) -> list[tuple[str, str, str]]:
    """Return class, part key and name of each sub-part of each part, in the order of their numbers. Raises DatasetError."""
    different = {(name, part.key): part for name, variants in parts.items() for part in variants}
    table = [(name, key, node) for (name, key), part in different.items() for node in part.node_names]
    if len(table) > _MOST_SUB_PARTS:
        raise DatasetError(
            f"sub-parts: {len(table)} in all parts, but 16 bits hold {_MOST_SUB_PARTS}. Leave this layer out."
        )
    return table


def layers_shard(job: LayersJob, indices: tuple[int, ...]) -> int:
    """Write the layers of these pictures and return how many they are."""
    truths, first_numbers = _opened(job)
    for index in indices:
        scene, truth = truths.of_picture(index)
        step_mm = depth_step_mm(_farthest_m(truth))
        picture = _Picture(job.folder, f"{index:06d}", scene, truth, step_mm, first_numbers, job.render.class_names)
        for layer in job.layers:
            _WRITERS[layer](picture)
        write_json(pose_path(job.folder, index), describe_picture(truth, job.render.class_names, step_mm))
    return len(indices)


@functools.lru_cache(maxsize=1)
def _opened(job: LayersJob) -> tuple[Truths, FirstNumbers]:
    """Return what makes the scenes again, and the number of the first sub-part of each part."""
    parts = load_parts(job.render.parts_folder, dict(job.render.part_files))
    first: dict[tuple[str, str], int] = {}
    for number, (name, key, _) in enumerate(sub_part_table(parts) if "sub-parts" in job.layers else ()):
        first.setdefault((name, key), number)
    return open_truths(job.render, job.keypoints), first


@dataclass(frozen=True, eq=False)
class _Picture:
    folder: Path
    stem: str
    scene: Scene
    truth: PictureTruth
    depth_step_mm: float
    first_numbers: FirstNumbers
    class_names: tuple[str, ...]

    @functools.cached_property
    def surface(self) -> SeenSurface:
        """Traced when a layer needs it."""
        return trace_surface(self.scene, self.truth.traced)

    def path(self, layer: str, suffix: str) -> Path:
        return self.folder / layer / f"{self.stem}{suffix}"


def _farthest_m(truth: PictureTruth) -> float:
    """Return the largest depth that a label covers."""
    depth, mask = truth.traced.depth_m, truth.traced.annotation.instance_mask
    ids = [one.instance_id for one in truth.traced.silhouettes]
    return float(depth[np.isin(mask, ids)].max(initial=0.0))


def _write_masks(picture: _Picture) -> None:
    write_json(picture.path("masks", ".json"), describe_masks(picture.truth))


def _write_depth(picture: _Picture) -> None:
    depth_m = picture.truth.traced.depth_m
    write_bytes(picture.path("depth", ".png"), gray_png(depth_steps(depth_m, picture.depth_step_mm)))
    write_exr(picture.path("depth", ".exr"), {"Y": depth_m})


def _write_normals(picture: _Picture) -> None:
    write_exr(picture.path("normals", ".exr"), {name: picture.surface.normals[..., k] for k, name in enumerate("RGB")})


def _write_sub_parts(picture: _Picture) -> None:
    values: IntArray = np.zeros(picture.surface.node_ids.shape, np.int64)
    mask = picture.truth.traced.annotation.instance_mask
    for instance_id, instance in enumerate(picture.scene.instances):
        if instance.class_id is not None:
            first = picture.first_numbers[picture.class_names[instance.class_id], instance.part.key]
            shown = mask == instance_id
            values[shown] = picture.surface.node_ids[shown] + first + 1
    write_bytes(picture.path("sub-parts", ".png"), gray_png(values.astype(np.uint16)))


def _write_nothing(picture: _Picture) -> None:
    """Poses are in the JSON that every picture gets."""
    del picture


_WRITERS: Mapping[str, Callable[[_Picture], None]] = {
    "masks": _write_masks,
    "depth": _write_depth,
    "normals": _write_normals,
    "sub-parts": _write_sub_parts,
    "poses": _write_nothing,
}
