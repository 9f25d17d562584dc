"""Scenes: a function of recipe, seed and number; every ingredient has its own stream and its own switch."""

import numpy as np
import pytest
from PIL import Image

from partsight.config.sections.randomize import RandomizeSection
from partsight.errors import SceneError
from partsight.randomize.sampler import open_sampler
from partsight.structures.world.scene import Scene
from tests.unit.randomize.drawing import PARTS, SIZE_WH, classed, layouts, sampler, scenes


def placed(scene: Scene):
    """What labels depend on."""
    bodies = [(i.class_id, i.part.key, i.world_from_part.round(12).tolist()) for i in scene.instances]
    return scene.camera.world_from_camera.tolist(), scene.camera.intrinsics, bodies


def look(scene: Scene):
    """What pixels depend on besides the layout."""
    materials = [
        (m.base_color, m.metallic, m.roughness, m.texture is None) for i in scene.instances for m in i.materials
    ]
    background = None if scene.background is None else scene.background.image_rgb.tobytes()
    return materials, scene.environment.radiance.tobytes(), scene.lamps, background, scene.sensor


@pytest.fixture(scope="module")
def plain() -> list[Scene]:
    return scenes()


def test_a_scene_is_a_function_of_seed_and_number(plain):
    other = sampler().sample(5)
    assert placed(other) == placed(plain[5])
    assert look(other) == look(plain[5])
    assert placed(other) != placed(sampler(seed=6).sample(5))


@pytest.mark.parametrize("placement", ["orbit", "scatter", "stand", {"scatter": 2, "stand": 1}], ids=str)
@pytest.mark.parametrize("physics", [False, True])
def test_a_scene_shows_its_layout(placement, physics):
    """Bodies of the layout come first, where the layout has them, seen by its camera; what follows has no class."""
    drawn = sampler(
        placement=placement, scatter__physics__enabled=physics, scatter__parts_per_image=(1, 3), light__vary=False
    )
    for index in range(4):
        layout, scene = drawn.layout(index), drawn.sample(index)
        assert scene.camera.world_from_camera.tobytes() == layout.viewpoint.camera.world_from_camera.tobytes()
        shown = scene.instances[: len(layout.bodies)]
        for body, instance in zip(layout.bodies, shown, strict=True):
            assert (instance.part.key, instance.class_id) == (body.part.key, body.class_id)
            assert instance.world_from_part.tobytes() == body.world_from_part.tobytes()
        assert all(instance.class_id is None for instance in scene.instances[len(layout.bodies) :])


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
def test_each_ingredient_changes_the_look_but_never_the_layout(switch, plain):
    changed = scenes(**switch)
    assert [placed(scene) for scene in plain] == [placed(scene) for scene in changed]
    assert any(look(a) != look(b) for a, b in zip(plain, changed, strict=True))


def test_a_plain_background_can_be_asked_for():
    hovering = scenes(background__vary=False, scatter__float_share=1.0, light__vary=False)
    assert all((scene.background.image_rgb == 200).all() for scene in hovering)


def test_only_hovering_parts_have_a_picture_behind_and_nothing_below():
    drawn = sampler(scatter__float_share=0.5, light__vary=False, distractors__per_image=(0, 0))
    for index in range(8):
        scene, is_floating = drawn.sample(index), drawn.layout(index).setting == "air"
        assert (scene.background is not None) == is_floating
        assert (len(scene.instances) == len(classed(scene))) == is_floating
    assert {layout.setting for layout in layouts(8, scatter__float_share=0.5)} == {"air", "ground"}


def test_the_baseline_is_gray_on_white_and_nothing_else():
    for scene in scenes(5, placement="orbit"):
        assert (scene.background.image_rgb == 255).all()
        assert [m.name for instance in scene.instances for m in instance.materials] == ["gray"]
        assert len(scene.lamps) == 1


def test_light_is_finite_and_bright_enough():
    for scene in scenes(20, scatter__parts_per_image=(1, 1), distractors__per_image=(0, 0), background__vary=False):
        assert np.isfinite(scene.environment.radiance).all()
        assert scene.environment.radiance.min() >= 0
        assert scene.environment.radiance.mean() > 0.02


def test_a_class_without_parts_is_refused():
    with pytest.raises(SceneError, match="cube"):
        open_sampler(RandomizeSection(), {**PARTS, "cube": ()}, SIZE_WH, 0)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(SceneError, match="no "):
        scenes(8, light__environment_folder=tmp_path)


def test_an_unreadable_environment_map_is_named(tmp_path):
    (tmp_path / "a.exr").write_bytes(b"nothing")
    with pytest.raises(SceneError, match=r"a\.exr"):
        scenes(20, light__environment_folder=tmp_path)


def test_an_unreadable_picture_of_a_place_is_named(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"nothing")
    with pytest.raises(SceneError, match=r"a\.jpg"):
        scenes(20, background__pictures=[tmp_path / "a.jpg"])


def test_places_are_shown_as_often_as_asked(tmp_path):
    Image.new("RGB", (64, 64), (255, 0, 255)).save(tmp_path / "a.png")
    for share, shown in ((0.0, 0), (1.0, 8)):
        drawn = scenes(
            8, background__pictures=[tmp_path / "a.png"], background__photo_share=share, scatter__float_share=1.0
        )
        assert sum((scene.background.image_rgb == (255, 0, 255)).all() for scene in drawn) == shown


@pytest.mark.shared
def test_real_environment_maps_are_read(shared):
    maps = scenes(12, light__environment_folder=shared / "real" / "hdri_cc0", scatter__parts_per_image=(1, 1))
    assert {scene.environment.radiance.shape for scene in maps} == {(128, 256, 3)}
