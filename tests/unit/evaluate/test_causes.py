import numpy as np
import pytest
from scipy.special import expit

from partsight.evaluate.breakdown.causes import explain_recall

NUM = 1500


@pytest.fixture
def parts():
    """Hidden parts are missed; small parts are hidden more often, but size by itself does nothing."""
    rng = np.random.default_rng(0)
    hidden = rng.uniform(0, 0.8, NUM)
    size = 200 * (1 - hidden) + rng.normal(0, 30, NUM)
    is_found = rng.random(NUM) < expit(3 - 6 * hidden)
    return is_found, {"hidden": hidden, "size": size}, np.arange(NUM) // 3


def explain(parts):
    return {cause.name: cause for cause in explain_recall(*parts, np.random.default_rng(1))}


def test_the_fact_that_matters_is_told_from_the_one_that_goes_with_it(parts):
    causes = explain(parts)
    hidden, size = causes["hidden"], causes["size"]
    assert hidden.interval.high < 0 < -hidden.interval.low
    assert size.interval.low < 0 < size.interval.high
    assert list(causes) == ["hidden", "size"], "the strongest first"


def test_expected_recall_at_the_ends_is_that_of_the_law_behind_the_parts(parts):
    hidden = explain(parts)["hidden"]
    assert hidden.recall_low == pytest.approx(expit(3 - 6 * hidden.low), abs=0.05)
    assert hidden.recall_high == pytest.approx(expit(3 - 6 * hidden.high), abs=0.07)


def test_units_of_a_fact_change_nothing(parts):
    is_found, facts, image_ids = parts
    scaled = explain((is_found, {**facts, "hidden": facts["hidden"] * 1000}, image_ids))["hidden"]
    assert scaled.recall_high == pytest.approx(explain(parts)["hidden"].recall_high, abs=1e-3)
    assert scaled.high == pytest.approx(1000 * explain(parts)["hidden"].high)


def test_a_fact_that_never_varies_is_left_out(parts):
    is_found, facts, image_ids = parts
    assert set(explain((is_found, {**facts, "cut off": np.zeros(NUM)}, image_ids))) == {"hidden", "size"}


def test_of_a_fact_that_most_parts_lack_its_lack_is_compared_with_the_usual_amount():
    rng = np.random.default_rng(3)
    hidden = np.where(rng.random(NUM) < 0.95, 0.0, rng.uniform(0.2, 0.6, NUM))
    is_found = rng.random(NUM) < np.where(hidden > 0, 0.3, 0.8)
    (cause,) = explain_recall(is_found, {"hidden": hidden}, np.arange(NUM), rng)
    assert cause.low == 0
    assert cause.high == pytest.approx(0.4, abs=0.05)
    assert cause.recall_high == pytest.approx(0.3, abs=0.12)


def test_nothing_is_said_when_hardly_anything_is_missed(parts):
    _, facts, image_ids = parts
    assert explain((np.arange(NUM) >= 9, facts, image_ids)) == {}


def test_a_fact_without_influence_is_rarely_called_one():
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(20):
        (cause,) = explain_recall(rng.random(120) < 0.6, {"noise": rng.normal(size=120)}, np.arange(120), rng)
        wrong += not cause.interval.low <= 0 <= cause.interval.high
    assert wrong <= 4, "5 % of 20 are 1"
