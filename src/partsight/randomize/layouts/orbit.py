"""One part on white from a grid of directions: the published baseline, with nothing added."""

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from partsight.config.sections.randomize import OrbitSection
from partsight.randomize.streams import stream
from partsight.structures.world.camera import Camera, centered_intrinsics
from partsight.structures.world.light import EnvironmentMap, Lamp
from partsight.structures.world.material import Material
from partsight.structures.world.part import Part, diagonal_m
from partsight.structures.world.scene import Background, Instance, Scene
from partsight.structures.world.transform import look_at

FOCAL = 1.8
"""Focal length in picture widths: PyVista's default view angle is 30°."""
STL_GREY = Material("grey", (0.6, 0.6, 0.6), 0.0, 0.6)


@dataclass(frozen=True, slots=True)
class OrbitSampler:
    """Picture i shows part i mod P from the next direction of a shuffled grid: the first pictures are balanced, too."""

    section: OrbitSection
    parts: tuple[tuple[Part, ...], ...]
    size_wh: tuple[int, int]
    seed: int
    views: tuple[tuple[float, float, float], ...] = field(init=False)
    """(azimuth, elevation, roll) in degrees, shuffled."""

    def __post_init__(self) -> None:
        grid = list(product(_azimuths(self.section), _elevations(self.section), _rolls(self.section)))
        order = stream(self.seed, 0, "orbit").permutation(len(grid))
        object.__setattr__(self, "views", tuple(grid[number] for number in order))

    def sample(self, index: int) -> Scene:
        """Return one part, grey on white."""
        class_id, turn = index % len(self.parts), index // len(self.parts)
        variants = self.parts[class_id]
        part = variants[turn % len(variants)]
        camera = self._camera(part, self.views[turn % len(self.views)])
        width, height = self.size_wh
        materials = (STL_GREY,) * len(part.materials) if self.section.grey else part.materials
        return Scene(
            camera=camera,
            instances=(Instance(part, np.eye(4), materials, class_id),),
            environment=EnvironmentMap(np.full((8, 16, 3), 0.8, np.float32)),
            lamps=(_headlight(camera, diagonal_m(part.mesh)),),
            background=Background(np.full((height, width, 3), 255, np.uint8)),
            render_seed=index,
        )

    def _camera(self, part: Part, view: tuple[float, float, float]) -> Camera:
        azimuth, elevation = np.deg2rad(view[:2])
        direction = np.array(
            [np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)]
        )
        focal_px = FOCAL * self.size_wh[0]
        distance_m = focal_px * diagonal_m(part.mesh) / (self.section.fill * min(self.size_wh))
        return Camera(
            centered_intrinsics(self.size_wh, focal_px), look_at(direction * distance_m, np.zeros(3), view[2])
        )


def _headlight(camera: Camera, diagonal: float) -> Lamp:
    """Return a lamp above and behind the camera, out of its sight."""
    eye_m = camera.world_from_camera[:3, 3]
    above_m = eye_m * 1.3 - camera.world_from_camera[:3, 1] * diagonal
    distance = float(np.linalg.norm(above_m)) / (0.3 * diagonal)
    return Lamp(tuple(above_m.tolist()), 0.3 * diagonal, (0.5 * distance**2,) * 3)


def _azimuths(section: OrbitSection) -> list[float]:
    return np.arange(0.0, 360.0, section.azimuth_step_deg).tolist()


def _elevations(section: OrbitSection) -> list[float]:
    return _stepped(*section.elevation_deg)


def _rolls(section: OrbitSection) -> list[float]:
    return _stepped(*section.roll_deg)


def _stepped(low: float, high: float, step: float) -> list[float]:
    """Return low, low + step … up to and including high."""
    return np.arange(low, high + step * 1e-6, step).tolist()
