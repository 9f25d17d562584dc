"""The materials that a thing wears in one picture."""

from partsight.randomize.context import DrawContext
from partsight.randomize.looks.grounds import sample_tool_material
from partsight.randomize.looks.materials import is_cad, sample_material, sample_surface, vary_materials
from partsight.randomize.looks.wear import wear_materials
from partsight.randomize.streams import chance, log_uniform
from partsight.structures.world.material import Material
from partsight.structures.world.part import Part, diagonal_m


def sample_materials(context: DrawContext, part: Part, number: int, *, is_classed: bool) -> tuple[Material, ...]:
    """Draw the materials of the thing of this number; each has its own stream, so that one more changes no other."""
    name, section = f"{'part' if is_classed else 'distractor'} {number}", context.section
    rng, traces = context.stream(f"materials of {name}"), context.stream(f"wear of {name}")
    if is_classed or is_cad(part):
        return wear_materials(traces, part, vary_materials(rng, part, section.materials), section.wear)
    if (workshop := section.background.workshop_share) and chance(rng, workshop):
        return wear_materials(traces, part, (sample_tool_material(rng),), section.wear)
    if chance(rng, 0.5):
        return (sample_surface(rng, diagonal_m(part.mesh) * log_uniform(rng, 0.3, 2.0)),)
    return (sample_material(rng),)
