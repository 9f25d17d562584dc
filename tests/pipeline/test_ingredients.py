"""Every ingredient of pictures is one key: turned off it changes what is seen, and never what the labels say."""

import numpy as np
import pytest

from partsight.annotate.annotating import annotate_scene
from partsight.config.recipe import Recipe
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.randomize.sampler import open_sampler
from partsight.render.renderer import draw_scene, open_renderer
from partsight.render.sensor import encode_picture, expose
from partsight.structures.world.annotation import object_mask

SIZE_WH = (72, 72)
NUM_SCENES = 4
QUIET = {  # a camera that changes nothing
    "white_balance": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "defocus_px": (0, 0), "motion_share": 0,
    "vignetting": (0, 0), "shot_noise": (0, 0), "read_noise": (0, 0), "sharpening": (0, 0), "jpeg_quality": (95, 95),
}  # fmt: skip
ON = {
    "materials": ({"materials.vary": True}, {"materials.vary": False}),
    "tint": ({"materials.tint": 0.8}, {"materials.tint": 0}),
    "random textures": (
        {"materials.texture_share": 1, "materials.keep_colors": 0},
        {"materials.texture_share": 0, "materials.keep_colors": 0},
    ),
    "other colors": (
        {"materials.recolor_share": 1, "materials.keep_colors": 0},
        {"materials.recolor_share": 0, "materials.keep_colors": 0},
    ),
    "colors of CAD": (
        {"materials.recolor_share": 1, "materials.keep_colors": 1},
        {"materials.recolor_share": 1, "materials.keep_colors": 0},
    ),
    "wear": ({"wear.share": 1, "wear.strength": (1, 1)}, {"wear.share": 0}),
    "light": ({"light.vary": True}, {"light.vary": False}),
    "lamps": ({"light.lamps": (4, 4)}, {"light.lamps": (0, 0)}),
    "exposure": ({"light.exposure_ev": (1, 1)}, {"light.exposure_ev": (0, 0)}),
    "halls": ({"light.hall_share": 1}, {"light.hall_share": 0}),
    "background": ({"background.vary": True}, {"background.vary": False}),
    "workshop": ({"background.workshop_share": 1}, {"background.workshop_share": 0}),
    "sensor": ({"sensor.vary": True}, {"sensor.vary": False}),
    "white balance": ({"sensor.white_balance": (0.7, 0.7)}, {}),
    "contrast": ({"sensor.contrast": (1.5, 1.5)}, {}),
    "saturation": ({"sensor.saturation": (0.4, 0.4)}, {}),
    "defocus": ({"sensor.defocus_px": (12, 12)}, {}),  # pixels of a picture 640 wide
    "motion blur": ({"sensor.motion_share": 1, "sensor.motion_px": (30, 30)}, {}),
    "vignetting": ({"sensor.vignetting": (0.5, 0.5)}, {}),
    "shot noise": ({"sensor.shot_noise": (0.05, 0.05)}, {}),
    "read noise": ({"sensor.read_noise": (0.05, 0.05)}, {}),
    "sharpening": ({"sensor.sharpening": (0.8, 0.8)}, {}),
    "gray": ({"sensor.gray_share": 1}, {}),
    "color fringes": ({"sensor.chromatic_px": (20, 20)}, {}),
    "mosaic": ({"sensor.mosaic_share": 1}, {}),
}
"""Settings with the ingredient, and without; single properties of the camera are compared with a camera that changes nothing."""


@pytest.fixture(scope="module")
def parts(finished):
    return load_parts(finished.import_parts().folder, finished.import_parts().files)


def change(recipe: Recipe, settings):
    content = recipe.randomize.model_dump()
    for path, value in settings.items():
        *sections, key = path.split(".")
        section = content
        for name in sections:
            section = section[name]
        section[key] = value
    return recipe.randomize.__class__.model_validate(content)


def look(recipe, parts, settings):
    """Return pictures and annotations of the first scenes."""
    sampler = open_sampler(change(recipe, settings), parts, SIZE_WH, recipe.seed)
    renderer = open_renderer(recipe.render.but(width=SIZE_WH[0], height=SIZE_WH[1], samples_per_pixel=2), 1)
    pictures, annotations = [], []
    for index in range(NUM_SCENES):
        scene = sampler.sample(index)
        pictures.append(expose(draw_scene(renderer, scene), scene.sensor))
        annotations.append(annotate_scene(scene, recipe.annotate))
    return np.stack(pictures), annotations


def described(annotation):
    return [
        (one.class_id, tuple(one.box_xyxy), one.visible_fraction, one.truncated_fraction) for one in annotation.objects
    ]


@pytest.mark.parametrize("name", ON)
def test_it_changes_pixels_but_no_label(smoke, parts, name):
    quiet = {f"sensor.{key}": value for key, value in QUIET.items()} if name != "sensor" else {}
    with_it, without = ({**quiet, **settings} for settings in ON[name])
    shown, labels = look(smoke, parts, with_it)
    plain, plain_labels = look(smoke, parts, without)
    changed = np.abs(shown.astype(int) - plain).max(axis=-1) > 2
    assert changed.mean() > 0.01, "nothing to be seen of it"
    for ours, theirs in zip(labels, plain_labels, strict=True):
        assert described(ours) == described(theirs)
        for one in ours.objects:  # grounds and walls have numbers of their own
            np.testing.assert_array_equal(object_mask(ours, one.instance_id), object_mask(theirs, one.instance_id))


def test_compression_changes_the_file_but_no_label(smoke, parts):
    sizes = {}
    for quality in (20, 95):
        sampler = open_sampler(change(smoke, {"sensor.jpeg_quality": (quality, quality)}), parts, SIZE_WH, smoke.seed)
        scene = sampler.sample(0)
        noise = np.random.default_rng(0).integers(0, 255, (72, 72, 3), np.uint8)
        sizes[quality] = len(encode_picture(noise, scene.sensor)[1]), described(annotate_scene(scene, smoke.annotate))
    assert sizes[20][0] < sizes[95][0]
    assert sizes[20][1] == sizes[95][1]


def test_the_share_of_pictures_without_parts_is_the_one_asked_for(smoke, parts):
    sampler = open_sampler(change(smoke, {"scatter.empty_share": 0.3}), parts, SIZE_WH, smoke.seed)
    empty = [all(one.class_id is None for one in sampler.sample(index).instances) for index in range(200)]
    assert 0.3 - 0.1 < np.mean(empty) < 0.3 + 0.1
