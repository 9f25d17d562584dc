"""Layouts of one part seen from a grid of directions: the published baseline.

A class takes the next direction of the shuffled grid with each of its pictures: the first pictures are balanced, too.
"""

from functools import lru_cache
from itertools import product

import numpy as np

from partsight.config.sections.orbit import OrbitSection
from partsight.randomize.camera.viewpoint import Viewpoint
from partsight.randomize.context import DrawContext
from partsight.randomize.layouts.layout import Body, Layout
from partsight.randomize.streams import stream
from partsight.structures.world.camera import Camera, centered_intrinsics
from partsight.structures.world.part import diagonal_m
from partsight.structures.world.transform import look_at

FOCAL = 1.8
"""Focal length in picture widths: PyVista's default view angle is 30°."""


def sample_orbit(context: DrawContext) -> Layout:
    """Place one part in the middle and the camera in the next direction."""
    variants = context.parts[context.class_id]
    part = variants[context.turn % len(variants)]
    views = orbit_views(context.section.orbit, context.seed)
    diagonal = diagonal_m(part.mesh)
    viewpoint = _viewpoint(context, views[context.turn % len(views)], diagonal)
    return Layout(viewpoint, (Body(part, np.eye(4), context.class_id),), "studio", diagonal / 2)


@lru_cache(maxsize=32)
def orbit_views(section: OrbitSection, seed: int) -> tuple[tuple[float, float, float], ...]:
    """Return (azimuth, elevation, roll) in degrees of the whole grid, shuffled."""
    azimuths = np.arange(0.0, 360.0, section.azimuth_step_deg).tolist()
    elevations = _stepped(*section.elevation_deg)
    grid = list(product(azimuths, elevations, _stepped(*section.roll_deg)))
    order = stream(seed, 0, "orbit").permutation(len(grid))
    return tuple(grid[number] for number in order)


def _viewpoint(context: DrawContext, view: tuple[float, float, float], diagonal: float) -> Viewpoint:
    size_wh, (azimuth, elevation) = context.size_wh, np.deg2rad(view[:2])
    direction = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    focal_px = FOCAL * size_wh[0]
    distance_m = focal_px * diagonal / (context.section.orbit.fill * min(size_wh))
    camera = Camera(centered_intrinsics(size_wh, focal_px), look_at(direction * distance_m, np.zeros(3), view[2]))
    return Viewpoint(camera, distance_m)


def _stepped(low: float, high: float, step: float) -> list[float]:
    """Return low, low + step … up to and including high."""
    return np.arange(low, high + step * 1e-6, step).tolist()
