"""Regions of Label Studio: one thing drawn, whose shape and class may stand in two results of the same id."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from partsight.labels.formats.run_lengths import label_studio_mask
from partsight.labels.outlines import joined_outline, outlines_of
from partsight.labels.shapes import DrawnShape, as_points, ellipse, in_shares, mask_extent, no_box, outline, rectangle

_SHAPES = ("rectangle", "polygon", "ellipse", "brush", "keypoint", "bitmask", "vector", "cuboid")


def regions_of(results: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield regions with `kind`, `class_names` and the numbers of their shape; results without a place are passed over."""
    by_id: dict[str, dict[str, Any]] = {}
    for number, result in enumerate(results):
        value = result.get("value", result)
        if not isinstance(value, Mapping) or result.get("type") == "relation":
            continue
        region = by_id.setdefault(str(result.get("id", f"#{number}")), {"kind": "", "class_names": []})
        region |= {
            key: entry for key, entry in {**result, **value}.items() if key not in {"value", "kind", "class_names"}
        }
        region["kind"] = region["kind"] or _kind(result, value)
        region["class_names"] = region["class_names"] or _class_names(value)
    yield from (region for region in by_id.values() if region["kind"])


def shape_of(region: Mapping[str, Any]) -> DrawnShape:
    """Return what a region draws. Raises KeyError, TypeError or ValueError when it is not as Label Studio writes it."""
    kind = region["kind"]
    if float(region.get("image_rotation") or 0) % 360:
        return no_box(kind, "was drawn while the picture was turned by hand, which is not read")
    angle = float(region.get("rotation") or 0.0)
    if kind == "rectangle":
        left, top, across, down = (float(region[key]) for key in ("x", "y", "width", "height"))
        return in_shares(
            rectangle((left, top, left + across, top + down), angle_deg=angle, pivot_xy=(left, top)), of=100
        )
    if kind == "ellipse":
        middle, radii = (float(region["x"]), float(region["y"])), (float(region["radiusX"]), float(region["radiusY"]))
        return in_shares(ellipse(middle, radii, angle), of=100)
    if kind == "polygon":
        return in_shares(outline("polygon", region["points"]), of=100)
    if kind == "brush":
        return _brush(region)
    return no_box(kind, "a single point has no extent" if kind == "keypoint" else "is not read")


def _kind(result: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    """Return the shape of a result by its type, else by the numbers it holds; empty for what draws nothing."""
    stated = str(result.get("type") or "").lower().removesuffix("labels")
    if stated in _SHAPES:
        return stated
    if any(key.removesuffix("labels") in _SHAPES for key in value):
        return next(key.removesuffix("labels") for key in value if key.removesuffix("labels") in _SHAPES)
    if "radiusX" in value:
        return "ellipse"
    if "points" in value:
        return "polygon"
    if "rle" in value:
        return "brush"
    return "rectangle" if {"x", "y", "width", "height"} <= value.keys() else ""


def _class_names(value: Mapping[str, Any]) -> list[str]:
    return next((list(names) for key, names in value.items() if key.endswith("labels") and isinstance(names, list)), [])


def _brush(region: Mapping[str, Any]) -> DrawnShape:
    width, height = int(region["original_width"]), int(region["original_height"])
    try:
        mask = label_studio_mask(region["rle"], (width, height))
    except ValueError as error:
        return no_box("brush", f"its pixels cannot be read ({error})")
    extent = mask_extent(mask)
    if extent is None:
        return no_box("brush", "is empty")
    scale = np.array([width, height], float)
    corners, border = np.array(extent).reshape(2, 2) / scale, joined_outline(outlines_of(mask)) / scale
    return in_shares(DrawnShape("brush", as_points(corners), border=as_points(border)))
