"""What needs an NVIDIA GPU: the CUDA variant draws what the CPU draws, and training runs on the device."""

import numpy as np
import pytest

from partsight.config.render import RenderSection
from partsight.errors import RenderError
from partsight.pipeline.portraits import portrait_scene
from partsight.randomize.solids import box
from partsight.render.renderer import open_renderer

pytestmark = pytest.mark.device
SIZE_PX = 64


@pytest.fixture(scope="module")
def gpu() -> None:
    torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
    if not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU on this machine")


def drawn(variant: str):
    scene = portrait_scene(box(np.array([0.2, 0.1, 0.1])), SIZE_PX)
    section = RenderSection(width=SIZE_PX, height=SIZE_PX, samples_per_pixel=256, variant=variant)
    with open_renderer(section, 1) as renderer:
        return renderer.render(scene).radiance


def test_cuda_draws_what_the_cpu_draws(gpu):
    np.testing.assert_allclose(drawn("cuda_ad_rgb").mean(), drawn("scalar_rgb").mean(), rtol=0.01)


def test_cuda_is_refused_where_it_cannot_draw():
    torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
    if torch.cuda.is_available():
        pytest.skip("this machine has an NVIDIA GPU")
    with pytest.raises(RenderError):
        drawn("cuda_ad_rgb")
