"""Nearly the same picture in two sessions: were one in training and one in the test, the test would flatter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NEAR_BITS = 6
"""Hashes of 64 bits that differ in at most this many belong to nearly the same picture. Of 81 interiors, copies at half the size and
low quality differ in at most 4 bits, and no two different pictures in fewer than 16."""


@dataclass(frozen=True, slots=True)
class HashedPicture:
    """What duplicates are found by."""

    name: str
    session: str
    hash64: int


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two pictures of different sessions that look nearly the same."""

    first: HashedPicture
    second: HashedPicture
    num_bits: int
    """Hamming distance of their hashes; 0 for copies."""


def find_duplicates(pictures: Sequence[HashedPicture], near_bits: int = NEAR_BITS) -> tuple[DuplicatePair, ...]:
    """Return all pairs across sessions, the closest first."""
    hashes = np.array([picture.hash64 for picture in pictures], dtype=np.uint64)
    pairs = []
    for number, picture in enumerate(pictures):
        num_bits = np.bitwise_count(hashes[number + 1 :] ^ hashes[number])
        for offset in np.flatnonzero(num_bits <= near_bits).tolist():
            other = pictures[number + 1 + offset]
            if other.session != picture.session:
                pairs.append(DuplicatePair(picture, other, int(num_bits[offset])))
    return tuple(sorted(pairs, key=lambda pair: pair.num_bits))
