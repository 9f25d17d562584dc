"""Two finished recipes are compared on the same test pictures, or not at all."""

from importlib.util import find_spec

import pytest

from partsight.errors import EvaluationError
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.study.compare import compare_experiments, describe_comparison
from partsight.progress import Silence

if find_spec("ultralytics") is None:  # importing it here would change Pillow for all tests
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)


def changed(finished, **sections):
    updates = {name: getattr(finished.recipe, name).but(**values) for name, values in sections.items()}
    return Experiment(finished.recipe.but(**updates), finished.workspace, Silence())


@pytest.mark.slow
def test_another_training_seed_is_compared_on_the_same_pictures(finished):
    one, two = (changed(finished, train={"seed": seed, "weights": "scratch"}) for seed in (0, 1))
    comparison = compare_experiments(one, two)
    assert comparison.first_map50 == one.evaluate().evaluation.overall.ap50
    assert comparison.second_map50 == two.evaluate().evaluation.overall.ap50
    assert f"{comparison.num_images} pictures" in describe_comparison(comparison)


@pytest.mark.slow
def test_other_test_pictures_are_refused(finished):
    other = changed(finished, dataset={"seed": 99})
    with pytest.raises(EvaluationError, match="different pictures"):
        compare_experiments(finished, other)
