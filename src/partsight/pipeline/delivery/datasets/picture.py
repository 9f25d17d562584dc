"""What an export's worker does: the files of a few pictures, then for each a record that says it is finished."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.files import write_bytes, write_json, write_text
from partsight.labels.formats.exact.bop import (
    PICTURES_PER_SCENE,
    bop_camera,
    bop_info,
    bop_pose,
    depth_steps,
    gray_png,
    mask_png,
)
from partsight.labels.formats.exact.coco_instances import coco_annotations
from partsight.labels.formats.exact.yolo_tasks import yolo_lines
from partsight.labels.formats.yolo.lines import yolo_text
from partsight.pictures import is_read_alike, png_bytes, read_picture
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.pipeline.stages.render.shard import RenderJob
from partsight.pipeline.stages.render.truths import ClassKeypoints, Truths, open_truths, straight
from partsight.render.lens import straightened_picture
from partsight.structures.traced.picture_truth import PictureTruth
from partsight.structures.world.part import Part
from partsight.structures.world.scene import Scene

RECORDS = "unfinished"
"""Folder of the records, deleted when the export is whole."""


@dataclass(frozen=True, slots=True)
class ExportPicture:
    """One picture of an export."""

    split: str
    """train, val or test."""
    place: int
    """Its number in the split."""
    stem: str
    """Name of its files."""
    sample_id: str
    image_path: Path
    size_wh: tuple[int, int]
    boxes: tuple[tuple[int, tuple[float, ...]], ...]
    """Class number and box of each label."""
    index: int | None
    """Its number among the renders; None for a photo."""


@dataclass(frozen=True)
class ExportJob:
    """What workers are told."""

    render: RenderJob
    target: str
    folder: Path
    keypoints: ClassKeypoints
    depth_step_mm: float

    @property
    def keypoint_names(self) -> dict[int, tuple[str, ...]]:
        """Names of the keypoints by class number."""
        numbers = {name: class_id for class_id, name in enumerate(self.render.class_names)}
        return {numbers[name]: tuple(key for key, _ in places) for name, places in self.keypoints}

    @property
    def all_keypoint_names(self) -> tuple[str, ...]:
        """Names of the keypoints of all classes, each once."""
        return tuple(dict.fromkeys(name for names in self.keypoint_names.values() for name in names))


def record_path(job: ExportJob, picture: ExportPicture) -> Path:
    """Return where the record of a picture lies; the picture's files are whole when it does."""
    return job.folder / RECORDS / f"{picture.split}-{picture.place:06d}.json"


def export_shard(job: ExportJob, pictures: tuple[ExportPicture, ...]) -> int:
    """Write these pictures and return how many they are."""
    opened = _opened(job)
    for picture in pictures:
        write_json(record_path(job, picture), _WRITERS[job.target](job, picture, opened))
    return len(pictures)


def object_ids(parts: Mapping[str, tuple[Part, ...]]) -> dict[tuple[str, str], int]:
    """Return BOP's number of each part by class and key, from 1 in the order of classes and variants; variants alike share one."""
    keys = dict.fromkeys((name, part.key) for name, variants in parts.items() for part in variants)
    return {key: number for number, key in enumerate(keys, start=1)}


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a worker loads once."""

    truths: Truths
    objects: Mapping[tuple[str, str], int]
    """BOP's numbers of parts, by class and key."""

    def truth(self, picture: ExportPicture) -> PictureTruth | None:
        """Return what is known of a picture, None for a photo."""
        return None if picture.index is None else self.truths.of_picture(picture.index)[1]


@functools.lru_cache(maxsize=1)
def _opened(job: ExportJob) -> _Opened:
    parts = load_parts(job.render.parts_folder, dict(job.render.part_files))
    return _Opened(open_truths(job.render, job.keypoints), object_ids(parts))


def _write_coco(job: ExportJob, picture: ExportPicture, opened: _Opened) -> Mapping[str, Any]:
    name = _copy(picture, job.folder / picture.split)
    truth = opened.truth(picture)
    return {"file_name": name, "annotations": [] if truth is None else coco_annotations(truth, job.keypoint_names)}


