"""Settings of `annotate`: which instances are labeled."""

from partsight.config.section import Section
from partsight.config.values import Pixels, Share


class AnnotateSection(Section):
    """Which of the seen instances count as ground truth."""

    min_visible_fraction: Share = 0.25
    """Instances of which less can be seen (hidden or cut by the border) are not labeled; they are counted."""
    min_side_px: Pixels = 6.0
    """Instances whose box has a shorter side are not labeled; they are counted."""
