"""Which pictures teach, which choose, which report: divided by session, never by picture."""

import dataclasses
import fnmatch
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

from partsight.config.sections.photos import PhotosSection
from partsight.errors import DatasetError, first_of
from partsight.files import hash_json
from partsight.labels.class_names import check_same_names
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.sample import Sample

PLACE_SESSIONS = "places/"
"""Sessions of this prefix show no part; patterns of the same prefix say which split they serve, or their number does."""
ENOUGH_PLACES = 20
"""Photos of places from which some sessions choose instead of teaching."""
MANY_PLACES = 40
"""Photos of places from which some sessions report as well."""
FEWEST_CHOOSING = 10
"""Photos of places that can tell whether false alarms are few."""

_GOLDEN_RATIO = 0.618033988749895


def split_photos(dataset: Dataset, section: PhotosSection) -> Splits:
    """Divide photographs by the section's session names or shell patterns.

    Raises DatasetError when a pattern matches nothing, when a session serves two splits, or when photos are given and
    no split names any.
    """
    sessions = _sessions(dataset)
    patterns = {"train": section.train, "validation": section.validation, "test": section.test}
    _check_patterns(patterns, sessions)
    chosen = {name: set(_matching(patterns[name], sessions)) for name in patterns}
    _check_one_split_each(chosen)
    for name, split in place_splits(dataset, section).items():
        chosen[split].add(name)
    return Splits(**{name: _of_sessions(dataset, chosen[name]) for name in patterns})


def place_splits(places: Dataset, section: PhotosSection) -> dict[str, str]:
    """Return which split each session of places serves: as patterns say, or by their number, so that none judges what it taught.

    Without patterns of theirs, fewer than `ENOUGH_PLACES` photos all teach; of more a quarter, at least `FEWEST_CHOOSING`, chooses; of
    `MANY_PLACES` and more another quarter reports. Sessions stay whole, and one always teaches.
    """
    counts = Counter(sample.session for sample in places.samples if is_place(sample.session))
    patterns = {"train": section.train, "validation": section.validation, "test": section.test}
    if any(is_place(pattern) for named in patterns.values() for pattern in named):
        others = ("validation", "test")
        return {name: next((one for one in others if _matching(patterns[one], [name])), "train") for name in counts}
    total = sum(counts.values())
    num_choosing = max(FEWEST_CHOOSING, total // 4) if total >= ENOUGH_PLACES else 0
    num_reporting = total // 4 if total >= MANY_PLACES else 0
    open_places = {"train": total - num_choosing - num_reporting, "validation": num_choosing, "test": num_reporting}
    serves: dict[str, str] = {}
    for session in sorted(counts, key=lambda name: (hash_json(["place", name]), name)):
        split = max(open_places, key=lambda name: open_places[name]) if serves else "train"
        serves[session] = split
        open_places[split] -= counts[session]
    return serves


def unused_sessions(dataset: Dataset, section: PhotosSection) -> tuple[str, ...]:
    """Return the sessions that serve no split, in name order."""
    patterns = [*section.train, *section.validation, *section.test]
    sessions = [name for name in _sessions(dataset) if not is_place(name)]
    return tuple(sorted(set(sessions) - set(_matching(patterns, sessions))))


def split_renders(dataset: Dataset, validation_share: float, test_share: float, seed: int) -> Splits:
    """Divide renders, each of which is its own session, evenly by the number at the end of its id.

    A render keeps its split when more renders are made. Raises DatasetError when the shares leave nothing to train on.
    """
    if validation_share + test_share >= 1:
        raise DatasetError(
            f"validation {validation_share} and test {test_share} of the renders leave nothing to train on"
        )
    divided: dict[str, list[Sample]] = defaultdict(list)
    for sample in dataset.samples:
        place = _place(sample.sample_id, seed)
        name = "test" if place < test_share else "validation" if place < test_share + validation_share else "train"
        divided[name].append(dataclasses.replace(sample, session=f"render/{sample.sample_id}"))
    names = ("train", "validation", "test")
    return Splits(*(Dataset(dataset.class_names, tuple(divided[name])) for name in names))


def check_disjoint(splits: Splits) -> None:
    """Raise DatasetError when two splits share a session or a sample id, or differ in class names."""
    named = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    for (one, first), (other, second) in combinations(named.items(), 2):
        check_same_names(first.class_names, second.class_names, f"{one} and {other}")
        _check_nothing_shared(_sessions(first), _sessions(second), f"{one} and {other} share sessions")
        ids = [[sample.sample_id for sample in dataset.samples] for dataset in (first, second)]
        _check_nothing_shared(ids[0], ids[1], f"{one} and {other} share pictures")


def _sessions(dataset: Dataset) -> list[str]:
    return sorted({sample.session for sample in dataset.samples})


def is_place(session: str) -> bool:
    """Return whether a session, or a pattern, is of photos of places."""
    return session.startswith(PLACE_SESSIONS)


def _matching(patterns: Iterable[str], sessions: Sequence[str]) -> list[str]:
    """Return the sessions that a pattern names; sessions of places only by patterns that begin like them."""
    return [name for name in sessions if any(_matches(pattern, name) for pattern in patterns)]


def _matches(pattern: str, session: str) -> bool:
    is_reachable = not is_place(session) or is_place(pattern)
    return is_reachable and (session == pattern or fnmatch.fnmatchcase(session, pattern))


def _check_patterns(patterns: dict[str, tuple[str, ...]], sessions: Sequence[str]) -> None:
    known = ", ".join(name for name in sessions if not is_place(name))
    places = ", ".join(name for name in sessions if is_place(name))
    idle = [
        f"photos.{split}: {pattern!r} matches no session"
        for split, items in patterns.items()
        for pattern in items
        if not _matching([pattern], sessions)
    ]
    if idle:
        told = [f"Places: {places}"] if places else []
        raise DatasetError("\n".join([*idle, f"Known sessions: {known or 'none'}", *told]))
    if known and not any(patterns.values()):
        raise DatasetError(f"photos: train, validation and test name no session. Known sessions: {known}")


def _check_one_split_each(chosen: dict[str, set[str]]) -> None:
    for (one, first), (other, second) in combinations(chosen.items(), 2):
        _check_nothing_shared(first, second, f"photos.{one} and photos.{other} share sessions")


def _check_nothing_shared(first: Iterable[str], second: Iterable[str], message: str) -> None:
    shared = sorted(set(first) & set(second))
    if shared:
        raise DatasetError(f"{message}: {first_of(shared)}. Each may serve one split only.")


def _of_sessions(dataset: Dataset, sessions: set[str]) -> Dataset:
    return Dataset(dataset.class_names, tuple(sample for sample in dataset.samples if sample.session in sessions))


def _place(sample_id: str, seed: int) -> float:
    """Return a place in [0, 1) that spreads consecutive numbers evenly (golden-ratio sequence), shifted by the seed."""
    start = int(hash_json(["split", seed]), 16) / 16**16
    number = re.search(r"([0-9]+)$", sample_id)
    if number is None:
        return int(hash_json([seed, sample_id]), 16) / 16**16
    return (start + int(number[1]) * _GOLDEN_RATIO) % 1.0
