"""Settings of `annotate`: which instances are labeled."""

from partsight.config.section import Section
from partsight.config.values import Pixels, Share


class AnnotateSection(Section):
    """Which of the seen instances count as ground truth."""

    min_visible_fraction: Share = 0.25
    """Instances of which less can be seen (hidden or cut by the border) are not labeled; they are counted."""
    max_cut_off: Share = 1.0
    """Instances of which more lies beyond the picture's border are not labeled; they are counted. 0.3 where false detections stand out
    at the edge of photos: parts that are cut off further teach that anything at the border may be one."""
    min_side_px: Pixels = 6.0
    """Instances whose box has a shorter side are not labeled; they are counted."""