def _write_yolo(job: ExportJob, picture: ExportPicture, opened: _Opened) -> Mapping[str, Any]:
    name = _copy(picture, job.folder / "images" / picture.split)
    if job.target == "yolo":
        text = yolo_text(picture.boxes, picture.size_wh)
    else:
        truth = opened.truth(picture)
        text = "" if truth is None else yolo_lines(job.target, truth, job.all_keypoint_names)
    write_text(job.folder / "labels" / picture.split / f"{picture.stem}.txt", text)
    return {"file_name": name}


def _write_bop(job: ExportJob, picture: ExportPicture, opened: _Opened) -> Mapping[str, Any]:
    if picture.index is None:
        raise ValueError(f"{picture.sample_id}: a photo, of which no pose is known")
    bent, truth = opened.truths.of_picture(picture.index)
    scene = straight(bent)
    truth = truth if scene is bent else opened.truths.of_scene(scene)
    folder, place_in_scene = scene_folder(job, picture)
    name = f"{place_in_scene:06d}"
    steps = depth_steps(truth.traced.depth_m, job.depth_step_mm)
    write_bytes(folder / "rgb" / f"{name}.png", _pinhole_picture(picture, bent, scene))
    write_bytes(folder / "depth" / f"{name}.png", gray_png(steps))
    wholes = [place for place, one in enumerate(truth.traced.silhouettes) if one.region_id is None]
    for number, place in enumerate(wholes):
        silhouette = truth.traced.silhouettes[place]
        for kind, is_whole in (("mask", True), ("mask_visib", False)):
            mask = truth.full(silhouette, whole=is_whole)
            write_bytes(folder / kind / f"{name}_{number:06d}.png", mask_png(mask))
    found = [truth.traced.silhouettes[place] for place in wholes]
    names = job.render.class_names
    ids = [
        opened.objects[names[one.class_id], truth.part_keys[place]] for one, place in zip(found, wholes, strict=True)
    ]
    parts = [scene.instances[one.instance_id].part for one in found]
    return {
        "camera": bop_camera(truth, job.depth_step_mm),
        "gt": [bop_pose(one.camera_from_part, number) for one, number in zip(found, ids, strict=True)],
        "gt_info": [bop_info(truth, one, part, steps) for one, part in zip(found, parts, strict=True)],
        "is_straightened": scene is not bent,
    }


def scene_folder(job: ExportJob, picture: ExportPicture) -> tuple[Path, int]:
    """Return the folder of a picture's BOP scene, and its number there."""
    scene, place = divmod(picture.place, PICTURES_PER_SCENE)
    return job.folder / f"{picture.split}_pbr" / f"{scene:06d}", place


def _pinhole_picture(picture: ExportPicture, bent: Scene, scene: Scene) -> bytes:
    image = read_picture(picture.image_path)
    if scene is not bent:
        image = straightened_picture(image, bent.camera.intrinsics, scene.camera.intrinsics)
    return png_bytes(image)


def _copy(picture: ExportPicture, folder: Path) -> str:
    """Copy a picture, as PNG where other tools would read it otherwise than we do, and return its name."""
    source = picture.image_path
    if not is_read_alike(source):
        target = folder / f"{picture.stem}.png"
        write_bytes(target, png_bytes(read_picture(source)))
    else:
        target = folder / f"{picture.stem}{source.suffix.lower()}"
        write_bytes(target, source.read_bytes())
    return target.name


_WRITERS: Mapping[str, Callable[[ExportJob, ExportPicture, _Opened], Mapping[str, Any]]] = {
    "coco": _write_coco,
    "yolo": _write_yolo,
    "yolo-seg": _write_yolo,
    "yolo-obb": _write_yolo,
    "yolo-pose": _write_yolo,
    "bop": _write_bop,
}
TARGETS = tuple(_WRITERS)
"""Formats by name."""
