"""Rules of drawing and mixing."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partsight.dataset.mixing import draw_photos, draw_renders, mix
from partsight.errors import DatasetError
from partsight.structures.dataset import Dataset
from tests.builders import dataset_of, showing


def random_dataset(seed: int, count: int) -> Dataset:
    rng = np.random.default_rng(seed)
    return dataset_of(*(showing(f"p{i}", *rng.choice(3, rng.integers(0, 3), p=(0.6, 0.3, 0.1))) for i in range(count)))


def ids_of(dataset: Dataset) -> set[str]:
    return {sample.sample_id for sample in dataset.samples}


def counts_of(dataset: Dataset) -> Counter[int]:
    return Counter(class_id for sample in dataset.samples for class_id in set(sample.class_ids.tolist()))


@settings(deadline=None)
@given(seed=st.integers(0, 999), few=st.integers(0, 3), more=st.integers(0, 2))
def test_photo_draws_are_nested_and_give_every_class_its_share(seed: int, few: int, more: int) -> None:
    train = random_dataset(seed, 120)
    small, large = draw_photos(train, few, 2, seed), draw_photos(train, few + more, 3, seed)
    assert ids_of(small) <= ids_of(large) <= ids_of(train)
    assert all(counts_of(small)[class_id] >= few for class_id in range(3))
    assert sum(not len(sample.class_ids) for sample in small.samples) == 2
    assert draw_photos(Dataset(train.class_names, train.samples[::-1]), few, 2, seed).samples != () or few == 0
    assert ids_of(draw_photos(Dataset(train.class_names, train.samples[::-1]), few, 2, seed)) == ids_of(small)


@settings(deadline=None)
@given(seed=st.integers(0, 999), few=st.integers(0, 4), more=st.integers(0, 4), per_class=st.integers(0, 3))
def test_backgrounds_are_nested_and_do_not_depend_on_how_many_photos_are_drawn(
    seed: int, few: int, more: int, per_class: int
) -> None:
    train = dataset_of(*random_dataset(seed, 120).samples, *(showing(f"empty{i}") for i in range(8)))

    def backgrounds(num_photos: int, count: int) -> set[str]:
        drawn = draw_photos(train, num_photos, count, seed)
        return {sample.sample_id for sample in drawn.samples if not len(sample.class_ids)}

    assert backgrounds(per_class, few) <= backgrounds(per_class, few + more)
    assert len(backgrounds(per_class, few)) == few
    assert backgrounds(0, few) == backgrounds(per_class, few)


def test_photos_of_one_class_each_are_drawn_in_equal_number() -> None:
    train = dataset_of(*(showing(f"p{i}", i % 3) for i in range(60)))
    assert counts_of(draw_photos(train, 5, 0, 1)) == {0: 5, 1: 5, 2: 5}


def test_a_photo_with_several_classes_counts_for_each_of_them() -> None:
    train = dataset_of(*(showing(f"p{i}", 0, 1, 2) for i in range(9)))
    assert len(draw_photos(train, 4, 0, 0).samples) == 4


def test_photos_that_give_a_class_more_than_its_share_are_taken_last() -> None:
    train = dataset_of(
        *(showing(f"both{i}", 0, 1) for i in range(9)), showing("a", 0), showing("b", 1), showing("c", 2)
    )
    for seed in range(20):
        assert counts_of(draw_photos(train, 1, 0, seed)) == {0: 1, 1: 1, 2: 1}


def test_the_seed_changes_the_draw() -> None:
    train = random_dataset(0, 120)
    assert ids_of(draw_photos(train, 2, 1, 1)) != ids_of(draw_photos(train, 2, 1, 2))


def test_too_few_photos_are_an_error_that_says_how_many_there_are() -> None:
    train = dataset_of(showing("a", 0), showing("b", 0, 1), showing("c"))
    with pytest.raises(DatasetError) as caught:
        draw_photos(train, 2, 4, 0)
    for text in (
        "QF: 2 training photos asked for, there are 1",
        "SX: 2 training photos asked for, there are 0",
        "there are 1",
    ):
        assert text in str(caught.value)
    assert "QD" not in str(caught.value)


@settings(deadline=None)
@given(seed=st.integers(0, 999), count=st.integers(0, 100), more=st.integers(0, 20))
def test_render_draws_are_nested_and_of_the_size_asked_for(seed: int, count: int, more: int) -> None:
    renders = random_dataset(seed, 120)
    small, large = draw_renders(renders, count, seed), draw_renders(renders, count + more, seed)
    assert ids_of(small) <= ids_of(large)
    assert len(small.samples) == count
    num_empty = sum(not len(sample.class_ids) for sample in renders.samples)
    drawn_empty = sum(not len(sample.class_ids) for sample in small.samples)
    assert drawn_empty == pytest.approx(num_empty * count / 120, abs=1.01)


def test_rare_classes_are_drawn_first() -> None:
    renders = dataset_of(*(showing(f"p{i}", 0) for i in range(80)), *(showing(f"q{i}", 1 + i % 2) for i in range(20)))
    assert counts_of(draw_renders(renders, 30, 0)) == {0: 10, 1: 10, 2: 10}


def test_all_renders_are_used_when_no_count_is_given_and_too_many_are_an_error() -> None:
    renders = random_dataset(0, 5)
    assert draw_renders(renders, None, 0) is renders
    with pytest.raises(DatasetError, match="asks for 6 renders, there are 5"):
        draw_renders(renders, 6, 0)


def test_mixing_refuses_other_names_and_shared_ids() -> None:
    a = dataset_of(showing("a", 0))
    assert ids_of(mix(a, dataset_of(showing("b")))) == {"a", "b"}
    with pytest.raises(DatasetError, match="class names do not match"):
        mix(a, dataset_of(showing("b"), names=("QF", "QD", "SX")))
    with pytest.raises(DatasetError, match=r"a: a\.png"):
        mix(a, a)
