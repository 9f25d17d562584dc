"""Settings of `dataset`: how renders and photos are mixed."""

from typing import Annotated, Literal

from pydantic import Field

from partsight.config.section import Section
from partsight.config.values import NumberOrNone, Seed, Share


class DatasetSection(Section):
    """What the detector learns from."""

    renders: NumberOrNone | None = None
    """Number of renders to use, balanced between classes; all when not given."""
    photos_per_class: Literal["all"] | NumberOrNone = 0
    """Training photos per class, drawn from the training sessions by seed and nested (the 5 are among the 10); `all`: every photo of
    the training sessions."""
    background_photos: Literal["all"] | NumberOrNone = "all"
    """Photos without parts, from the training sessions and `photos.places`; the best remedy against false alarms. `all`: as
    many as there are, up to half of the pictures shown."""
    background_share: Annotated[float, Field(ge=0, lt=1)] = 0.15
    """Least share of the pictures shown that are photos without parts: few of them are repeated. In the second of two stages it is
    `train.finetune.negative_share` that counts."""
    seed: Seed | None = None
    """Seed of the draws and splits; the recipe's seed when not given. With `train.schedule = "two_stage"` it draws the photos only."""
    photo_repeat: Annotated[int, Field(ge=1, le=1000)] = 1
    """How often each photo with parts is listed per epoch, to balance few photos against many renders."""
    render_validation_share: Share = 0.1
    """Share of the renders kept for validation when there are no validation photos."""
    render_test_share: Share = 0.1
    """Share of the renders kept for test when there are no test photos."""
