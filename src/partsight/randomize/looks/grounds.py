"""Floors, benches and walls as workshops have them, and what tools and boxes there are made of."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from partsight.randomize.looks.textures import quick_noise
from partsight.randomize.streams import chance
from partsight.structures.arrays import FloatArray, Image
from partsight.structures.world.material import Material, Texture, linear_from_srgb

GROUND_PX = 512
MUTED = (
    (0.55, 0.55, 0.53), (0.42, 0.44, 0.45), (0.68, 0.67, 0.63), (0.30, 0.36, 0.34), (0.33, 0.38, 0.44), (0.58, 0.53, 0.44),
    (0.47, 0.36, 0.31),
)  # fmt: skip
"""sRGB colors of painted floors and mats."""
PALE = ((0.86, 0.85, 0.82), (0.78, 0.76, 0.70), (0.72, 0.75, 0.77), (0.66, 0.70, 0.66), (0.60, 0.60, 0.60))
"""sRGB colors of walls."""
TOOL_METALS = (
    ((0.47, 0.46, 0.44), 0.35),
    ((0.56, 0.56, 0.56), 0.2),
    ((0.85, 0.86, 0.86), 0.35),
    ((0.2, 0.2, 0.2), 0.5),
)
"""Linear color and roughness of steel, chrome, aluminium and blackened steel."""
TOOL_COLORS = (
    (0.08, 0.08, 0.09), (0.25, 0.25, 0.27), (0.62, 0.12, 0.10), (0.80, 0.62, 0.10), (0.12, 0.22, 0.45), (0.80, 0.38, 0.10),
    (0.62, 0.48, 0.32), (0.85, 0.84, 0.80),
)  # fmt: skip
"""sRGB colors of grips, boxes, cardboard and paper."""


@dataclass(frozen=True, slots=True, eq=False)
class _Finish:
    """sRGB color (S, S, 3) and (S, S) metallic and roughness of a surface."""

    color: FloatArray
    metallic: float
    roughness: FloatArray


def sample_ground(rng: np.random.Generator, size_m: float) -> Material:
    """Draw a floor or a bench top; one tile of it is `size_m` wide."""
    return _surface(
        _pick(rng, (_concrete, _concrete, _painted, _painted, _boards, _sheet_metal, _mat, _tiles))(rng), size_m
    )


def sample_wall(rng: np.random.Generator, size_m: float) -> Material:
    """Draw a wall: plaster, corrugated sheet or blocks."""
    return _surface(_pick(rng, (_plaster, _plaster, _corrugated, _blocks))(rng), size_m)


def sample_tool_material(rng: np.random.Generator) -> Material:
    """Draw what tools, fasteners, boxes and cables are made of."""
    if chance(rng, 0.5):
        (red, green, blue), roughness = TOOL_METALS[int(rng.integers(len(TOOL_METALS)))]
        return Material("steel", (red, green, blue), 1.0, float(roughness * rng.uniform(0.6, 1.5)))
    shade = np.clip(np.asarray(TOOL_COLORS[int(rng.integers(len(TOOL_COLORS)))]) * rng.uniform(0.7, 1.2), 0, 1)
    red, green, blue = linear_from_srgb(shade).tolist()
    return Material("plastic", (red, green, blue), 0.0, float(rng.uniform(0.25, 0.9)))


def _pick(
    rng: np.random.Generator, makers: tuple[Callable[[np.random.Generator], _Finish], ...]
) -> Callable[[np.random.Generator], _Finish]:
    return makers[int(rng.integers(len(makers)))]


def _surface(finish: _Finish, size_m: float) -> Material:
    values = np.stack([np.full((GROUND_PX, GROUND_PX), finish.metallic), finish.roughness], axis=-1)
    texture = Texture(_bytes(finish.color), size_m, _bytes(values))
    return Material("surface", (1.0, 1.0, 1.0), finish.metallic, 0.5, texture)


def _concrete(rng: np.random.Generator) -> _Finish:
    """Gray with clouds, pores, stains, and sometimes joints."""
    base = np.array([0.56, 0.55, 0.53]) * rng.uniform(0.6, 1.3)
    shade = 1 + 0.28 * (_noise(rng, 1.4) - 0.5) + 0.16 * (_noise(rng, 0.3) - 0.5)
    color = base * shade[..., None] * _stains(rng, 0.5)[..., None]
    return _Finish(color * _joints(rng, 0.4)[..., None], 0.0, 0.6 + 0.35 * _noise(rng, 1.2))


def _painted(rng: np.random.Generator) -> _Finish:
    """Epoxy, rather glossy, scuffed, now and then with a yellow or white line."""
    color = _tone(rng, MUTED) * (1 + 0.08 * (_noise(rng, 1.2) - 0.5))[..., None]
    scuffs = np.clip(3 * _noise(rng, 0.9, stretch=rng.uniform(1, 6)) - 2.2, 0, 1)
    color = color * (1 - 0.35 * scuffs)[..., None] * _stains(rng, 0.3)[..., None]
    if chance(rng, 0.2):
        place, width = rng.uniform(0.2, 0.8), rng.uniform(0.02, 0.05)
        is_line = np.abs(np.arange(GROUND_PX) / GROUND_PX - place) < width
        worn = (_noise(rng, 0.8) < 0.85) & is_line[None, :]
        color = np.where(worn[..., None], np.array([0.85, 0.68, 0.15]) if chance(rng, 0.7) else 0.85, color)
    return _Finish(color, 0.0, rng.uniform(0.12, 0.5) + 0.3 * scuffs + 0.15 * _noise(rng, 1.4))


def _boards(rng: np.random.Generator) -> _Finish:
    """Planks of a bench or a pallet, with grain, joints and stains."""
    tone = np.array([0.62, 0.47, 0.32]) * rng.uniform(0.55, 1.25) + rng.normal(0, 0.02, 3)
    count = int(rng.integers(2, 7))
    board = np.arange(GROUND_PX) * count // GROUND_PX
    grain = _noise(rng, 1.3, stretch=rng.uniform(8, 20))
    rings = 0.5 + 0.5 * np.sin(grain * rng.uniform(8, 30) + rng.uniform(0, 6, count)[board][:, None])
    joint = np.where((np.arange(GROUND_PX) % (GROUND_PX / count)) < rng.uniform(1, 4), 0.35, 1.0)[:, None]
    shade = (0.82 + 0.12 * rings + 0.2 * (grain - 0.5)) * rng.uniform(0.88, 1.1, count)[board][:, None] * joint
    return _Finish(tone * shade[..., None] * _stains(rng, 0.5)[..., None], 0.0, 0.55 + 0.4 * grain)


def _sheet_metal(rng: np.random.Generator) -> _Finish:
    """A brushed or blotchy steel top."""
    lines = _noise(rng, 0.7, stretch=rng.uniform(10, 50))
    blotches = _noise(rng, 1.6)
    color = np.array([0.66, 0.66, 0.65]) * rng.uniform(0.75, 1.1) * (0.9 + 0.12 * lines + 0.08 * blotches)[..., None]
    return _Finish(color * _stains(rng, 0.4)[..., None], 1.0, 0.25 + 0.25 * blotches + 0.15 * lines)


def _mat(rng: np.random.Generator) -> _Finish:
    """Rubber or foam, plain, ribbed, or with the grid of a cutting mat."""
    dark = np.full(3, rng.uniform(0.1, 0.3)) if chance(rng, 0.6) else _tone(rng, MUTED) * 0.8
    shade = 1 + 0.3 * (_noise(rng, 0.3) - 0.5)
    steps, kind = np.arange(GROUND_PX), rng.random()
    if kind < 0.35:
        shade = shade * (0.8 + 0.2 * np.sin(2 * np.pi * steps * int(rng.integers(15, 50)) / GROUND_PX))[:, None]
    elif kind < 0.6:
        pitch = GROUND_PX // int(rng.integers(6, 20))
        is_line = (steps % pitch < 2)[:, None] | (steps % pitch < 2)[None, :]
        shade = np.where(is_line, 1.5, shade)
    return _Finish(dark * shade[..., None], 0.0, np.full((GROUND_PX, GROUND_PX), rng.uniform(0.5, 0.95)))


def _tiles(rng: np.random.Generator) -> _Finish:
    """Stone or ceramic tiles."""
    count = int(rng.integers(2, 6))
    number = np.arange(GROUND_PX) * count // GROUND_PX
    shade = rng.normal(1.0, 0.04, (count, count))[number[:, None], number[None, :]] + 0.15 * (_noise(rng, 1.0) - 0.5)
    inner = (np.arange(GROUND_PX) * count / GROUND_PX) % 1
    is_joint = np.minimum(inner, 1 - inner) < rng.uniform(0.006, 0.02)
    joint = np.where(is_joint[:, None] | is_joint[None, :], rng.uniform(0.5, 0.85), 1.0)
    color = _tone(rng, (*MUTED, *PALE)) * (shade * joint)[..., None]
    return _Finish(color * _stains(rng, 0.3)[..., None], 0.0, rng.uniform(0.15, 0.6) + 0.2 * _noise(rng, 1.2))


def _plaster(rng: np.random.Generator) -> _Finish:
    """Painted plaster."""
    shade = 1 + 0.1 * (_noise(rng, 1.6) - 0.5) + 0.05 * (_noise(rng, 0.3) - 0.5)
    return _Finish(_tone(rng, PALE) * shade[..., None] * _stains(rng, 0.15)[..., None], 0.0, np.full(shade.shape, 0.85))


def _corrugated(rng: np.random.Generator) -> _Finish:
    """Sheet with folds, whose shading is painted on."""
    folds = np.sin(2 * np.pi * np.arange(GROUND_PX) * int(rng.integers(8, 30)) / GROUND_PX)
    shade = 1 + 0.16 * np.clip(2 * folds, -1, 1)[None, :] + 0.1 * (_noise(rng, 1.5) - 0.5)
    return _Finish(_tone(rng, (*PALE, *MUTED)) * shade[..., None], 0.0, np.full(shade.shape, rng.uniform(0.3, 0.7)))


def _blocks(rng: np.random.Generator) -> _Finish:
    """Bricks or concrete blocks, every second row shifted by half."""
    rows = 2 * int(rng.integers(3, 7))
    v = np.arange(GROUND_PX)[:, None] * rows / GROUND_PX
    u = (np.arange(GROUND_PX)[None, :] * rows / 2 / GROUND_PX + 0.5 * (v.astype(int) % 2)) % (rows / 2)
    is_joint = ((u % 1) < 0.03) | ((v % 1) < 0.06)
    shade = rng.normal(1.0, 0.06, (rows, rows))[v.astype(int), u.astype(int)] + 0.25 * (_noise(rng, 0.7) - 0.5)
    color = (np.array([0.58, 0.32, 0.24]) if chance(rng, 0.3) else _tone(rng, PALE)) * shade[..., None]
    return _Finish(np.where(is_joint[..., None], 0.75 * color + 0.05, color), 0.0, np.full(shade.shape, 0.9))


def _noise(rng: np.random.Generator, slope: float, stretch: float = 1.0) -> FloatArray:
    return quick_noise(rng, GROUND_PX, slope, stretch).astype(float)


def _tone(rng: np.random.Generator, colors: tuple[tuple[float, float, float], ...]) -> FloatArray:
    return np.asarray(colors[int(rng.integers(len(colors)))]) * rng.uniform(0.75, 1.2) + rng.normal(0, 0.015, 3)


def _stains(rng: np.random.Generator, strongest: float) -> FloatArray:
    """Return a factor: darker where oil was spilled."""
    return np.asarray(1 - strongest * rng.random() * np.clip(3 * _noise(rng, 1.5) - rng.uniform(1.5, 2.6), 0, 1))


def _joints(rng: np.random.Generator, share: float) -> FloatArray:
    """Return a factor: a dark joint along two borders of the tile, for a share of grounds."""
    factor = np.ones((GROUND_PX, GROUND_PX))
    if chance(rng, share):
        factor[:3], factor[:, :3] = 0.45, 0.45
    return factor


def _bytes(values: FloatArray) -> Image:
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
