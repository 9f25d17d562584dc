"""Plain drawings of a part."""

from dataclasses import replace

import numpy as np
import trimesh

from partsight.cad.views.drawing import draw_views
from partsight.structures.world.material import Material
from tests.unit.cad.conftest import read_here


def test_a_drawing_shows_what_is_behind_a_see_through_cover(tmp_path):
    """A red ball in a box: red in the middle behind glass, not behind paint, and paler than without the box."""
    path = tmp_path / "a.stl"
    trimesh.util.concatenate([trimesh.creation.box((50, 50, 50)), trimesh.creation.icosphere(radius=10)]).export(path)
    ((whole, _),) = read_here(path)
    red, glass = Material("paint", (0.8, 0.0, 0.0)), Material("glass", (0.8, 0.9, 1.0), opacity=0.4)
    inside = np.linalg.norm(whole.mesh.vertices_m[whole.mesh.triangles].mean(axis=1), axis=1) < 0.011
    covered = replace(whole, materials=(glass, red), material_ids=inside)
    painted = replace(covered, materials=(replace(glass, opacity=1.0), red))
    bare = replace(covered, materials=(replace(glass, opacity=0.0), red))
    middles = [draw_views(part, [(0, -1, 0)], 60)[0][30, 30].astype(int) for part in (covered, painted, bare)]
    redness = [int(pixel[0] - pixel[2]) for pixel in middles]
    assert redness[2] > redness[0] > 20 > redness[1]
