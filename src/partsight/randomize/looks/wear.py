"""Traces of use on CAD materials: brushed lines, smudges, scratches, rust, dirt, dust, stickers and cable ties.

A worn material becomes a texture of color, metallic and roughness. The traces are drawn once for a part and laid over each of its
materials, so that a scratch runs on from one material to the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from partsight.config.sections.randomize import WearSection
from partsight.randomize.looks.textures import quick_noise, sample_color
from partsight.randomize.streams import chance, log_uniform
from partsight.structures.arrays import Float32Array, FloatArray, Image
from partsight.structures.world.material import Material, Texture, srgb_from_linear
from partsight.structures.world.part import Part, diagonal_m

WEAR_PX = 256
MOST_WORN = 6
"""Materials of a part that are worn; on a circuit board the others, which cover least, stay plain: each costs a mesh."""
RUSTING = ("metal", "steel", "iron")
RUST = ((0.58, 0.34, 0.19), (0.33, 0.19, 0.13))
"""sRGB colors of fresh and old rust."""


@dataclass(frozen=True, slots=True, eq=False)
class _Trace:
    """What covers a surface: (S, S) cover in 0…1, sRGB color, (3,) or (S, S, 3), or a factor on the color below.

    Colors are mixed as sRGB, which is cheap; no eye tells the difference on stains.
    """

    cover: FloatArray | Float32Array
    roughness: float
    color: FloatArray | None = None
    tone: float = 1.0
    metallic: float | None = None
    """None: as below."""
    is_metal_only: bool = False
    is_rust: bool = False


def wear_materials(
    rng: np.random.Generator, part: Part, materials: Sequence[Material], section: WearSection
) -> tuple[Material, ...]:
    """Draw how worn a part is; for the share of parts that are, return its larger materials with traces of use."""
    if not chance(rng, section.share):
        return tuple(materials)
    traces = _sample_traces(rng, section)
    size_m = diagonal_m(part.mesh) * log_uniform(rng, 0.6, 1.4)
    worn = set(
        np.argsort(-np.bincount(part.material_ids, minlength=len(materials)), kind="stable")[:MOST_WORN].tolist()
    )
    return tuple(
        _worn(material, traces, size_m) if slot in worn and _can_wear(material) else material
        for slot, material in enumerate(materials)
    )


def _can_wear(material: Material) -> bool:
    """Traces lie on plain opaque surfaces: a texture would have to be mixed, and glass would be painted over."""
    return material.texture is None and not material.is_see_through


def _sample_traces(rng: np.random.Generator, section: WearSection) -> list[_Trace]:
    """Draw the kinds of traces that a worn part has, from the oldest to the newest."""
    makers: tuple[tuple[float, Callable[[np.random.Generator, float], _Trace]], ...] = (
        (section.traces["brushed"], _brushed),
        (section.traces["smudges"], _smudges),
        (section.traces["scratches"], _scratches),
        (section.traces["rust"], _rust),
        (section.traces["dirt"], _dirt),
        (section.traces["dust"], _dust),
        (section.traces["stickers"], _sticker),
        (section.traces["ties"], _ties),
    )
    children = rng.spawn(len(makers))  # one for each kind: another share of rust leaves the scratches as they were
    return [
        maker(child, float(child.uniform(*section.strength)))
        for child, (share, maker) in zip(children, makers, strict=True)
        if chance(child, share)
    ]


def _worn(material: Material, traces: Sequence[_Trace], size_m: float) -> Material:
    """Lay the traces that the material takes over it."""
    encoded = srgb_from_linear(np.asarray(material.base_color)).astype(np.float32)
    color = np.broadcast_to(encoded, (WEAR_PX, WEAR_PX, 3))
    metallic = np.full((WEAR_PX, WEAR_PX), material.metallic, np.float32)
    roughness = np.full((WEAR_PX, WEAR_PX), material.roughness, np.float32)
    for trace in traces:
        if not _takes(material, trace):
            continue
        cover = trace.cover.astype(np.float32)
        above = color * np.float32(trace.tone) if trace.color is None else trace.color.astype(np.float32)
        color = color + cover[..., None] * (above - color)
        metallic = metallic if trace.metallic is None else metallic + cover * (trace.metallic - metallic)
        roughness = roughness + cover * (trace.roughness - roughness)
    values = np.stack([metallic, roughness], axis=-1)
    texture = Texture(_bytes(color), size_m, _bytes(values))
    return replace(material, base_color=(1.0, 1.0, 1.0), texture=texture)


def _takes(material: Material, trace: _Trace) -> bool:
    if trace.is_rust:
        return material.name in RUSTING
    return material.metallic > 0.5 or not trace.is_metal_only


def _brushed(rng: np.random.Generator, strength: float) -> _Trace:
    """Fine parallel lines that a grinder left."""
    lines = quick_noise(rng, WEAR_PX, 0.7, stretch=rng.uniform(20, 60))
    lines = lines if chance(rng, 0.5) else lines.T
    return _Trace(0.8 * strength * lines, roughness=float(rng.uniform(0.35, 0.6)), tone=0.8, is_metal_only=True)


def _smudges(rng: np.random.Generator, strength: float) -> _Trace:
    """Grease of hands: the gloss changes, the color hardly."""
    cover = np.clip(1.6 * quick_noise(rng, WEAR_PX, rng.uniform(1.2, 2.0)) - 0.5, 0, 1)
    return _Trace(strength * cover, roughness=float(rng.uniform(0.25, 0.8)), tone=float(rng.uniform(0.87, 1.0)))


def _scratches(rng: np.random.Generator, strength: float) -> _Trace:
    """Straight and slightly bent lines down to bright metal."""
    picture = Pillow.new("L", (2 * WEAR_PX, 2 * WEAR_PX))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(strength * rng.integers(10, 80)) + 3):
        _scratch(rng, draw)
    cover = np.asarray(picture.resize((WEAR_PX, WEAR_PX), Pillow.Resampling.BOX)) / 255.0
    gray = np.full(3, float(rng.uniform(0.6, 0.85)))
    return _Trace(np.clip(1.5 * cover, 0, 1), roughness=0.3, color=gray, metallic=1.0)


def _scratch(rng: np.random.Generator, draw: ImageDraw.ImageDraw) -> None:
    start, angle = rng.uniform(0, 2 * WEAR_PX, 2), rng.normal(0, 0.5) + rng.choice([0.0, 1.2])
    bend, length = rng.normal(0, 0.002), log_uniform(rng, 8, WEAR_PX)
    along = np.linspace(0, length, 8)
    turned = angle + bend * along
    points = start + np.stack([along * np.cos(turned), along * np.sin(turned)], axis=1)
    draw.line(
        [tuple(point) for point in points.tolist()], fill=int(rng.uniform(60, 255)), width=int(rng.integers(1, 3))
    )


def _rust(rng: np.random.Generator, strength: float) -> _Trace:
    """Islands with ragged borders, dark where they are old."""
    field = 0.8 * quick_noise(rng, WEAR_PX, 1.6) + 0.2 * quick_noise(rng, WEAR_PX, 0.8)
    threshold = np.quantile(field, 1 - 0.6 * strength * rng.random())
    cover = np.clip((field - threshold) * 12, 0, 1)
    age = np.clip(0.6 * quick_noise(rng, WEAR_PX, 0.6) + 2.0 * (field - threshold), 0, 1)[..., None]
    fresh, old = np.asarray(RUST) * rng.normal(1.0, 0.12, (2, 3))
    color = np.clip(fresh + age * (old - fresh), 0.03, 1)
    return _Trace(cover, roughness=0.95, color=color, metallic=0.0, is_rust=True)


def _dirt(rng: np.random.Generator, strength: float) -> _Trace:
    """Oil and grime in soft dark spots."""
    field = quick_noise(rng, WEAR_PX, rng.uniform(1.3, 1.9)) * (0.5 + 0.5 * quick_noise(rng, WEAR_PX, 0.6))
    color = np.array([0.235, 0.21, 0.18]) * rng.uniform(0.6, 1.3)
    cover = strength * np.clip(2.2 * field - 0.7, 0, 0.9)
    return _Trace(cover, roughness=float(rng.uniform(0.35, 0.95)), color=color, metallic=0.0)


def _dust(rng: np.random.Generator, strength: float) -> _Trace:
    """A thin bright film."""
    field = 0.6 * quick_noise(rng, WEAR_PX, 1.2) + 0.4 * quick_noise(rng, WEAR_PX, 0.2)
    color = np.array([0.68, 0.66, 0.62]) * rng.uniform(0.85, 1.15)
    return _Trace(strength * (0.1 + 0.4 * field), roughness=1.0, color=color, metallic=0.0)


def _sticker(rng: np.random.Generator, strength: float) -> _Trace:
    """Labels of paper or foil with rows of print; more of them on well-worn parts."""
    cover, color = np.zeros((WEAR_PX, WEAR_PX)), np.zeros((WEAR_PX, WEAR_PX, 3))
    for _ in range(1 + int(3 * strength * rng.random())):
        width, height = (WEAR_PX * rng.uniform(0.08, 0.3) * np.array([1, rng.uniform(0.3, 1)])).astype(int)
        left, top = rng.integers(0, WEAR_PX - np.array([width, height]))
        spot = (slice(top, top + height), slice(left, left + width))
        cover[spot], color[spot] = 1.0, _label(rng, width, height)
    return _Trace(cover, roughness=float(rng.uniform(0.2, 0.7)), color=color, metallic=0.0)


def _ties(rng: np.random.Generator, strength: float) -> _Trace:
    """Cable ties and turns of tape around the part: rows of the map run round it, as it is laid on from six sides."""
    cover, color = np.zeros((WEAR_PX, WEAR_PX)), np.zeros((WEAR_PX, WEAR_PX, 3))
    for _ in range(1 + int(3 * strength * rng.random())):
        width = max(2, int(WEAR_PX * log_uniform(rng, 0.012, 0.06)))
        top, head = rng.integers(0, WEAR_PX - width), rng.integers(0, WEAR_PX - width)
        grooves = 0.85 + 0.15 * (np.arange(WEAR_PX) % 3 > 0)
        cover[top : top + width] = 1.0
        color[top : top + width] = _plastic(rng) * grooves[None, :, None]
        color[top : top + width, head : head + 2 * width] *= 0.7  # the lock
    return _Trace(cover, roughness=float(rng.uniform(0.35, 0.7)), color=color, metallic=0.0)


def _plastic(rng: np.random.Generator) -> FloatArray:
    """Draw the color of a tie: black or undyed, else any."""
    kind = rng.random()
    if kind < 0.45:
        return np.full(3, float(rng.uniform(0.05, 0.2)))
    return np.array([0.86, 0.85, 0.8]) if kind < 0.75 else sample_color(rng)


def _label(rng: np.random.Generator, width_px: int, height_px: int) -> FloatArray:
    """Draw paper with strokes in rows: (height, width, 3) linear color."""
    paper = np.array([0.9, 0.9, 0.87]) if chance(rng, 0.6) else sample_color(rng)
    ink = sample_color(rng) * 0.2
    rows, columns = np.arange(height_px)[:, None], np.arange(width_px)[None, :]
    pitch = max(3, int(height_px / rng.integers(3, 8)))
    is_margin = (rows < 2) | (rows >= height_px - 2) | (columns < 3) | (columns >= width_px * rng.uniform(0.5, 0.98))
    is_stroke = (rows % pitch < max(1, pitch // 2)) & (rng.random((height_px, width_px)) < 0.6) & ~is_margin
    return np.where(is_stroke[..., None], ink, paper)


def _bytes(values: Float32Array) -> Image:
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
