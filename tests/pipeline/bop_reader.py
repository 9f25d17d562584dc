"""A small reader of BOP folders, written from the format's description alone."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from PIL import Image

from partsight.structures.world.camera import Camera, Intrinsics
from tests.unit.annotate.scenes import instance_at, part_of, scene_of


@dataclass
class BopPicture:
    """One picture of a scene; lengths in millimeters."""

    folder: Path
    number: int
    camera: dict[str, Any]
    truths: list[dict[str, Any]]
    infos: list[dict[str, Any]]

    @property
    def rgb(self):
        return np.asarray(Image.open(self.folder / "rgb" / f"{self.number:06d}.png"))

    @property
    def depth_mm(self):
        steps = Image.open(self.folder / "depth" / f"{self.number:06d}.png")
        assert steps.mode.startswith("I;16")
        return np.asarray(steps).astype(float) * self.camera["depth_scale"]

    def mask(self, kind, place):
        mask = np.asarray(Image.open(self.folder / kind / f"{self.number:06d}_{place:06d}.png"))
        assert set(np.unique(mask)) <= {0, 255}
        return mask > 0


def read_scene(folder: Path) -> list[BopPicture]:
    named = {kind: json.loads((folder / f"scene_{kind}.json").read_text()) for kind in ("camera", "gt", "gt_info")}
    return [
        BopPicture(folder, int(number), camera, named["gt"][number], named["gt_info"][number])
        for number, camera in named["camera"].items()
    ]


def read_models(folder: Path) -> dict[int, tuple[trimesh.Trimesh, dict[str, Any]]]:
    infos = json.loads((folder / "models_info.json").read_text())
    meshes = {int(number): trimesh.load(folder / f"obj_{int(number):06d}.ply", process=False) for number in infos}
    return {number: (mesh, infos[str(number)]) for number, mesh in meshes.items()}


def scene_of_instance(picture: BopPicture, place: int, models) -> Any:
    """One instance alone before a pinhole at the origin, in meters, for the independent rasterizer."""
    truth = picture.truths[place]
    mesh, _ = models[truth["obj_id"]]
    matrix = np.reshape(picture.camera["cam_K"], (3, 3))
    height, width = picture.depth_mm.shape
    intrinsics = Intrinsics((width, height), matrix[0, 0], (matrix[0, 2] + 0.5, matrix[1, 2] + 0.5))
    pose = np.eye(4)
    pose[:3, :3] = np.reshape(truth["cam_R_m2c"], (3, 3))
    pose[:3, 3] = np.array(truth["cam_t_m2c"]) / 1000
    return scene_of(Camera(intrinsics, np.eye(4)), instance_at(part_of(mesh.vertices / 1000, mesh.faces), pose))
