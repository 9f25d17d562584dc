"""Rules of dividing datasets."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partsight.config.sections.photos import PhotosSection
from partsight.dataset.splits import check_disjoint, place_splits, split_photos, split_renders, unused_sessions
from partsight.errors import DatasetError
from partsight.structures.dataset import Dataset, Splits
from tests.builders import dataset_of, showing

SESSIONS = ("walk1", "walk2", "desk", "places/x")
PHOTOS = dataset_of(
    *(showing(f"{session[-5:]}_{i}".replace("/", ""), session=session) for session in SESSIONS for i in range(3))
)


def sessions_of(dataset: Dataset) -> set[str]:
    return {sample.session for sample in dataset.samples}


def test_sessions_go_where_names_and_patterns_say_and_backgrounds_teach() -> None:
    section = PhotosSection(train=("walk1",), validation=("walk2",), test=("d*",))
    splits = split_photos(PHOTOS, section)
    assert [sessions_of(part) for part in (splits.train, splits.validation, splits.test)] == [
        {"walk1", "places/x"}, {"walk2"}, {"desk"},
    ]  # fmt: skip
    assert unused_sessions(PHOTOS, section) == ()


def test_a_star_does_not_take_backgrounds_but_their_own_pattern_does() -> None:
    assert sessions_of(split_photos(PHOTOS, PhotosSection(test=("*",))).test) == {"walk1", "walk2", "desk"}
    assert sessions_of(split_photos(PHOTOS, PhotosSection(test=("places/*",))).train) == set()


def test_sessions_of_no_split_are_reported() -> None:
    assert unused_sessions(PHOTOS, PhotosSection(test=("walk?",))) == ("desk",)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (PhotosSection(train=("walk*",), test=("walk2",)), "photos.train and photos.test share sessions: walk2"),
        (
            PhotosSection(train=("wlak1",)),
            "photos.train: 'wlak1' matches no session\nKnown sessions: desk, walk1, walk2",
        ),
        (PhotosSection(), "name no session. Known sessions: desk"),
    ],
)
def test_contradictions_are_errors_that_name_the_sessions(section: PhotosSection, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        split_photos(PHOTOS, section)


def renders(count: int) -> Dataset:
    return dataset_of(*(showing(f"render_{i:06d}", session="run") for i in range(count)))


@given(count=st.integers(30, 120), more=st.integers(1, 60), seed=st.integers(0, 2**32))
def test_renders_keep_their_split_when_more_are_made(count: int, more: int, seed: int) -> None:
    few, many = split_renders(renders(count), 0.2, 0.1, seed), split_renders(renders(count + more), 0.2, 0.1, seed)
    for name in ("train", "validation", "test"):
        assert sessions_of(getattr(few, name)) <= sessions_of(getattr(many, name))
    assert len(few.validation.samples) == pytest.approx(0.2 * count, abs=3)
    assert len(few.test.samples) == pytest.approx(0.1 * count, abs=3)
    assert few.test.samples, "even thirty renders give a test split"
    check_disjoint(few)


def test_the_seed_moves_renders_between_splits() -> None:
    assert sessions_of(split_renders(renders(50), 0.2, 0.1, 0).test) != sessions_of(
        split_renders(renders(50), 0.2, 0.1, 1).test
    )


def test_shares_that_leave_no_training_are_an_error() -> None:
    with pytest.raises(DatasetError, match="nothing to train on"):
        split_renders(renders(9), 0.5, 0.5, 0)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (dataset_of(showing("b", session="walk1")), "share sessions: walk1"),
        (dataset_of(showing("a", session="walk2")), "share pictures: a"),
        (dataset_of(names=("QF", "QD", "SX")), "class names do not match"),
    ],
)
def test_splits_share_neither_sessions_nor_pictures_and_speak_of_the_same_classes(other: Dataset, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        check_disjoint(Splits(dataset_of(showing("a", session="walk1")), other, dataset_of()))


def places(**counts):
    named = [(session, number) for session, count in counts.items() for number in range(count)]
    return dataset_of(*(showing(f"{session}-{number}", session=f"places/{session}") for session, number in named))


def serving(dataset, **patterns):
    serves, counts = place_splits(dataset, PhotosSection(**patterns)), Counter(one.session for one in dataset.samples)
    return Counter({split: sum(counts[name] for name in serves if serves[name] == split) for split in serves.values()})


@pytest.mark.parametrize(
    ("total", "shares"),
    [(19, (19, 0, 0)), (20, (10, 10, 0)), (39, (29, 10, 0)), (40, (20, 10, 10)), (200, (100, 50, 50))],
)
def test_places_teach_and_from_twenty_on_choose_and_from_forty_on_report(total, shares) -> None:
    counted = serving(places(**{f"p{number}": 1 for number in range(total)}))
    assert (counted["train"], counted["validation"], counted["test"]) == shares


def test_a_session_of_places_stays_whole_and_one_always_teaches() -> None:
    assert serving(places(walk=200)) == {"train": 200}
    two = serving(places(walk=100, hall=100))
    assert two == {"train": 100, "validation": 100}
    four = serving(places(a=10, b=10, c=10, d=10))
    assert four == {"train": 20, "validation": 10, "test": 10}


def test_places_that_patterns_name_serve_what_they_say_and_all_others_teach() -> None:
    dataset = places(**{f"p{number}": 1 for number in range(40)})
    assert serving(dataset, test=("places/p1?",)) == {"train": 30, "test": 10}
    assert serving(dataset, train=("places/*",)) == {"train": 40}


def test_a_pattern_of_places_that_matches_none_is_told_with_those_that_there_are() -> None:
    with pytest.raises(DatasetError, match=r"matches no session(.|\n)*Places: places/x"):
        split_photos(PHOTOS, PhotosSection(test=("places/hall",)))
