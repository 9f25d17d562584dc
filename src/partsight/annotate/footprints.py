"""Instances traced one by one: what each covers when it is alone, and which of them is nearest.

Each instance is traced alone, over the rectangle of its projection; the nearest depth wins the pixel. So the same rays
tell which instance a pixel shows, and which pixels the instance would cover if nothing stood before it and the picture
had no borders. Depths are counted along the optical axis, in meters: they can be compared between instances.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from partsight.annotate.regions import Region, common, outside, picture_region, projected_region
from partsight.annotate.see_through import hiding_part
from partsight.annotate.tracing import NOTHING, trace
from partsight.structures.arrays import BoolArray, Float32Array, FloatArray, IntArray
from partsight.structures.world.camera import Camera, Intrinsics, offsets_at
from partsight.structures.world.part import Part
from partsight.structures.world.scene import Instance
from partsight.structures.world.transform import Transform, inverse, moved

MAX_OUTSIDE_RAYS = 100_000
"""Beyond the picture's borders, larger regions are sampled by a grid of about this many rays.

Each ray then stands for a block of pixels. Measured on spheres and bars that reach far out of a picture of 400 × 400,
the error of the lone area is 0.01 % in the median, 0.13 % at worst; what lies inside the picture is always counted
pixel by pixel.
"""


@dataclass(frozen=True, slots=True, eq=False)
class LoneFootprint:
    """What an instance covers when it is alone."""

    camera_from_part: Transform
    inside: Region
    """The rectangle of its projection, cut by the picture."""
    depths_m: Float32Array
    """Depth of each pixel of `inside`, `NOTHING` where the instance is not."""
    hiding_m: Float32Array
    """The same of what hides things behind it: of what cannot be seen through."""
    num_outside_px: int
    """Pixels it would cover beyond the picture's borders; only counted for classed instances."""

    @property
    def num_px(self) -> int:
        """Pixels it would cover alone in a picture without borders."""
        return int(np.count_nonzero(self.depths_m < NOTHING)) + self.num_outside_px


def footprint_of(instance: Instance, camera: Camera) -> LoneFootprint:
    """Trace an instance alone."""
    camera_from_part = inverse(camera.world_from_camera) @ instance.world_from_part
    nowhere = Region(0, 0, 0, 0)
    region = projected_region(moved(camera_from_part, instance.part.mesh.vertices_m), camera.intrinsics) or nowhere
    rays = Rays(instance.part, inverse(camera_from_part), camera.intrinsics)
    picture = picture_region(camera.intrinsics)
    inside = common(region, picture)
    bands = outside(region, picture) if instance.class_id is not None else []
    depths_m = _depths(rays, inside, 1)
    hiding = hiding_part(instance)
    hiding_m = depths_m if hiding is instance.part else _depths(replace(rays, part=hiding), inside, 1)
    return LoneFootprint(camera_from_part, inside, depths_m, hiding_m, _count_pixels(rays, bands))


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """The camera's rays in the frame of one part."""

    part: Part
    part_from_camera: Transform
    intrinsics: Intrinsics

    @property
    def origin_m(self) -> FloatArray:
        """(3,) where the camera is."""
        origin: FloatArray = self.part_from_camera[:3, 3]
        return origin

    def directions_at(self, pixels: FloatArray) -> Float32Array:
        """Return the (N, 3) directions through (N, 2) pixel coordinates, one meter long along the optical axis."""
        rotation = self.part_from_camera[:3, :3]
        offsets = offsets_at(self.intrinsics, pixels)
        return (offsets @ rotation[:, :2].T + rotation[:, 2]).astype(np.float32)


def _count_pixels(rays: Rays, bands: Sequence[Region]) -> int:
    """Return how many pixels of the bands the part covers, sampled by a grid where there are too many."""
    num_px = sum(band.num_px for band in bands)
    stride = max(1, int(np.ceil(np.sqrt(num_px / MAX_OUTSIDE_RAYS))))
    return sum(_covered_px(_depths(rays, band, stride), band) for band in bands)


def _covered_px(depths_m: Float32Array, band: Region) -> int:
    return round(float(np.mean(depths_m < NOTHING)) * band.num_px)


def _depths(rays: Rays, region: Region, stride: int) -> Float32Array:
    """Return the (rows, columns) depths seen through the centers of the region's stride × stride blocks of pixels."""
    columns = _centers(region.left, region.right, stride)
    rows = _centers(region.top, region.bottom, stride)
    directions = _directions(rays, columns, rows)
    depths = trace(rays.part, rays.origin_m, directions.reshape(-1, 3))
    return depths.reshape(directions.shape[:2])


def _centers(low: int, high: int, stride: int) -> FloatArray:
    """Return the middles of equal steps of about the stride from low to high; of pixels when the stride is 1."""
    num_steps = -(-(high - low) // stride)
    return np.asarray(low + (np.arange(num_steps) + 0.5) * ((high - low) / max(1, num_steps)), np.float64)


def _directions(rays: Rays, columns: FloatArray, rows: FloatArray) -> Float32Array:
    """Return (rows, columns, 3) directions in the part's frame, one meter long along the optical axis."""
    rotation, intrinsics = rays.part_from_camera[:3, :3], rays.intrinsics
    if intrinsics.lens is not None:
        pixels = np.stack(np.meshgrid(columns, rows), axis=-1)
        return rays.directions_at(pixels.reshape(-1, 2)).reshape(*pixels.shape[:2], 3)
    center_x, center_y = intrinsics.principal_point_px
    across = np.outer((columns - center_x) / intrinsics.focal_px, rotation[:, 0])
    down = np.outer((rows - center_y) / intrinsics.focal_px, rotation[:, 1]) + rotation[:, 2]
    return np.add(down[:, None], across[None], dtype=np.float32, casting="same_kind")


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """What is nearest at each pixel."""

    mask: IntArray
    """(H, W) instance, −1 for none."""
    depths_m: Float32Array


def nearest_of(footprints: Sequence[LoneFootprint], depths: Sequence[Float32Array], intrinsics: Intrinsics) -> Nearest:
    """Return which instance is nearest by these depths of the footprints; of two at one depth, the first."""
    width, height = intrinsics.size_wh
    mask = np.full((height, width), -1, np.int64)
    nearest_m = np.full((height, width), NOTHING, np.float32)
    for instance_id, (footprint, depths_m) in enumerate(zip(footprints, depths, strict=True)):
        slices = slices_of(footprint.inside)
        is_nearer = depths_m < nearest_m[slices]
        np.copyto(nearest_m[slices], depths_m, where=is_nearer)
        np.copyto(mask[slices], instance_id, where=is_nearer)
    return Nearest(mask, nearest_m)


def is_before(footprint: LoneFootprint, hiding: Nearest) -> BoolArray:
    """Return where a footprint stands before all that hides: only what is see-through can."""
    found: BoolArray = footprint.depths_m < hiding.depths_m[slices_of(footprint.inside)]
    return found


def slices_of(region: Region) -> tuple[slice, slice]:
    """Return rows and columns of a region, to index a picture."""
    return slice(region.top, region.bottom), slice(region.left, region.right)
