"""A scene: everything a picture depends on, as plain data that knows no renderer."""

from dataclasses import dataclass, field

import numpy as np

from partsight.structures.arrays import Image, locked
from partsight.structures.offered import html_of
from partsight.structures.world.camera import Camera
from partsight.structures.world.light import EnvironmentMap, Lamp
from partsight.structures.world.material import Material
from partsight.structures.world.part import Part
from partsight.structures.world.sensor import Sensor
from partsight.structures.world.transform import Transform


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """One part at one place. Only instances with a class are labeled; the others are ground, walls and distractors."""

    part: Part
    world_from_part: Transform
    materials: tuple[Material, ...]
    """What `part.material_ids` index in this scene; as long as `part.materials`."""
    class_id: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "world_from_part", locked(self.world_from_part, np.float64, (4, 4)))
        if len(self.materials) != len(self.part.materials):
            raise ValueError(
                f"{len(self.materials)} materials for {len(self.part.materials)} slots of {self.part.name}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """A picture of the camera's size that stands behind everything and gives no light."""

    image_rgb: Image

    def __post_init__(self) -> None:
        object.__setattr__(self, "image_rgb", locked(self.image_rgb, np.uint8, (None, None, 3)))


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Camera, things, light and exposure of one picture; without a background the environment map is seen."""

    camera: Camera
    instances: tuple[Instance, ...]
    environment: EnvironmentMap
    lamps: tuple[Lamp, ...] = ()
    background: Background | None = None
    sensor: Sensor = field(default_factory=Sensor)
    render_seed: int = 0
    """Seed of the renderer's own sampling."""

    def _repr_html_(self) -> str:
        return html_of(self, "world", "show_scene")
