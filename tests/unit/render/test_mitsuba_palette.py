"""Scenes have few meshes, whatever is in them, and every triangle still knows its instance."""

from dataclasses import replace

import numpy as np
import pytest
from scenes import still_life

from partsight.render.backends import mitsuba_scene
from partsight.render.backends.mitsuba_palette import paint_meshes
from partsight.render.backends.mitsuba_scene import ALIGNMENT_BYTES, load_scene
from partsight.render.surfaces import SurfaceCache
from partsight.structures.world.light import Lamp


@pytest.fixture
def surfaces():
    return SurfaceCache().surfaces(still_life((32, 32)))


def test_everything_plain_is_one_mesh_and_each_textured_material_another(surfaces):
    textured = {id(surface.material.texture) for surface in surfaces if surface.material.texture is not None}
    meshes = paint_meshes(surfaces)
    assert textured, "the scene is too plain to tell"
    assert len(meshes) == 1 + len(textured) < len(surfaces)


def test_no_triangle_is_lost_or_changes_its_instance(surfaces):
    meshes = paint_meshes(surfaces)
    for instance in {surface.instance_index for surface in surfaces}:
        own = sum(len(surface.triangles) for surface in surfaces if surface.instance_index == instance)
        assert sum(int((mesh.instance_ids == instance).sum()) for mesh in meshes) == own


def test_see_through_and_opaque_surfaces_are_never_one_mesh(surfaces):
    plain = [surface for surface in surfaces if surface.material.texture is None]
    glass = replace(plain[0], material=replace(plain[0].material, opacity=0.5))
    assert len(paint_meshes([*plain, glass])) == 2
    assert {mesh.wall_opacity < 1 for mesh in paint_meshes([*plain, glass])} == {True, False}


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("dtype", [np.float32, np.uint32])
def test_arrays_begin_where_vector_registers_load_from_wherever_they_came_from(size, dtype):
    for start in range(4):
        values = np.arange(size + start)[start:].astype(dtype)
        aligned = mitsuba_scene._aligned(values, dtype)
        assert aligned.ctypes.data % ALIGNMENT_BYTES == 0
        np.testing.assert_array_equal(aligned, values)


@pytest.mark.parametrize("num_lamps", [0, 1, 4])
def test_scenes_with_few_lamps_have_one_structure_and_a_lamp_that_is_dark(num_lamps, monkeypatch):
    loaded = []

    class FakeMitsuba:
        """Takes the description of a scene as Mitsuba does."""

        def load_dict(self, description, **_options):
            loaded.append(description)

    for maker in ("_mesh", "_sensor", "_environment"):
        monkeypatch.setattr(mitsuba_scene, maker, lambda *_: None)
    lamp = Lamp((0.0, 0.0, 1.0), 0.1, (1.0, 1.0, 1.0))
    scene = replace(still_life((32, 32)), lamps=(lamp,) * num_lamps)
    load_scene(FakeMitsuba(), scene, meshes=[], integrator={})
    weights = [thing["emitter"]["sampling_weight"] for name, thing in loaded[0].items() if name.startswith("lamp_")]
    assert (len(weights), sum(weights)) == (8, num_lamps)
    assert sum(name.startswith("surface_") for name in loaded[0]) == 8
