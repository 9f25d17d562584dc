"""Several parts among other things, lying, standing, or hovering before a picture, in any light."""

from dataclasses import dataclass

import numpy as np

from partsight.config.sections.randomize import RandomizeSection
from partsight.randomize.camera.exposure import sample_sensor
from partsight.randomize.camera.viewpoint import Viewpoint, put_on_lens, sample_viewpoint
from partsight.randomize.layouts.arrangement import (
    Footprint,
    find_air_place,
    find_ground_place,
    in_air,
    on_ground,
    rest,
    turn_freely,
)
from partsight.randomize.layouts.dropping import Drop, drop_layout
from partsight.randomize.layouts.layout import Body, Layout, pick_part
from partsight.randomize.layouts.standing import stand_layout
from partsight.randomize.light.lighting import sample_environment, sample_exposure, sample_lamps
from partsight.randomize.looks.backgrounds import sample_background
from partsight.randomize.looks.grounds import sample_tool_material
from partsight.randomize.looks.materials import is_cad, sample_material, sample_surface, vary_materials
from partsight.randomize.looks.wear import wear_materials
from partsight.randomize.streams import chance, log_uniform, stream
from partsight.randomize.surroundings import farthest_m, sample_support_surroundings, sample_surroundings
from partsight.randomize.things.distractors import Catalogue, sample_distractor
from partsight.structures.world.part import Part, diagonal_m
from partsight.structures.world.scene import Background, Instance, Scene


