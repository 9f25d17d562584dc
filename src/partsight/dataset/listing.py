"""How often each training picture is shown in an epoch: photos among renders by given shares, rare classes as often as others."""

import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from partsight.errors import DatasetError
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample

_MOST_NEGATIVES = 0.5
"""Share of the photos shown that may be without parts, so that all such photos are in."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What an epoch is made of."""

    num_pictures: int
    replay: float
    """Share of renders."""
    negative: float
    """Share of photos without parts among the photos."""


def list_mixed(
    train: Dataset, photo_repeat: int, background_share: float, *, seed: int, is_capped: bool
) -> Mapping[str, int]:
    """Return how often photos are listed among renders that are listed once; pictures not named here are listed once.

    Photos with parts come `photo_repeat` times, those without as often as makes them the wanted share of all, once at least. If
    capped, there are no more of them than of all other pictures: the rest, by `seed`, is left out (0).
    """
    photos = [sample for sample in train.samples if sample.source == "photo"]
    negatives = [sample.sample_id for sample in photos if not len(sample.class_ids)]
    num_others = len(train.samples) - len(photos) + photo_repeat * (len(photos) - len(negatives))
    wanted = max(len(negatives), round(num_others * background_share / (1 - background_share)))
    times = {sample.sample_id: photo_repeat for sample in photos if len(sample.class_ids)}
    order = np.random.default_rng((seed, 6)).permutation(len(negatives)).tolist()
    repeat, rest = divmod(min(wanted, num_others) if is_capped else wanted, max(1, len(negatives)))
    times |= {negatives[index]: repeat + (place < rest) for place, index in enumerate(order)}
    return {sample_id: count for sample_id, count in times.items() if count != 1}


def list_with_replay(
    train: Dataset, shares: Shares, *, seed: int, hard_ids: Collection[str] = (), hard_repeat: int = 1
) -> Mapping[str, int]:
    """Return how often each sample is listed, 0 for those left out; `hard_ids` come `hard_repeat` times as often as other negatives.

    Shares of what is not there go to the rest. Raises DatasetError when there is nothing to list.
    """
    rng = np.random.default_rng((seed, 4))
    shuffled = [train.samples[index] for index in rng.permutation(len(train.samples))]
    renders = [sample for sample in shuffled if sample.source == "render"]
    photos = [sample for sample in shuffled if sample.source == "photo"]
    positives = [sample for sample in photos if len(sample.class_ids)]
    negatives = _oversampled([sample for sample in photos if not len(sample.class_ids)], hard_ids, hard_repeat)
    counts = _divide(shares, len(renders), len(positives), len(negatives))
    listed = Counter(sample.sample_id for sample in itertools.islice(_balanced(renders), counts[0]))
    listed.update(sample.sample_id for sample in itertools.islice(_balanced(positives), counts[1]))
    listed.update(sample.sample_id for sample in itertools.islice(itertools.cycle(negatives), counts[2]))
    return {sample.sample_id: listed[sample.sample_id] for sample in train.samples}


def _oversampled(negatives: Sequence[Sample], hard_ids: Collection[str], repeat: int) -> list[Sample]:
    """Return the hard ones first and `repeat` times, then the others."""
    hard = [sample for sample in negatives if sample.sample_id in hard_ids]
    return hard * repeat + [sample for sample in negatives if sample.sample_id not in hard_ids]


def _divide(shares: Shares, num_renders: int, num_positives: int, num_negatives: int) -> tuple[int, int, int]:
    """Return how many renders, photos with parts and photos without parts are shown."""
    if not num_renders + num_positives + num_negatives:
        raise DatasetError("nothing to train on: no render and no photo. Raise render.count or add training sessions.")
    total = shares.num_pictures
    if not num_positives and num_renders:
        shown = min(num_negatives, round(total * (1 - shares.replay) * _MOST_NEGATIVES))
        return total - shown, 0, shown
    of_renders = round(total * shares.replay) if num_renders else 0
    of_photos = total - of_renders
    if not num_positives:
        return of_renders, 0, of_photos
    all_of_them = min(num_negatives, int(of_photos * _MOST_NEGATIVES))
    of_negatives = max(round(of_photos * shares.negative), all_of_them) if num_negatives else 0
    return of_renders, of_photos - of_negatives, of_negatives


def _balanced(samples: Sequence[Sample]) -> Iterator[Sample]:
    """Yield samples without end, the next one for the class shown least so far, no sample again before its class was through."""
    class_ids = sorted({int(class_id) for sample in samples for class_id in sample.class_ids})
    queues = {
        class_id: itertools.cycle([sample for sample in samples if class_id in sample.class_ids])
        for class_id in class_ids
    }
    empty = itertools.cycle([sample for sample in samples if not len(sample.class_ids)])
    empty_share = sum(not len(sample.class_ids) for sample in samples) / max(1, len(samples))
    shown, num_empty = Counter[int](), 0
    for number in itertools.count(1) if samples else ():
        if not queues or num_empty < int(empty_share * number):
            num_empty += 1
            yield next(empty)
            continue
        sample = next(queues[min(class_ids, key=lambda class_id: shown[class_id])])
        shown.update(set(sample.class_ids.tolist()))
        yield sample
