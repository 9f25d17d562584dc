"""Pictures of the parts themselves, for contact sheets and reports."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image as Pillow

from partsight.config.sections.render import RenderSection
from partsight.render.renderer import draw_scene, open_renderer
from partsight.render.sensor import expose
from partsight.structures.arrays import Image
from partsight.structures.world.camera import Camera, centered_intrinsics
from partsight.structures.world.light import EnvironmentMap, Lamp
from partsight.structures.world.part import Part, diagonal_m
from partsight.structures.world.scene import Background, Instance, Scene
from partsight.structures.world.transform import look_at

SAMPLES = 12
"""Paths per pixel: the light is even, so that more cannot be told apart."""
DIRECTION = np.array([1.0, -1.6, 0.9])
"""From the part to the camera: right, front, above."""


def draw_portraits(parts: Sequence[Part], size_px: int, section: RenderSection, num_threads: int) -> list[Image]:
    """Draw each part alone on white, as (size, size, 3) pictures, with the recipe's renderer."""
    settings = section.but(width=size_px, height=size_px, samples_per_pixel=SAMPLES)
    with open_renderer(settings, num_threads) as renderer:
        scenes = [portrait_scene(part, size_px) for part in parts]
        return [expose(draw_scene(renderer, scene), scene.sensor) for scene in scenes]


def portrait_scene(part: Part, size_px: int) -> Scene:
    """Return a scene that shows the whole part from the right, front and above."""
    diagonal = diagonal_m(part.mesh)
    direction = DIRECTION / np.linalg.norm(DIRECTION)
    camera = Camera(
        centered_intrinsics((size_px, size_px), 2.0 * size_px), look_at(direction * diagonal * 2.1, np.zeros(3))
    )
    lamp = Lamp((0.0, -2.5 * diagonal, 2.5 * diagonal), 0.6 * diagonal, (6.0, 6.0, 6.0))
    return Scene(
        camera=camera,
        instances=(Instance(part, np.eye(4), part.materials),),
        environment=EnvironmentMap(np.full((16, 32, 3), 0.7, np.float32)),
        lamps=(lamp,),
        background=Background(np.full((size_px, size_px, 3), 255, np.uint8)),
    )


def encode_png(image: Image) -> bytes:
    """Return a picture as PNG."""
    buffer = io.BytesIO()
    Pillow.fromarray(image).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
