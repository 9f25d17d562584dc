"""Labels and pictures show the same scene: Mitsuba's own first hits against our ray casting."""

import pytest
from scipy import ndimage

from partsight.annotate.annotating import annotate_scene
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.randomize.sampler import open_sampler
from partsight.render.renderer import open_renderer


@pytest.mark.parametrize(
    ("placement", "distortion"), [("scatter", 0.0), ("orbit", 0.0), ("scatter", -0.15), ("stand", 0.15)]
)
def test_mitsuba_sees_the_instances_that_the_mask_names(finished, smoke, placement, distortion):
    """At least 99.9 % of the pixels off the borders between instances agree."""
    parts = load_parts(finished.import_parts().folder, finished.import_parts().files)
    changes = {"randomize.placement": placement, "randomize.camera.distortion": (distortion, distortion)}
    section = smoke.at(changes).randomize
    sampler = open_sampler(section, parts, (96, 96), seed=1)
    num_agreeing = num_compared = 0
    with open_renderer(smoke.render, 1) as renderer:
        for index in range(6):
            scene = sampler.sample(index)
            mask = annotate_scene(scene, smoke.annotate).instance_mask
            is_inner = ndimage.maximum_filter(mask, 3) == ndimage.minimum_filter(mask, 3)
            agrees = renderer.instance_index(scene) == mask
            num_agreeing += int(agrees[is_inner].sum())
            num_compared += int(is_inner.sum())
    assert num_compared > 6 * 96 * 96 * 0.5
    assert num_agreeing >= 0.999 * num_compared
