"""Labels against the finished picture: what lies in the dark is not labeled, since nobody could find it there."""

from dataclasses import replace

from partsight.structures.arrays import BoolArray, Image
from partsight.structures.world.annotation import Annotation, InstanceAnnotation

DARKEST = 3
"""Pixels of which no color is above this, of 255, are black to camera and eye."""
LIT_SHARE = 0.01
"""An instance is seen when more than this share of its pixels is not black: noise alone lights fewer."""


def drop_unlit(annotation: Annotation, image: Image) -> Annotation:
    """Return the labels without those on nothing but black in the (H, W, 3) picture; they are counted as hidden."""
    is_lit = image.max(axis=2) > DARKEST
    kept = tuple(labeled for labeled in annotation.objects if _is_seen(annotation, labeled, is_lit))
    num_unlit = len(annotation.objects) - len(kept)
    return replace(annotation, objects=kept, num_hidden=annotation.num_hidden + num_unlit) if num_unlit else annotation


def _is_seen(annotation: Annotation, labeled: InstanceAnnotation, is_lit: BoolArray) -> bool:
    left, top, right, bottom = labeled.box_xyxy.astype(int)
    own = annotation.instance_mask[top:bottom, left:right] == labeled.instance_id
    return float(is_lit[top:bottom, left:right][own].mean()) > LIT_SHARE if own.any() else False
