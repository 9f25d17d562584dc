"""Named random streams: one for each (seed, picture, concern), so that a new draw for lights leaves the cameras as they were."""

import zlib

import numpy as np


def stream(seed: int, index: int, concern: str) -> np.random.Generator:
    """Return the generator of one concern of one picture."""
    return np.random.default_rng(np.random.SeedSequence([seed, index, zlib.crc32(concern.encode())]))


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw from [low, high] with equal chance for equal ratios."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def chance(rng: np.random.Generator, share: float) -> bool:
    """Return True for this share of draws."""
    return bool(rng.random() < share)
