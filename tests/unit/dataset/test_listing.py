"""What an epoch of the second stage is made of."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partsight.dataset.listing import Shares, list_mixed, list_with_replay
from partsight.errors import DatasetError
from tests.builders import dataset_of, showing

SHARES = Shares(num_pictures=400, replay=0.5, negative=0.2)


def training(num_renders=60, num_photos=10, num_negatives=8):
    renders = [replace(showing(f"r{n}", n % 3), source="render") for n in range(num_renders)]
    photos = [showing(f"p{n}", n % 3) for n in range(num_photos)]
    negatives = [showing(f"n{n}") for n in range(num_negatives)]
    return dataset_of(*renders, *photos, *negatives)


def shown(dataset, times):
    """Count pictures by the first letter of their name: render, photo, negative."""
    counts = Counter()
    for sample in dataset.samples:
        counts[sample.sample_id[0]] += times[sample.sample_id]
    return counts


def test_half_of_what_is_shown_are_renders_and_a_fifth_of_the_photos_has_no_part():
    dataset = training()
    assert shown(dataset, list_with_replay(dataset, SHARES, seed=0)) == {"r": 200, "p": 160, "n": 40}


def test_every_negative_is_in_even_where_there_are_many():
    dataset = training(num_negatives=90)
    times = list_with_replay(dataset, SHARES, seed=0)
    assert all(times[f"n{n}"] >= 1 for n in range(90))
    assert shown(dataset, times) == {"r": 200, "p": 110, "n": 90}


def test_classes_on_few_photos_are_shown_as_often_as_others():
    photos = [showing(f"p{n}", 0) for n in range(9)] + [showing("p9", 1), showing("p10", 2)]
    dataset = dataset_of(*photos)
    times = list_with_replay(dataset, Shares(300, 0.5, 0.2), seed=0)
    assert times["p9"] == times["p10"] == 100
    assert sum(times.values()) == 300, "without renders and negatives all are photos with parts"


def test_photos_of_one_class_take_turns():
    dataset = training(num_photos=12)
    times = [list_with_replay(dataset, SHARES, seed=0)[f"p{n}"] for n in range(12)]
    assert max(times) - min(times) <= 1


def test_hard_negatives_come_more_often():
    dataset = training()
    times = list_with_replay(dataset, SHARES, seed=0, hard_ids={"n3"}, hard_repeat=4)
    assert times["n3"] >= 3 * times["n0"]


def test_another_seed_shows_other_renders():
    dataset = training(num_renders=900)
    first, second = (list_with_replay(dataset, SHARES, seed=seed) for seed in (0, 1))
    assert first != second
    assert first == list_with_replay(dataset, SHARES, seed=0)


def test_nothing_to_show_is_an_error():
    with pytest.raises(DatasetError, match=r"render\.count"):
        list_with_replay(dataset_of(), SHARES, seed=0)


@given(
    counts=st.tuples(*[st.integers(0, 12)] * 3).filter(any),
    num_pictures=st.integers(1, 80),
    replay=st.floats(0, 1),
    negative=st.floats(0, 1),
)
def test_an_epoch_is_as_long_as_asked_whatever_there_is(counts, num_pictures, replay, negative):
    dataset = training(*counts)
    times = list_with_replay(dataset, Shares(num_pictures, replay, negative), seed=0)
    assert set(times) == {sample.sample_id for sample in dataset.samples}
    assert sum(times.values()) == num_pictures


@pytest.mark.parametrize(("share", "num_listed"), [(0.0, 4), (0.15, 18), (0.5, 100)])
def test_few_photos_without_parts_are_repeated_until_they_are_the_wanted_share(share, num_listed):
    renders = [replace(showing(f"r{number:03}", 0), source="render") for number in range(80)]
    photos = [showing(f"p{number}", 0) for number in range(5)]
    negatives = [showing(f"n{number}") for number in range(4)]
    times = list_mixed(dataset_of(*renders, *photos, *negatives), 4, share, seed=0, is_capped=True)
    assert sum(times.get(sample.sample_id, 1) for sample in negatives) == num_listed
    assert {times[sample.sample_id] for sample in photos} == {4}
    assert not any(sample.sample_id in times for sample in renders)


@pytest.mark.parametrize(("is_capped", "num_listed"), [(True, 4), (False, 9)])
def test_many_photos_without_parts_are_shown_once_each_at_most(is_capped, num_listed):
    renders = [replace(showing(f"r{number}", 0), source="render") for number in range(4)]
    negatives = [showing(f"n{number}") for number in range(9)]
    drawn = [list_mixed(dataset_of(*renders, *negatives), 1, 0.15, seed=seed, is_capped=is_capped) for seed in range(9)]
    listed = [[times.get(sample.sample_id, 1) for sample in negatives] for times in drawn]
    assert {sum(counts) for counts in listed} == {num_listed}
    assert {count for counts in listed for count in counts} == ({0, 1} if is_capped else {1})
    assert len({tuple(counts) for counts in listed}) > 1 or not is_capped, "another seed leaves others out"
