"""Scenes: a function of recipe, seed and number; every ingredient has its own stream and its own switch."""

import numpy as np
import pytest

from partsight.config.sections.randomize import OrbitSection, RandomizeSection
from partsight.errors import SceneError
from partsight.randomize.sampler import open_sampler
from partsight.randomize.solids import box, bracket
from partsight.structures.world.camera import project
from partsight.structures.world.material import Material
from partsight.structures.world.scene import Scene
from partsight.structures.world.transform import moved

PARTS = {
    "beam": (box(np.array([0.3, 0.05, 0.04])),),
    "angle": (bracket(np.array([0.1, 0.08, 0.12]), 0.01), bracket(np.array([0.2, 0.08, 0.12]), 0.02)),
    "cube": (box(np.array([0.1, 0.1, 0.1])),),
}
SIZE_WH = (160, 120)


def sampler(seed: int = 5, **changes):
    """Sections are given as section__key=value."""
    section = RandomizeSection()
    for name, value in changes.items():
        group, _, key = name.partition("__")
        changed = getattr(section, group).but(**{key: value}) if key else value
        section = section.but(**{group: changed})
    return open_sampler(section, PARTS, SIZE_WH, seed)


def scenes(count: int = 12, **changes) -> list[Scene]:
    drawn = sampler(**changes)
    return [drawn.sample(index) for index in range(count)]


def classed(scene: Scene):
    return [instance for instance in scene.instances if instance.class_id is not None]


def layout(scene: Scene):
    """What labels depend on."""
    placed = [(i.class_id, i.part.key, i.world_from_part.round(12).tolist()) for i in scene.instances]
    return scene.camera.world_from_camera.tolist(), scene.camera.intrinsics, placed


def look(scene: Scene):
    """What pixels depend on besides the layout."""
    materials = [
        (m.base_color, m.metallic, m.roughness, m.texture is None) for i in scene.instances for m in i.materials
    ]
    background = None if scene.background is None else scene.background.image_rgb.tolist()
    return materials, scene.environment.radiance.tolist(), scene.lamps, background, scene.sensor


def test_a_scene_is_a_function_of_seed_and_number():
    one, other = sampler(), sampler()
    other.sample(3)
    assert layout(one.sample(7)) == layout(other.sample(7))
    assert look(one.sample(7)) == look(sampler().sample(7))
    assert layout(one.sample(7)) != layout(sampler(seed=6).sample(7))


@pytest.mark.parametrize(
    "switch",
    [
        {"light__vary": False},
        {"sensor__vary": False},
        {"materials__texture_share": 1.0},
        {"materials__recolor_share": 1.0},
        {"materials__vary": False},
        {"light__lamps": (9, 9)},
    ],
)
def test_each_ingredient_changes_the_look_but_never_the_layout(switch):
    plain, changed = scenes(), scenes(**switch)
    assert [layout(scene) for scene in plain] == [layout(scene) for scene in changed]
    assert any(look(a) != look(b) for a, b in zip(plain, changed, strict=True))


def test_distractors_leave_the_parts_where_they_are():
    plain, changed = scenes(distractors__per_image=(0, 0)), scenes(distractors__per_image=(5, 5))
    for one, other in zip(plain, changed, strict=True):
        assert [i.world_from_part.tolist() for i in classed(one)] == [
            i.world_from_part.tolist() for i in classed(other)
        ]
    assert sum(len(scene.instances) for scene in changed) > sum(len(scene.instances) for scene in plain)


def test_a_plain_background_can_be_asked_for():
    hovering = scenes(background__vary=False, scatter__float_share=1.0)
    assert all((scene.background.image_rgb == 200).all() for scene in hovering)


def test_resting_parts_touch_the_ground_and_sink_nowhere():
    for scene in scenes(30, scatter__float_share=0.0):
        for instance in classed(scene):
            lowest = moved(instance.world_from_part, instance.part.mesh.vertices_m)[:, 2].min()
            assert abs(lowest) < 1e-9


