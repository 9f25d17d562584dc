"""Small parts, and scenes and layouts of them; a recipe's keys are given as section__key=value."""

import numpy as np

from partsight.config.sections.randomize import RandomizeSection
from partsight.randomize.layouts.layout import Body, Layout
from partsight.randomize.sampler import SceneSampler, open_sampler
from partsight.randomize.solids import box, bracket
from partsight.structures.world.scene import Instance, Scene

PARTS = {
    "beam": (box(np.array([0.3, 0.05, 0.04])),),
    "angle": (bracket(np.array([0.1, 0.08, 0.12]), 0.01), bracket(np.array([0.2, 0.08, 0.12]), 0.02)),
    "cube": (box(np.array([0.1, 0.1, 0.1])),),
}
SIZE_WH = (160, 120)
LYING = {"scatter__float_share": 0.0, "scatter__empty_share": 0.0}
DARK = {"light__vary": False}
"""The plain sky, where light is not what is asked about: drawing a room takes longest."""


def sampler(seed: int = 5, *, parts=PARTS, others=(), **changes) -> SceneSampler:
    section = RandomizeSection().model_dump()
    for name, value in changes.items():
        *groups, key = name.split("__")
        within = section
        for group in groups:
            within = within[group]
        within[key] = value
    return open_sampler(RandomizeSection.model_validate(section), parts, SIZE_WH, seed, others)


def scenes(count: int = 6, **changes) -> list[Scene]:
    drawn = sampler(**changes)
    return [drawn.sample(index) for index in range(count)]


def layouts(count: int = 12, **changes) -> list[Layout]:
    drawn = sampler(**changes)
    return [drawn.layout(index) for index in range(count)]


def classed(drawn: Scene | Layout) -> list[Instance] | list[Body]:
    """What belongs to a class, of a scene or of a layout."""
    things = drawn.instances if isinstance(drawn, Scene) else drawn.bodies
    return [thing for thing in things if thing.class_id is not None]


def places(drawn: Scene | Layout):
    """The parts of classes, bit by bit."""
    return [(thing.class_id, thing.part.key, thing.world_from_part.tobytes()) for thing in classed(drawn)]


def eye_m(layout: Layout) -> np.ndarray:
    return layout.viewpoint.camera.world_from_camera[:3, 3]
