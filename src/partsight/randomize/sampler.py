"""The way from a recipe's section to scenes: where things are, what they look like, what lights them, what the camera adds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from partsight.config.sections.randomize import RandomizeSection
from partsight.errors import SceneError
from partsight.randomize.camera.exposure import sample_sensor
from partsight.randomize.camera.viewpoint import put_on_lens
from partsight.randomize.context import DrawContext
from partsight.randomize.layouts.dropped import sample_dropped
from partsight.randomize.layouts.layout import Layout, LayoutSampler
from partsight.randomize.layouts.orbit import sample_orbit
from partsight.randomize.layouts.scattered import sample_scattered
from partsight.randomize.layouts.standing import sample_standing
from partsight.randomize.light.lighting import sample_environment, sample_exposure, sample_lamps
from partsight.randomize.looks.backgrounds import sample_backdrop
from partsight.randomize.looks.dressing import sample_materials
from partsight.randomize.placement import LayoutName, sample_placement
from partsight.randomize.studio import show_in_studio
from partsight.randomize.surroundings import sample_surroundings
from partsight.structures.world.part import Part
from partsight.structures.world.scene import Instance, Scene

LAYOUTS: Mapping[LayoutName, LayoutSampler] = {
    "orbit": sample_orbit,
    "scattered": sample_scattered,
    "dropped": sample_dropped,
    "standing": sample_standing,
}


@dataclass(frozen=True, slots=True)
class SceneSampler:
    """Draws scenes; scene `index` depends on section, parts, seed and index alone, and looks at a part of class index mod C."""

    section: RandomizeSection
    parts: tuple[tuple[Part, ...], ...]
    """The variants of each class."""
    size_wh: tuple[int, int]
    seed: int
    others: tuple[Part, ...] = ()
    """Parts that are none of the classes."""

    def sample(self, index: int) -> Scene:
        """Draw one scene."""
        context, layout = self._context(index), self.layout(index)
        return show_in_studio(context, layout) if layout.setting == "studio" else _shown(context, layout)

    def layout(self, index: int) -> Layout:
        """Draw where things are in one scene, and from where they are seen."""
        context = self._context(index)
        return LAYOUTS[sample_placement(context)](context)

    def _context(self, index: int) -> DrawContext:
        return DrawContext(self.section, self.parts, self.size_wh, self.seed, index, self.others)


def open_sampler(
    section: RandomizeSection,
    parts: Mapping[str, Sequence[Part]],
    size_wh: tuple[int, int],
    seed: int,
    others: Sequence[Part] = (),
) -> SceneSampler:
    """Return the recipe's sampler; class numbers follow the order of `parts`, `others` are none of the classes. Raises SceneError."""
    empty = [name for name, variants in parts.items() if not variants]
    if empty or not parts:
        raise SceneError(f"classes without any part: {', '.join(empty) or 'all'}. Give each at least one CAD file.")
    return SceneSampler(section, tuple(tuple(group) for group in parts.values()), size_wh, seed, tuple(others))


def _shown(context: DrawContext, layout: Layout) -> Scene:
    """Draw what a layout looks like, each concern from its own stream."""
    section, light, ground = context.section, context.stream("light"), context.stream("background")
    is_floating = layout.setting == "air"
    environment = sample_environment(light, section.light)
    lamps = sample_lamps(light, section.light, layout.viewpoint.distance_m)
    exposure = sample_exposure(light, section.light)
    return Scene(
        camera=put_on_lens(context.stream("lens"), section.camera, layout.viewpoint.camera),
        instances=(*_dressed(context, layout), *sample_surroundings(ground, section.background, layout)),
        environment=environment,
        lamps=lamps,
        background=sample_backdrop(ground, section.background, context.size_wh) if is_floating else None,
        sensor=sample_sensor(context.stream("sensor"), section.sensor, context.size_wh[0], exposure),
        render_seed=context.index,
    )


def _dressed(context: DrawContext, layout: Layout) -> list[Instance]:
    """Give every body its materials."""
    worn = (
        sample_materials(context, body.part, number, is_classed=body.class_id is not None)
        for number, body in enumerate(layout.bodies)
    )
    return [
        Instance(body.part, body.world_from_part, materials, body.class_id)
        for body, materials in zip(layout.bodies, worn, strict=True)
    ]