def test_resting_parts_do_not_overlap():
    """On the ground, boxes of two cubes' corners never lie inside each other."""
    for scene in scenes(20, scatter__float_share=0.0, scatter__parts_per_image=(4, 4), scatter__empty_share=0.0):
        cubes = [i for i in classed(scene) if i.part is PARTS["cube"][0]]
        for one in cubes:
            for other in cubes:
                if one is not other:
                    distance = np.linalg.norm((one.world_from_part - other.world_from_part)[:2, 3])
                    assert distance > 0.1 - 1e-9


def test_the_object_looked_at_is_in_the_picture():
    for scene in scenes(40, scatter__empty_share=0.0):
        focus = classed(scene)[0]
        pixels, depth = project(scene.camera, focus.world_from_part[None, :3, 3])
        assert depth[0] > 0
        assert (pixels[0] >= 0).all()
        assert (pixels[0] <= SIZE_WH).all()


def test_classes_are_looked_at_in_turn():
    counts = np.bincount([classed(scene)[0].class_id for scene in scenes(60, scatter__empty_share=0.0)])
    assert counts.tolist() == [20, 20, 20]


def test_the_stated_share_of_pictures_is_empty():
    empty = sum(not classed(scene) for scene in scenes(200, scatter__empty_share=0.3, distractors__per_image=(0, 0)))
    assert 40 <= empty <= 80


def test_size_jitter_changes_true_sizes():
    sizes = {
        round(float(np.ptp(classed(s)[0].part.mesh.vertices_m)), 6)
        for s in scenes(9, size_jitter=0.1, scatter__empty_share=0.0)
    }
    assert len(sizes) == 9


def test_light_is_finite_and_bright_enough():
    for scene in scenes(30):
        assert np.isfinite(scene.environment.radiance).all()
        assert scene.environment.radiance.min() >= 0
        assert scene.environment.radiance.mean() > 0.02


def test_the_orbit_is_the_whole_grid_balanced_from_the_start():
    drawn = sampler(placement="orbit", orbit=OrbitSection(azimuth_step_deg=90.0, roll_deg=(-20.0, 20.0, 20.0)))
    seen = [drawn.sample(index) for index in range(3 * 4 * 8 * 3)]
    assert np.bincount([s.instances[0].class_id for s in seen[:9]]).tolist() == [3, 3, 3]
    assert (
        len({s.camera.world_from_camera.round(9).tobytes() for s in seen if s.instances[0].class_id == 2}) == 4 * 8 * 3
    )
    assert all((s.background.image_rgb == 255).all() and len(s.instances) == 1 for s in seen[:5])
    assert all(m == Material("grey", (0.6, 0.6, 0.6), 0.0, 0.6) for m in seen[0].instances[0].materials)


def test_the_published_grid_has_4800_pictures_for_five_parts():
    assert len(sampler(placement="orbit").views) * 5 == 4800


def test_a_class_without_parts_is_refused():
    with pytest.raises(SceneError, match="cube"):
        open_sampler(RandomizeSection(), {**PARTS, "cube": ()}, SIZE_WH, 0)


@pytest.mark.parametrize("group", ["background__folder", "light__environment_folder"])
def test_an_empty_folder_is_refused(tmp_path, group):
    with pytest.raises(SceneError, match="no "):
        scenes(8, **{group: tmp_path})


@pytest.mark.parametrize(("group", "name"), [("background__folder", "a.jpg"), ("light__environment_folder", "a.exr")])
def test_an_unreadable_file_is_named(tmp_path, group, name):
    (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(SceneError, match=name.replace(".", r"\.")):
        scenes(20, **{group: tmp_path})


@pytest.mark.shared
def test_real_environment_maps_are_read(shared):
    maps = scenes(12, light__environment_folder=shared / "real" / "hdri_cc0")
    assert {scene.environment.radiance.shape for scene in maps} == {(128, 256, 3)}
