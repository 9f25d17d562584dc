"""Scenes in which no part is hidden more than the recipe allows: others are drawn anew, always alike.

Only labels can tell how much is hidden, and `randomize` does not know them: so the choice is made here.
"""

from collections.abc import Callable

import numpy as np

from partsight.annotate.annotating import TracedScene, annotate_traced, trace_scene
from partsight.config.sections.annotate import AnnotateSection
from partsight.randomize.sampler import SceneSampler

NUM_ATTEMPTS = 12
"""Scenes drawn for one picture; of as many failures the one that hides least is taken."""
_EVERYTHING = AnnotateSection(min_visible_fraction=0.0, min_side_px=0.0)

SamplerOfSeed = Callable[[int], SceneSampler]


def choose_scene(open_sampler: SamplerOfSeed, seed: int, index: int, max_occlusion: float) -> TracedScene:
    """Return scene `index` of the sampler with this seed, or of the next seed in line that hides at most this share of each part."""
    traced = trace_scene(open_sampler(seed).sample(index))
    if max_occlusion >= 1:
        return traced
    least_hidden = (largest_occlusion(traced), traced)
    for attempt in range(1, NUM_ATTEMPTS):
        if least_hidden[0] <= max_occlusion:
            break
        traced = trace_scene(open_sampler(seed_of_attempt(seed, attempt)).sample(index))
        least_hidden = min(least_hidden, (largest_occlusion(traced), traced), key=lambda tried: tried[0])
    return least_hidden[1]


def seed_of_attempt(seed: int, attempt: int) -> int:
    """Return the seed of a further draw of the same pictures."""
    return int(np.random.SeedSequence([seed, attempt]).generate_state(1)[0])


def largest_occlusion(traced: TracedScene) -> float:
    """Return how much is hidden of the classed part that is hidden most, of those of which a pixel is seen; 0 where none is."""
    return max((item.occluded_fraction for item in annotate_traced(traced, _EVERYTHING).objects), default=0.0)
