"""The exact figures of every occurrence: each product is examined once, however often it stands."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from partsight.cad.readers.exact.labels import meters_per_unit, shape_of
from partsight.cad.readers.exact.occurrences import Occurrence
from partsight.cad.readers.exact.soundness import Soundness, examine_shape, signature
from partsight.cad.readers.exact.stated import Statement, differences, read_statement
from partsight.cad.readers.pieces import ExactBody


def examine_bodies(
    document: Any, occurrences: Sequence[Occurrence], tolerance: float
) -> dict[tuple[int, ...], ExactBody]:
    """Return the figures of each occurrence by the numbers of its node; gaps below the tolerance are none."""
    meters = meters_per_unit(document)
    examined: dict[str, tuple[Soundness, Statement, tuple[str, ...]]] = {}
    found = {}
    for one in occurrences:
        if one.product_entry not in examined:
            shape, stated = shape_of(one.product), read_statement(one.product)
            sound = examine_shape(shape, tolerance)
            examined[one.product_entry] = sound, stated, differences(stated, sound, shape)
        sound, stated, told = examined[one.product_entry]
        found[one.node.ids] = _body(one, sound, stated, told, meters)
    return found


def _body(
    occurrence: Occurrence, sound: Soundness, stated: Statement, told: tuple[str, ...], meters: float
) -> ExactBody:
    scale = abs(float(np.linalg.det(occurrence.world_from_product[:3, :3])))
    name = occurrence.node.product or occurrence.node.names[-1]
    return ExactBody(
        volume_m3=None if sound.volume is None else sound.volume * scale * meters**3,
        num_open_edges=sound.num_open_edges,
        num_unjoined_edges=sound.num_unjoined_edges,
        num_flipped_edges=sound.num_flipped_edges,
        num_inside_out=sound.num_inside_out,
        marks=tuple(signature(solid, occurrence.world_from_product) for solid in sound.solids),
        material=stated.material,
        density_kg_m3=stated.density_kg_m3,
        remarks=tuple(f"{name}: {text}" for text in told),
    )
