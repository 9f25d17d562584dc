"""Surfaces are the parts' triangles in the world, split by material."""

import numpy as np
import pytest
from scenes import WHITE, ball_part, box_part, checkered_texture, placed, still_life

from partsight.render.surfaces import SurfaceCache
from partsight.structures.world.material import Material
from partsight.structures.world.transform import moved

TILES = Material("tiles", (1.0, 1.0, 1.0), texture=checkered_texture(0.05))


def corners_m(vertices_m, triangles):
    return np.sort(vertices_m[triangles].reshape(-1, 9), axis=0)


def surfaces_of(*instances):
    scene = still_life()
    return SurfaceCache().surfaces(type(scene)(scene.camera, instances, scene.environment))


@pytest.mark.parametrize("material", [WHITE, TILES])
def test_all_triangles_of_all_slots_are_drawn_where_the_instance_is(material):
    instance = placed(box_part(num_slots=3), (0.3, -0.2, 0.1), turn_deg=33, material=material)
    surfaces = surfaces_of(instance)
    drawn = np.concatenate([surface.vertices_m[surface.triangles] for surface in surfaces]).reshape(-1, 9)
    mesh = instance.part.mesh
    expected = moved(instance.world_from_part, mesh.vertices_m)[mesh.triangles].reshape(-1, 9)
    assert len(surfaces) == 3
    assert np.allclose(np.sort(drawn, axis=0), np.sort(expected, axis=0), atol=1e-12)


def test_normals_turn_with_the_instance_and_stay_unit_vectors():
    (surface,) = surfaces_of(placed(ball_part(), (0.1, 0.2, 0.3), turn_deg=50))
    outward = surface.vertices_m - np.array([0.1, 0.2, 0.3])
    assert np.allclose(surface.normals, outward / np.linalg.norm(outward, axis=1, keepdims=True), atol=1e-5)


def test_a_material_without_triangles_is_no_surface():
    assert len(surfaces_of(placed(box_part(num_slots=20)))) == 12


def test_a_texture_lies_undistorted_in_tiles_on_every_face():
    (surface,) = surfaces_of(placed(box_part(), turn_deg=20, material=TILES))
    corners, uvs = surface.vertices_m[surface.triangles], surface.uvs[surface.triangles]
    lengths_m = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    tiles = np.linalg.norm(uvs - np.roll(uvs, 1, axis=1), axis=2)
    assert np.allclose(tiles * 0.05, lengths_m, atol=1e-6)


def test_surfaces_name_their_instance():
    surfaces = SurfaceCache().surfaces(still_life())
    assert [surface.instance_index for surface in surfaces] == [0, 1, 2, 3]


def test_a_small_cache_gives_the_same_surfaces_as_a_large_one():
    small, large = SurfaceCache(capacity=1), SurfaceCache()
    for _ in range(2):
        pairs = zip(small.surfaces(still_life()), large.surfaces(still_life()), strict=True)
        assert all(np.array_equal(few.vertices_m, many.vertices_m) for few, many in pairs)