@dataclass(frozen=True, slots=True)
class ScatterSampler:
    """Picture i looks at a part of class i mod C; what else is seen is drawn."""

    section: RandomizeSection
    parts: tuple[tuple[Part, ...], ...]
    size_wh: tuple[int, int]
    seed: int
    others: tuple[Part, ...] = ()
    """Parts that are none of the classes."""

    def sample(self, index: int) -> Scene:
        """Draw one scene, each concern from its own stream."""
        section, layout = self.section, self.layout(index)
        distance = layout.viewpoint.distance_m
        surroundings = () if layout.is_floating else self._surroundings(index, layout)
        light = self._stream(index, "light")
        environment, lamps = sample_environment(light, section.light), sample_lamps(light, section.light, distance)
        exposure = sample_exposure(light, section.light)
        return Scene(
            camera=put_on_lens(self._stream(index, "lens"), section.camera, layout.viewpoint.camera),
            instances=(*self._dressed(index, layout), *surroundings),
            environment=environment,
            lamps=lamps,
            background=self._background(index) if layout.is_floating else None,
            sensor=sample_sensor(self._stream(index, "sensor"), section.sensor, self.size_wh[0], exposure),
            render_seed=index,
        )

    def _stream(self, index: int, concern: str) -> np.random.Generator:
        return stream(self.seed, index, concern)

    def layout(self, index: int) -> Layout:
        """Place parts, camera and distractors as the recipe's placement says."""
        if self.section.placement == "stand":
            return stand_layout(Drop(self.section, self.parts, self.size_wh, self.seed, index, self.others))
        return self._scattered(index)

    def _scattered(self, index: int) -> Layout:
        """Place the focus part, the camera before it, then neighbours and distractors where they fit."""
        rng, placement = self._stream(index, "placement"), self.section.scatter
        is_floating, is_empty = chance(rng, placement.float_share), chance(rng, placement.empty_share)
        focus = pick_part(rng, self.parts[index % len(self.parts)], self.section.size_jitter)
        if placement.physics.enabled and not is_floating:
            return self._dropped(index, focus, is_empty=is_empty)
        rotation = turn_freely(rng) if is_floating else rest(rng, focus)
        put = in_air if is_floating else on_ground
        transform, footprint = put(focus, rotation, np.zeros(3 if is_floating else 2))
        diagonal = diagonal_m(focus.mesh)
        camera_rng = self._stream(index, "camera")
        viewpoint = sample_viewpoint(camera_rng, self.section.camera, self.size_wh, transform[:3, 3], diagonal)
        taken = [] if is_empty else [footprint]
        bodies = [] if is_empty else [Body(focus, transform, index % len(self.parts))]
        if not is_empty:
            bodies += self._neighbours(rng, viewpoint, taken, is_floating=is_floating)
        bodies += self._distractors(index, viewpoint, taken, is_floating=is_floating, size_m=diagonal)
        return Layout(viewpoint, tuple(bodies), is_floating, diagonal / 2)

    def _dropped(self, index: int, focus: Part, *, is_empty: bool) -> Layout:
        """Let the parts, then the distractors, fall on a support."""
        drop = Drop(self.section, self.parts, self.size_wh, self.seed, index, self.others)
        return drop_layout(drop, focus, is_empty=is_empty)

    def _neighbours(
        self, rng: np.random.Generator, viewpoint: Viewpoint, taken: list[Footprint], *, is_floating: bool
    ) -> list[Body]:
        """Draw further parts of any class; those that find no place are left out."""
        low, high = self.section.scatter.parts_per_image
        bodies = []
        for _ in range(int(rng.integers(low, high + 1)) - 1):
            class_id = int(rng.integers(len(self.parts)))
            part = pick_part(rng, self.parts[class_id], self.section.size_jitter)
            bodies += _placed(rng, part, class_id, viewpoint, taken, is_floating=is_floating)
        return bodies

    def _distractors(
        self, index: int, viewpoint: Viewpoint, taken: list[Footprint], *, is_floating: bool, size_m: float
    ) -> list[Body]:
        rng, (low, high) = self._stream(index, "distractors"), self.section.distractors.per_image
        bodies, catalogue = [], Catalogue(self.parts, self.others)
        for _ in range(int(rng.integers(low, high + 1))):
            part = sample_distractor(rng, size_m * log_uniform(rng, 0.25, 2.0), self.section.distractors, catalogue)
            bodies += _placed(rng, part, None, viewpoint, taken, is_floating=is_floating)
        return bodies

    def _dressed(self, index: int, layout: Layout) -> list[Instance]:
        """Give every body its materials; each has its own stream, so that one body more changes no other."""
        dressed = []
        for number, body in enumerate(layout.bodies):
            kind = "distractor" if body.class_id is None else "part"
            rng = self._stream(index, f"materials of {kind} {number}")
            if body.class_id is not None or is_cad(body.part):
                plain = vary_materials(rng, body.part, self.section.materials)
                traces = self._stream(index, f"wear of {kind} {number}")
                materials = wear_materials(traces, body.part, plain, self.section.wear)
            elif (workshop := self.section.background.workshop_share) and chance(rng, workshop):
                traces = self._stream(index, f"wear of {kind} {number}")
                materials = wear_materials(traces, body.part, (sample_tool_material(rng),), self.section.wear)
            elif chance(rng, 0.5):
                materials = (sample_surface(rng, diagonal_m(body.part.mesh) * log_uniform(rng, 0.3, 2.0)),)
            else:
                materials = (sample_material(rng),)
            dressed.append(Instance(body.part, body.world_from_part, materials, body.class_id))
        return dressed

    def _surroundings(self, index: int, layout: Layout) -> tuple[Instance, ...]:
        rng = self._stream(index, "background")
        section = self.section.background
        if layout.support is not None:
            reach_m = max((farthest_m(body.part, body.world_from_part) for body in layout.bodies), default=0.0)
            return sample_support_surroundings(rng, section, layout.viewpoint, layout.support, reach_m)
        return sample_surroundings(rng, section, layout.viewpoint, layout.focus_radius_m)

    def _background(self, index: int) -> Background | None:
        """Draw a picture for behind hovering parts; in workshops half the time the room itself, out of focus."""
        rng, section = self._stream(index, "background"), self.section.background
        if section.vary and section.workshop_share and chance(rng, 0.5 * section.workshop_share):
            return None
        return Background(sample_background(rng, section, self.size_wh))


def _placed(
    rng: np.random.Generator,
    part: Part,
    class_id: int | None,
    viewpoint: Viewpoint,
    taken: list[Footprint],
    *,
    is_floating: bool,
) -> list[Body]:
    """Return the part where it fits, or nothing; what it takes is noted in `taken`."""
    rotation = turn_freely(rng) if is_floating else rest(rng, part)
    find = find_air_place if is_floating else find_ground_place
    found = find(rng, part, rotation, viewpoint, taken)
    if found is None:
        return []
    taken.append(found[1])
    return [Body(part, found[0], class_id)]
