"""All that is known of one render, ready to be written for other tools."""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray
from partsight.structures.traced.keypoint import SeenKeypoints
from partsight.structures.traced.silhouette import Silhouette, TracedPicture, in_picture
from partsight.structures.world.annotation import InstanceAnnotation
from partsight.structures.world.camera import Intrinsics
from partsight.structures.world.transform import Transform


@dataclass(frozen=True, slots=True, eq=False)
class PictureTruth:
    """What a picture shows, exactly, for one camera."""

    intrinsics: Intrinsics
    world_from_camera: Transform
    traced: TracedPicture
    keypoints: tuple[SeenKeypoints | None, ...]
    """Of each silhouette; None where its class has none."""
    part_keys: tuple[str, ...]
    """Of each silhouette's part: which of a class's variants it is."""

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return self.intrinsics.size_wh

    @property
    def labels(self) -> tuple[tuple[int, InstanceAnnotation], ...]:
        """The silhouettes that are labels, by their places, and the labels, in the order of the picture's boxes."""
        return tuple((place, one.label) for place, one in enumerate(self.traced.silhouettes) if one.label is not None)

    def full(self, silhouette: Silhouette, *, whole: bool) -> BoolArray:
        """Return the (H, W) mask of a silhouette: all that it would cover alone, or what is visible."""
        return in_picture(silhouette.whole if whole else silhouette.visible, silhouette.left_top, self.size_wh)


def keypoint_rows(seen: SeenKeypoints | None, names: tuple[str, ...]) -> FloatArray:
    """Return (N, 3) x, y and visibility of the keypoints of these names; zeros for those that there are not."""
    found = {} if seen is None else dict(zip(seen.names, range(len(seen.names)), strict=True))
    rows = np.zeros((len(names), 3))
    for place, name in enumerate(names):
        if seen is not None and name in found:
            rows[place] = [*seen.pixels[found[name]], seen.visibilities[found[name]]]
    return rows
