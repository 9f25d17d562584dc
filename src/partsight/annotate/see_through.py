"""Which triangles of an instance hide what lies behind them: those whose material in the scene is not see-through."""

import functools

import numpy as np

from partsight.structures.world.part import Part, part_of_triangles
from partsight.structures.world.scene import Instance


def hiding_part(instance: Instance) -> Part:
    """Return the triangles of an instance that hide as a part in the same frame; the part itself where all do."""
    hiding = tuple(slot for slot, material in enumerate(instance.materials) if material.is_hiding)
    return instance.part if len(hiding) == len(instance.materials) else _with_slots(instance.part, hiding)


@functools.lru_cache(maxsize=32)
def _with_slots(part: Part, slots: tuple[int, ...]) -> Part:
    return part_of_triangles(part, np.isin(part.material_ids, slots), f"slots-{slots}")
