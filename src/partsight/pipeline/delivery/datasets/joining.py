"""The files of an export that speak of many pictures, made of the records of single ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from partsight.cad.exporting import model_ply
from partsight.cad.symmetry.finding import diameter_m
from partsight.files import read_json, write_bytes, write_json
from partsight.labels.formats.exact.bop import bop_model_info, by_number
from partsight.labels.formats.exact.coco_instances import CocoPicture, coco_file
from partsight.labels.formats.exact.yolo_tasks import write_data_yaml
from partsight.pipeline.delivery.datasets.picture import ExportJob, ExportPicture, object_ids, record_path, scene_folder
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.pipeline.symmetries import symmetry_of

SPLITS = ("train", "val", "test")


Recorded = Sequence[tuple[ExportPicture, Mapping[str, Any]]]
"""Pictures with their records."""


def read_records(job: ExportJob, pictures: Sequence[ExportPicture]) -> Recorded:
    """Read the records of all pictures. Raises StorageError."""
    return [(picture, read_json(record_path(job, picture))) for picture in pictures]


def join_records(job: ExportJob, recorded: Recorded, workspace: Workspace) -> None:
    """Write what a finished export holds beside its pictures. Raises StorageError."""
    if job.target == "bop":
        _join_bop(job, recorded)
        _write_models(job, workspace)
    elif job.target == "coco":
        _join_coco(job, recorded)
    else:
        names = job.all_keypoint_names if job.target == "yolo-pose" else ()
        write_data_yaml(job.folder, _used_splits(recorded), job.render.class_names, names)


def _used_splits(recorded: Recorded) -> list[str]:
    used = {picture.split for picture, _ in recorded}
    return [split for split in SPLITS if split in used]


def _join_coco(job: ExportJob, recorded: Recorded) -> None:
    for split in _used_splits(recorded):
        pictures = [
            CocoPicture(record["file_name"], picture.sample_id, picture.size_wh, record["annotations"])
            for picture, record in recorded
            if picture.split == split
        ]
        content = coco_file(pictures, job.render.class_names, job.keypoint_names)
        write_json(job.folder / "annotations" / f"instances_{split}.json", content)


def _join_bop(job: ExportJob, recorded: Recorded) -> None:
    scenes: dict[Path, dict[str, dict[int, Any]]] = {}
    for picture, record in recorded:
        folder, place = scene_folder(job, picture)
        entries = scenes.setdefault(folder, {"camera": {}, "gt": {}, "gt_info": {}})
        for kind, numbered in entries.items():
            numbered[place] = record[kind]
    for folder, entries in scenes.items():
        for kind, numbered in entries.items():
            write_json(folder / f"scene_{kind}.json", by_number(numbered))
    picture, record = recorded[0]
    write_json(job.folder / "camera.json", _simulated_camera(record["camera"], picture.size_wh))


def _simulated_camera(camera: Mapping[str, Any], size_wh: tuple[int, int]) -> Mapping[str, Any]:
    """Return what camera.json says: one camera that stands for all, for those who render models themselves."""
    focal_x, _, across, _, focal_y, down, *_ = camera["cam_K"]
    lens = {"fx": focal_x, "fy": focal_y, "cx": across, "cy": down, "width": size_wh[0], "height": size_wh[1]}
    return {**lens, "depth_scale": camera["depth_scale"]}


def _write_models(job: ExportJob, workspace: Workspace) -> None:
    parts = load_parts(job.render.parts_folder, dict(job.render.part_files))
    numbers, infos = object_ids(parts), dict[int, Any]()
    for name, variants in parts.items():
        for part in variants:
            number = numbers[name, part.key]
            write_bytes(job.folder / "models" / f"obj_{number:06d}.ply", model_ply(part))
            infos[number] = bop_model_info(part, diameter_m(part), symmetry_of(part, workspace)) | {"class": name}
    write_json(job.folder / "models" / "models_info.json", by_number(infos))
