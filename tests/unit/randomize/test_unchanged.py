"""The pictures of finished runs can be drawn again: the same recipe, seed and number give what earlier versions gave.

The numbers are few and compared with a tolerance, because processors round sines and sums differently; of what falls only the
draws before the physics are compared. Whoever changes them on purpose raises the format version of `render`.
"""

import numpy as np
import pytest

from tests.unit.randomize.drawing import classed, sampler

RECIPES = {
    "orbit": {"placement": "orbit"},
    "scattered": {},
    "dropped": {"scatter__physics__enabled": True, "scatter__float_share": 0.0, "distractors__per_image": (0, 2)},
    "standing": {"placement": "stand", "distractors__per_image": (0, 0)},
    "mix": {
        "placement": {"scatter": 2, "stand": 1},
        "wear__share": 0.5,
        "light__hall_share": 0.5,
        "distractors__per_image": (0, 0),
    },
}
PICTURES = (4, 11)
EXPECTED = {
    "orbit": (
        (0.800000131, 0.073972968, 1, 0, 288, 0.64761807, 0, 0.543416083, 4, 0.6),
        (0.800000131, 0.0519615242, 1, 0, 288, 0.321671658, 0.321671658, 0.381716845, 4, 0.6),
    ),
    "scattered": (
        (
            0.636162281,
            0,
            0.818644743,
            1120962959,
            130.565312,
            0.11705589,
            -0.00379683894,
            0.396597843,
            2.65840999,
            0.420323779,
        ),
        (
            1.17732871,
            0.342068212,
            0.830766482,
            344048867,
            215.496842,
            -0.0240534419,
            0.187030444,
            0.666039422,
            3.12880666,
            0.4534749,
        ),
    ),
    "dropped": (
        (0.636162281, 0, 0.818644743, 1120962959, 130.565312),
        (1.17732871, 0.342068212, 0.830766482, 344048867, 215.496842),
    ),
    "standing": (
        (
            0.636162281,
            0,
            0.818644743,
            1120962959,
            236.288188,
            -0.00236098489,
            0.021842529,
            0.311115497,
            8.15869964,
            0.411077129,
        ),
        (
            1.17732871,
            0.835107661,
            0.830766482,
            344048867,
            239.674666,
            1.11448216,
            0.386012932,
            1.09056598,
            0.921441838,
            0.411397327,
        ),
    ),
    "mix": (
        (
            0.667208433,
            0.166428255,
            0.818644743,
            1120962959,
            236.288188,
            -0.00236098489,
            0.021842529,
            0.311115497,
            8.15869964,
            0.889746187,
        ),
        (
            0.478682041,
            0.299742538,
            0.830766482,
            344048867,
            215.496842,
            -0.0240534419,
            0.187030444,
            0.666039422,
            3.12880666,
            0.747776236,
        ),
    ),
}


def numbers(name: str, index: int) -> list[float]:
    """What a scene is, in a few numbers: camera, parts, light, materials, the camera's traces."""
    scene = sampler(seed=7, **RECIPES[name]).sample(index)
    places = [instance.world_from_part for instance in classed(scene)]
    colors = [m.base_color for instance in classed(scene) for m in instance.materials]
    seen = [*scene.camera.world_from_camera[:3, 3], float(np.sum(places)), float(np.mean(colors))]
    light = [float(scene.environment.radiance.mean()), sum(lamp.radius_m for lamp in scene.lamps)]
    fixed = [*light, scene.sensor.contrast, scene.sensor.noise_seed, scene.camera.intrinsics.focal_px]
    return fixed if name == "dropped" else [*fixed, *seen]


@pytest.mark.parametrize("name", RECIPES)
def test_scenes_are_what_they_were(name):
    found = [numbers(name, index) for index in PICTURES]
    np.testing.assert_allclose(found, EXPECTED[name], rtol=1e-5, atol=1e-7)
