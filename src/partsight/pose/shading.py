"""How well light on a shape explains the brightness of a look: one of several poses that share an outline fits better inside."""

import numpy as np

from partsight.pose.look import Closeup
from partsight.pose.shapes.drawing import Drawing
from partsight.pose.shapes.shape import PartShape
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.world.transform import Transform

_RIDGE = 1e-3


def shading_fit(drawing: Drawing, shape: PartShape, look_from_part: Transform, look: Closeup) -> float:
    """Return the share of the brightness's variance within the outline that normals and sub-parts explain, 0…1.

    Brightness is a sum of spherical harmonics of the normal to the second order, as of any distant light on a matt surface
    (Ramamoorthi & Hanrahan 2001), and a constant for each sub-part's color.
    """
    seen = drawing.triangle_ids >= 0
    seen &= np.indices(seen.shape).sum(axis=0) % 2 == 0  # every other pixel tells as much
    triangles, brightness = drawing.triangle_ids[seen], np.sqrt(look.pixels[seen].mean(axis=1))
    if not len(triangles):
        return 0.0
    terms = _terms(shape.normals[triangles] @ look_from_part[:3, :3].T, shape.node_ids[triangles])
    weights = np.linalg.solve(terms.T @ terms + _RIDGE * np.eye(terms.shape[1]), terms.T @ brightness)
    unexplained, total = ((brightness - terms @ weights) ** 2).sum(), ((brightness - brightness.mean()) ** 2).sum()
    return float(np.clip(1 - unexplained / max(total, 1e-6), 0, 1))


def _terms(normals: FloatArray, node_ids: IntArray) -> FloatArray:
    """Return (N, K) what brightness is made of."""
    x, y, z = normals.T
    light = [np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1]
    return np.column_stack([*light, node_ids[:, None] == np.unique(node_ids)])
