"""Where one instance, or one labeled sub-part of it, is in a picture: the pixels it covers, and those that show it."""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import BoolArray, Float32Array, FloatArray, IntArray, locked
from partsight.structures.world.annotation import Annotation, InstanceAnnotation
from partsight.structures.world.transform import Transform


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    """What an instance covers and what is seen of it; both masks are of the size of a rectangle of the picture."""

    instance_id: int
    """Index into `Scene.instances`."""
    class_id: int
    camera_from_part: Transform
    left_top: tuple[int, int]
    """The rectangle's first column and row."""
    whole: BoolArray
    """(rows, columns) pixels that it would cover if nothing stood before it: the amodal mask."""
    visible: BoolArray
    """(rows, columns) pixels that show it: the modal mask."""
    num_px: int
    """Pixels it would cover alone in a picture without borders."""
    region_id: int | None = None
    """Index into the part's regions; None for the whole instance."""
    label: InstanceAnnotation | None = None
    """None where it is not labeled: unseen, or below the recipe's thresholds."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "camera_from_part", locked(self.camera_from_part, np.float64, (4, 4)))
        object.__setattr__(self, "whole", locked(self.whole, np.bool_, (None, None)))
        object.__setattr__(self, "visible", locked(self.visible, np.bool_, (None, None)))


@dataclass(frozen=True, slots=True, eq=False)
class TracedPicture:
    """All that rays through the pixel centers tell of a scene."""

    annotation: Annotation
    silhouettes: tuple[Silhouette, ...]
    """Of every classed instance and every labeled sub-part, seen or not."""
    depth_m: Float32Array
    """(H, W) along the optical axis, of what the instance mask shows; infinite where nothing is."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth_m", locked(self.depth_m, np.float32, (None, None)))


@dataclass(frozen=True, slots=True, eq=False)
class SeenSurface:
    """What each pixel center sees of the surface there."""

    normals: Float32Array
    """(H, W, 3) unit normals in camera axes, towards the camera; zeros where nothing is."""
    node_ids: IntArray
    """(H, W) index into the `node_names` of the part that is seen, −1 for nothing."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "normals", locked(self.normals, np.float32, (None, None, 3)))
        object.__setattr__(self, "node_ids", locked(self.node_ids, np.int64, (None, None)))


def in_picture(mask: BoolArray, left_top: tuple[int, int], size_wh: tuple[int, int]) -> BoolArray:
    """Return the (H, W) mask of which a rectangle is given."""
    (left, top), (width, height) = left_top, size_wh
    full = np.zeros((height, width), np.bool_)
    full[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    return full


def tight_box(mask: BoolArray) -> FloatArray:
    """Return the box of a mask's True pixels, of which there must be one; right and lower edges exclusive."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)
