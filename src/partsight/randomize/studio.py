"""The look of the published baseline: a part in light gray on white, a lamp behind the camera, an ideal camera."""

import numpy as np

from partsight.randomize.context import DrawContext
from partsight.randomize.layouts.layout import Body, Layout
from partsight.structures.world.camera import Camera
from partsight.structures.world.light import EnvironmentMap, Lamp
from partsight.structures.world.material import Material
from partsight.structures.world.scene import Background, Instance, Scene

STL_GRAY = Material("gray", (0.6, 0.6, 0.6), 0.0, 0.6)


def show_in_studio(context: DrawContext, layout: Layout) -> Scene:
    """Return the scene of a layout; nothing is drawn."""
    width, height = context.size_wh
    camera = layout.viewpoint.camera
    return Scene(
        camera=camera,
        instances=tuple(_painted(body, is_gray=context.section.orbit.gray) for body in layout.bodies),
        environment=EnvironmentMap(np.full((8, 16, 3), 0.8, np.float32)),
        lamps=(_headlight(camera, 2 * layout.focus_radius_m),),
        background=Background(np.full((height, width, 3), 255, np.uint8)),
        render_seed=context.index,
    )


def _painted(body: Body, *, is_gray: bool) -> Instance:
    materials = (STL_GRAY,) * len(body.part.materials) if is_gray else body.part.materials
    return Instance(body.part, body.world_from_part, materials, body.class_id)


def _headlight(camera: Camera, diagonal: float) -> Lamp:
    """Return a lamp above and behind the camera, out of its sight."""
    eye_m = camera.world_from_camera[:3, 3]
    above_m = eye_m * 1.3 - camera.world_from_camera[:3, 1] * diagonal
    distance = float(np.linalg.norm(above_m)) / (0.3 * diagonal)
    return Lamp(tuple(above_m.tolist()), 0.3 * diagonal, (0.5 * distance**2,) * 3)
