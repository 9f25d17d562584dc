"""Labels never lie on nothing: parts of 10 µm to 1 km are in the picture where the labels say, whatever draws."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scenes import RED_PLASTIC, ball_part, box_part, camera, checkered_texture, placed, still_life, uniform_environment
from scipy.ndimage import binary_dilation, binary_erosion

from partsight.annotate.annotating import annotate_scene
from partsight.annotate.darkness import drop_unlit
from partsight.config.sections.annotate import AnnotateSection
from partsight.config.sections.randomize import RandomizeSection
from partsight.config.sections.render import RenderSection
from partsight.randomize.sampler import open_sampler
from partsight.render.reach import within_reach
from partsight.render.renderer import draw_scene, open_renderer
from partsight.render.sensor import expose
from partsight.structures.world.light import EnvironmentMap
from partsight.structures.world.material import Material
from partsight.structures.world.scene import Scene

SIZES_M = (1e-5, 2e-4, 0.1, 40.0, 1000.0)
SECTION = AnnotateSection(min_side_px=0.0, min_visible_fraction=0.0)
RENDERERS = {
    "pyvista": RenderSection(renderer="pyvista"),
    "mitsuba": RenderSection(renderer="mitsuba", samples_per_pixel=4, max_depth=3, denoise=False),
}


@pytest.fixture(scope="module", params=list(RENDERERS))
def renderer(request):
    if request.param == "pyvista":
        pytest.importorskip("pyvista", reason="the extra [pyvista] is not installed")
    with open_renderer(RENDERERS[request.param], 2) as opened:
        yield opened


def part_mask(scene: Scene):
    mask = annotate_scene(scene, SECTION).instance_mask
    return np.isin(mask, [number for number, one in enumerate(scene.instances) if one.class_id is not None])


def drawn_mask(renderer, scene: Scene):
    """Where the picture differs from that of a scene whose parts are black."""
    black = Material("black", (0.0, 0.0, 0.0), 0.0, 1.0)
    darkened = tuple(
        one if one.class_id is None else replace(one, materials=(black,) * len(one.materials))
        for one in scene.instances
    )
    pictures = [draw_scene(renderer, tried).radiance for tried in (scene, replace(scene, instances=darkened))]
    return np.abs(pictures[0] - pictures[1]).max(axis=2) > 0.05


@pytest.mark.parametrize(
    ("placement", "size_m"),
    [*(("orbit", size_m) for size_m in SIZES_M), *product(("scatter", "stand"), (SIZES_M[0], SIZES_M[-1]))],
)
def test_what_is_labeled_is_in_the_picture_and_the_other_way_round(renderer, size_m, placement):
    """But for pixels on the outline, of which a renderer sees a part."""
    white = replace(ball_part(size_m / 2, 8), materials=(Material("white", (0.9, 0.9, 0.9), 0.0, 0.8),))
    section = RandomizeSection.model_validate({
        "placement": placement, "light": {"vary": False}, "background": {"vary": False}, "camera": {"object_size": (0.4, 0.5)},
    })  # fmt: skip
    scene = replace(
        open_sampler(section, {"ball": [white]}, (48, 48), seed=1).sample(0), environment=uniform_environment()
    )
    labeled, drawn = part_mask(scene), drawn_mask(renderer, scene)
    assert labeled.sum() > 20
    assert drawn[binary_erosion(labeled)].mean() > 0.95
    assert drawn[labeled].mean() > 0.85
    if placement == "orbit":  # elsewhere parts lighten the ground around them
        assert not drawn[~binary_dilation(labeled, iterations=2)].any()


def test_a_scene_of_any_size_gives_the_same_picture(renderer):
    """Textures, lamps and shadows grow with it."""
    scene = still_life((48, 48))
    expected = draw_scene(renderer, scene).radiance
    for factor in (1e-5, 1e4):
        found = draw_scene(renderer, grown(scene, factor)).radiance
        assert np.abs(found - expected).mean() < 0.02 * expected.mean(), factor


def grown(scene: Scene, factor: float) -> Scene:
    def grow(one):
        texture = replace(checkered_texture(), size_m=0.1 * factor)
        mesh = replace(one.part.mesh, vertices_m=one.part.mesh.vertices_m * factor)
        pose = one.world_from_part.copy()
        pose[:3, 3] *= factor
        materials = tuple(replace(m, texture=texture) if m.texture else m for m in one.materials)
        part = replace(one.part, mesh=mesh, key=f"{one.part.key} grown {factor}")
        return replace(one, part=part, world_from_part=pose, materials=materials)

    pose = scene.camera.world_from_camera.copy()
    pose[:3, 3] *= factor
    lamps = tuple(
        replace(lamp, radius_m=lamp.radius_m * factor, position_m=tuple(np.array(lamp.position_m) * factor))
        for lamp in scene.lamps
    )
    return replace(
        scene,
        camera=replace(scene.camera, world_from_camera=pose),
        instances=tuple(map(grow, scene.instances)),
        lamps=lamps,
    )


def test_scenes_of_ordinary_size_are_drawn_exactly_as_they_are():
    scene = still_life()
    assert within_reach(scene) is scene
    inside = replace(scene, camera=camera(eye_m=(0.02, 0.0, 0.0), target_m=(1.0, 0.0, 0.0)))
    assert within_reach(replace(inside, instances=(placed(box_part(), (0.06, 0.0, 0.0)),))).camera is inside.camera


def test_what_lies_in_the_dark_is_not_labeled_but_counted(renderer):
    night = EnvironmentMap(np.zeros((16, 32, 3), np.float32))
    lit = Scene(camera((48, 48)), (placed(ball_part(), material=RED_PLASTIC),), uniform_environment())
    for scene, expected in ((lit, 1), (replace(lit, environment=night), 0)):
        picture = expose(draw_scene(renderer, scene), scene.sensor)
        annotation = drop_unlit(annotate_scene(scene, SECTION), picture)
        assert (len(annotation.objects), annotation.num_hidden) == (expected, 1 - expected)
