"""One tiny recipe that every pipeline test runs with real parts, renderer, labels, training and evaluation."""

from pathlib import Path

import pytest

from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def smoke() -> Recipe:
    """The shipped smoke recipe, on the variant that runs everywhere."""
    return read_recipe(ROOT / "recipes" / "smoke.toml", ["render.variant=scalar_rgb", "render.workers=1"])


@pytest.fixture(scope="session")
def finished(smoke, tmp_path_factory) -> Experiment:
    """The smoke recipe run up to its renders."""
    experiment = Experiment(smoke, Workspace(tmp_path_factory.mktemp("runs")), Silence())
    assert experiment.render().dataset.samples
    return experiment
