"""Exact labels of one picture."""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, IntArray, locked
from partsight.structures.world.transform import Transform


@dataclass(frozen=True, slots=True)
class Occluder:
    """One thing that hides pixels of an instance."""

    instance_id: int
    """Index into `Scene.instances`; the hidden instance's own where one of its sub-parts hides another."""
    name: str
    """Name of the part, for instance of a distractor or of the ground."""
    class_id: int | None
    """None for what is none of the classes."""
    fraction: float
    """Pixels it takes over those that the hidden instance would cover alone; visible, truncated and these fractions sum to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class InstanceAnnotation:
    """What can be seen of one classed instance."""

    instance_id: int
    """Index into `Scene.instances`."""
    class_id: int
    box_xyxy: FloatArray
    """(4,) tight box of the visible pixels, in pixel coordinates; the right and lower edges are exclusive."""
    num_visible_px: int
    visible_fraction: float
    """Visible pixels over the pixels the instance would cover alone in a picture without borders."""
    truncated_fraction: float
    """Share of the lone instance's pixels that fall outside the picture."""
    camera_from_part: Transform
    hidden_by: tuple[Occluder, ...] = ()
    """What stands before it, most hiding first."""

    @property
    def occluded_fraction(self) -> float:
        """Share of what lies within the picture that other things hide."""
        return 1 - self.visible_fraction / (1 - self.truncated_fraction)

    def __post_init__(self) -> None:
        object.__setattr__(self, "box_xyxy", locked(self.box_xyxy, np.float64, (4,)))
        object.__setattr__(self, "camera_from_part", locked(self.camera_from_part, np.float64, (4, 4)))


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """Labels of one picture, and how many instances were too hidden or too small to label."""

    instance_mask: IntArray
    """(H, W) index into `Scene.instances` of what each pixel center sees, −1 for nothing.

    A see-through instance has the pixels where no instance with a class is seen through it; boxes and fractions count all its
    pixels, and all of what is seen through it.
    """
    objects: tuple[InstanceAnnotation, ...]
    num_unseen: int = 0
    """Classed instances with no visible pixel."""
    num_hidden: int = 0
    """Classed instances seen, but less than the recipe's threshold: dropped."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "instance_mask", locked(self.instance_mask, np.int64, (None, None)))


def object_mask(annotation: Annotation, instance_id: int) -> BoolArray:
    """Return the (H, W) mask of an instance's visible pixels."""
    mask: BoolArray = annotation.instance_mask == instance_id
    return mask
