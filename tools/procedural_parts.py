"""Machine parts by formula: nineteen kinds, each part a function of kind and seed, no CAD file and nobody's design.

    python tools/procedural_parts.py sheet.png --count 100

draws a contact sheet of drafts.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from manifold3d import CrossSection, Manifold
from procedural_solids import (
    COPPER,
    INSULATOR,
    RUBBER,
    STEEL,
    Piece,
    at_places,
    bar,
    circle_places,
    corner_places,
    corners_of,
    disc,
    finish,
    hexagon,
    make_part,
    metal,
    paint,
    polygon,
    rectangle,
    ring_of,
    screw,
    slab,
    stepped,
    tube,
    turned,
    union,
)  # fmt: skip

from partsight.structures.world.part import Part

Rng = np.random.Generator
UP = 2.0
"""More than any height: what cuts right through."""


def generate_part(kind: str, seed: int, size_m: float) -> Part:
    """Return the part of this kind and seed; its bounding box has the diagonal `size_m`."""
    rng = np.random.default_rng([seed, *kind.encode()])
    return make_part(kind, KINDS[kind](rng), size_m)


def plate(rng: Rng) -> list[Piece]:
    """A mounting plate: corner holes, and a bore, slots, a row of holes, pockets or ribs."""
    width, depth, height = 1.0, rng.uniform(0.35, 1), rng.uniform(0.03, 0.12)
    outline = rectangle(width, depth, rng.uniform(0, 0.12), is_round=chance(rng, 0.6))
    margin, radius = rng.uniform(0.08, 0.15), rng.uniform(0.015, 0.04)
    holes = [corners_of(disc(radius, 24), width - 2 * margin, depth - 2 * margin)]
    if chance(rng, 0.6):
        holes.append(disc(rng.uniform(0.08, 0.33) * depth))
    if chance(rng, 0.4):
        slot = rectangle(rng.uniform(0.1, 0.3), 2 * radius, radius)
        holes += [slot.translate((0, side * (0.5 * depth - margin))) for side in (-1, 1)]
    if chance(rng, 0.3):
        count = int(rng.integers(3, 8))
        holes += [disc(radius, 24).translate((x, 0)) for x in np.linspace(margin - 0.5, 0.5 - margin, count)]
    body = slab(outline, height, rng.uniform(0, 0.012))
    if chance(rng, 0.35):
        pocket = rectangle(rng.uniform(0.3, 0.7) * width, rng.uniform(0.4, 0.6) * depth, 0.04)
        body -= pocket.extrude(UP).translate((0, 0, height * rng.uniform(0.4, 0.7)))
    for outline in holes:
        body -= outline.extrude(2 * UP).translate((0, 0, -UP))
    pieces = [Piece("plate", body, finish(rng))]
    if chance(rng, 0.3):
        heads = screw(1.7 * radius, 1.6 * radius)
        pieces.append(
            Piece("screws", at_places(heads, corner_places(width - 2 * margin, depth - 2 * margin, height)), STEEL)
        )
    return pieces


def angle_bracket(rng: Rng) -> list[Piece]:
    """Two legs with holes, a bend, and perhaps gussets."""
    depth, thick = rng.uniform(0.25, 1), rng.uniform(0.05, 0.14)
    legs, bend = (1.0, rng.uniform(0.5, 1.1)), thick * rng.uniform(0.2, 1.2)
    outer = polygon([(0, 0), (legs[0], 0), (legs[0], thick), (thick, thick), (thick, legs[1]), (0, legs[1])])
    profile = outer.offset(bend).offset(-bend) if chance(rng, 0.7) else outer
    body = profile.extrude(depth).rotate((90, 0, 0)).translate((0, depth, 0))
    if chance(rng, 0.5):
        rib = (
            polygon([(thick, thick), (legs[0] * 0.8, thick), (thick, legs[1] * 0.8)])
            .extrude(thick * 0.7)
            .rotate((90, 0, 0))
        )
        at = [0.5 * depth] if chance(rng, 0.5) else [0.12 * depth, 0.95 * depth]
        body = union([body, *(rib.translate((0, y, 0)) for y in at)])
    radius, count = rng.uniform(0.03, 0.07), int(rng.integers(1, 4))
    rows = (np.arange(count) + 0.5) / count * depth
    for y in rows:
        body -= bar((0.65 * legs[0], y, -UP), (0.65 * legs[0], y, thick * 1.01), radius)
        body -= bar((-UP, y, 0.65 * legs[1]), (thick * 1.01, y, 0.65 * legs[1]), radius * rng.uniform(0.8, 1.4))
    return [Piece("bracket", body, finish(rng))]


def housing(rng: Rng) -> list[Piece]:
    """A box with lid, screws and glands, or an open shell with bosses."""
    width, depth, height = 1.0, rng.uniform(0.5, 1), rng.uniform(0.25, 0.7)
    outline, wall = rectangle(width, depth, rng.uniform(0.02, 0.12)), rng.uniform(0.03, 0.07)
    inner = rectangle(width - 2 * wall, depth - 2 * wall, 0.03)
    shell = slab(outline, height, 0.012) - inner.extrude(height).translate((0, 0, wall))
    bosses = at_places(
        Manifold.cylinder(height - wall, 0.07, 0.07, 24), corner_places(width - 0.14, depth - 0.14, wall * 0.9)
    )
    shell += bosses
    body, pieces = finish(rng, 0.7), []
    if chance(rng, 0.65):
        lid = slab(outline.offset(rng.uniform(-0.01, 0.03)), rng.uniform(0.03, 0.09), 0.012).translate((0, 0, height))
        top = float(lid.bounding_box()[5])
        heads = at_places(screw(0.035, 0.03), corner_places(width - 0.14, depth - 0.14, top - 0.004))
        pieces += [Piece("lid", lid, body if chance(rng, 0.5) else finish(rng, 0.7)), Piece("screws", heads, STEEL)]
    for x in np.linspace(-0.3, 0.3, int(rng.integers(0, 4))):
        gland = hexagon(0.08, 0.07) + stepped([(0.11, 0.055), (0.05, 0.03)], 0.015)
        side = gland.rotate((90, 0, 0)).translate((x, -depth / 2, height * 0.5))
        pieces.append(Piece("gland", side, metal(rng) if chance(rng, 0.5) else RUBBER))
    if chance(rng, 0.5):
        ear = slab(rectangle(width + 0.3, 0.16, 0.07), 0.04) - corners_of(disc(0.035, 20), width + 0.17, 0).extrude(UP)
        shell += union([ear.translate((0, side * (depth / 2 - 0.12), 0)) for side in (-1, 1)])
    return [Piece("housing", shell, body), *pieces]


def flange(rng: Rng) -> list[Piece]:
    """A disc with bolt circle, hub or neck, groove."""
    height, bore = rng.uniform(0.05, 0.18), rng.uniform(0.08, 0.28)
    neck, length = bore + rng.uniform(0.03, 0.08), rng.uniform(0.0, 0.5)
    rim = rectangle(1, 1, 0.15) if chance(rng, 0.2) else disc(0.5, 72)
    body = slab(rim, height, 0.012)
    if length > 0.08:
        body += stepped([(height, neck + 0.05), (length, neck)], 0.01)
    if chance(rng, 0.5):
        face = neck + 0.02 + rng.uniform(0, 0.05)
        body += Manifold.cylinder(0.03, face, face, 64).translate((0, 0, -0.025))
    body -= Manifold.cylinder(2 * UP, bore, bore, 64).translate((0, 0, -UP))
    count, radius = int(rng.choice([3, 4, 6, 8, 12, 16])), rng.uniform(0.02, 0.045)
    start = 45.0 if count == 4 else 0.0
    body -= ring_of(disc(radius, 24), 0.43, count, start).extrude(2 * UP).translate((0, 0, -UP))
    pieces = [Piece("flange", body, finish(rng, 0.25))]
    if chance(rng, 0.35):
        pieces.append(
            Piece("bolts", at_places(hexagon(1.8 * radius, radius), circle_places(0.43, count, height, start)), STEEL)
        )
    return pieces


def shaft(rng: Rng) -> list[Piece]:
    """Steps, a keyway, a thread, a flat, a bearing seat."""
    count = int(rng.integers(3, 8))
    radii = rng.uniform(0.04, 0.14, count) * rng.uniform(0.5, 1.3)
    steps = list(zip((rng.dirichlet(np.full(count, 3.0)) * 1.0).tolist(), radii.tolist(), strict=True))
    body = stepped(steps, 0.008)
    if chance(rng, 0.6):
        length, radius = steps[0]
        key = rectangle(0.35 * radius * 2, 0.7 * length, 0.17 * radius * 2).extrude(UP)
        body -= key.rotate((90, 0, 0)).translate((0, -0.6 * radius, length / 2))
    pieces = []
    if chance(rng, 0.5):
        length, radius = steps[-1]
        zs = np.linspace(1 - 0.9 * length, 0.995, int(rng.integers(8, 20)))
        groove = np.column_stack([np.where(np.arange(len(zs)) % 2, 0.88, 1.06) * radius, zs])
        body += turned([(0, zs[0]), *map(tuple, groove), (0, zs[-1])], 40)
    if chance(rng, 0.4):
        k = int(rng.integers(1, count))
        z = float(sum(step[0] for step in steps[:k]))
        bearing = turned(_ring_profile(radii[k] * 0.9, radii[k] + 0.09, 0.08), 64).translate((0, 0, z))
        pieces.append(Piece("bearing", bearing, STEEL))
    return [
        Piece("shaft", body.rotate((0, 90, 0)), metal(rng)),
        *(Piece(p.name, p.solid.rotate((0, 90, 0)), p.material) for p in pieces),
    ]


def connector(rng: Rng) -> list[Piece]:
    """A shell with pins in an insulator, round or rectangular, and perhaps a cable."""
    is_round = chance(rng, 0.5)
    width, depth = (0.7, 0.7) if is_round else (1.0, rng.uniform(0.3, 0.5))
    outline = disc(width / 2) if is_round else rectangle(width, depth, rng.uniform(0.03, 0.15))
    height = rng.uniform(0.3, 0.7)
    shell = slab(outline, height, 0.015) - outline.offset(-0.05).extrude(height).translate((0, 0, 0.55 * height))
    if is_round:
        knurl = ring_of(disc(0.02, 8), 0.37, 40).extrude(0.3 * height).translate((0, 0, 0.1 * height))
        shell += knurl + stepped([(0.3 * height, 0.37)], 0.01).translate((0, 0, 0.1 * height))
    else:
        ears = slab(rectangle(width + 0.35, depth, 0.1), 0.06, 0.01) - corners_of(
            disc(0.05, 24), width + 0.2, 0
        ).extrude(UP)
        shell += ears.translate((0, 0, 0.3 * height))
    columns, rows = int(rng.integers(2, 8)), int(rng.integers(1, 4))
    pitch = min((width - 0.2) / columns, (depth - 0.12) / rows)
    grid = [
        ((c - (columns - 1) / 2) * pitch, (r - (rows - 1) / 2) * pitch) for c in range(columns) for r in range(rows)
    ]
    inside = [(x, y, 0.5 * height) for x, y in grid if not is_round or np.hypot(x, y) < 0.24] or [
        (0.0, 0.0, 0.5 * height)
    ]
    pins = at_places(stepped([(0.45 * height, 0.22 * pitch)], 0.05 * pitch, 16), inside)
    base = outline.offset(-0.045).extrude(0.1 * height).translate((0, 0, 0.5 * height))
    pieces = [
        Piece("shell", shell, finish(rng, 0.5)),
        Piece("insulator", base, INSULATOR if chance(rng, 0.5) else RUBBER),
    ]
    pieces.append(Piece("pins", pins, metal(rng)))
    if chance(rng, 0.5):
        path = _arc_path(rng.uniform(0.3, 0.7), rng.uniform(30, 100)) * (1, 1, -1)
        pieces.append(Piece("cable", tube(path, 0.09), RUBBER if chance(rng, 0.6) else paint(rng)))
    return pieces


def magnet(rng: Rng) -> list[Piece]:
    """A dipole with C- or H-yoke and two coils, or a ring of poles with a coil around each."""
    return _ring_magnet(rng) if chance(rng, 0.5) else _dipole(rng)


def gear(rng: Rng) -> list[Piece]:
    """Teeth, hub, bore with keyway, and perhaps holes or spokes."""
    count, height = int(rng.integers(12, 60)), rng.uniform(0.06, 0.4)
    root, bore = 0.5 - rng.uniform(1.6, 2.4) / count, rng.uniform(0.06, 0.15)
    step = 2 * np.pi / count
    shares = np.array([-0.30, -0.13, 0.13, 0.30])
    angles = (np.arange(count)[:, None] + shares).ravel() * step
    radii = np.tile([root, 0.5, 0.5, root], count)
    body = polygon(np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])).extrude(height, 8, _twist(rng))
    body ^= stepped([(height, 0.5)], rng.uniform(0, 0.02))
    if chance(rng, 0.6) and height < 0.3:
        hub = bore + rng.uniform(0.04, 0.1)
        body += stepped([(height + rng.uniform(0.05, 0.25), hub)], 0.01)
        if chance(rng, 0.6):
            web = disc(root - 0.05) - disc(hub + 0.02)
            body -= web.extrude(UP).translate((0, 0, height * 0.7)) + web.extrude(height * 0.3)
    if chance(rng, 0.5):
        middle = (bore + 0.12 + root) / 2
        body -= (
            ring_of(disc(0.3 * (root - bore - 0.12)), middle, int(rng.integers(3, 7)))
            .extrude(2 * UP)
            .translate((0, 0, -UP))
        )
    key = rectangle(0.4 * bore, 0.5 * bore).translate((0, bore))
    body -= (disc(bore) + key).extrude(3 * UP).translate((0, 0, -UP))
    return [Piece("gear", body, finish(rng, 0.15))]


def pulley(rng: Rng) -> list[Piece]:
    """Grooves for belts between flanges, with spokes or a web."""
    count, bore = int(rng.integers(1, 5)), rng.uniform(0.06, 0.14)
    pitch, deep = rng.uniform(0.08, 0.16), rng.uniform(0.05, 0.1)
    profile: list[tuple[float, float]] = [(0, 0), (0.5, 0)]
    for k in range(count):
        z = k * pitch
        profile += [
            (0.5, z + 0.12 * pitch),
            (0.5 - deep, z + 0.4 * pitch),
            (0.5 - deep, z + 0.6 * pitch),
            (0.5, z + 0.88 * pitch),
        ]
    height = count * pitch
    body = turned([*profile, (0.5, height), (0, height)], 72)
    rim, hub = 0.5 - deep - 0.05, bore + rng.uniform(0.05, 0.1)
    web = disc(rim) - disc(hub)
    if chance(rng, 0.5):
        spoke = rectangle(1, rng.uniform(0.06, 0.12)) if chance(rng, 0.5) else rectangle(1, 0.08) + rectangle(0.08, 1)
        body -= (web - spoke).extrude(2 * UP).translate((0, 0, -UP))
    else:
        body -= web.extrude(UP).translate((0, 0, 0.65 * height)) + web.extrude(0.35 * height)
    body += stepped([(height * rng.uniform(1, 1.6), hub)], 0.01)
    body -= Manifold.cylinder(3 * UP, bore, bore, 40).translate((0, 0, -UP))
    return [Piece("pulley", body, finish(rng, 0.35))]


def heat_sink(rng: Rng) -> list[Piece]:
    """Fins, pins or a star of fins, and perhaps a component on it."""
    width, depth, base, height = 1.0, rng.uniform(0.4, 1), rng.uniform(0.04, 0.1), rng.uniform(0.15, 0.6)
    count, kind = int(rng.integers(5, 18)), rng.random()
    body = slab(rectangle(width, depth), base)
    xs = np.linspace(-0.48, 0.48, count)
    if kind < 0.55:
        fin = rectangle(rng.uniform(0.2, 0.4) / count, depth).extrude(height)
        body += at_places(fin, [(x * 0.98, 0, base * 0.9) for x in xs])
    elif kind < 0.8:
        rows = np.linspace(-0.47, 0.47, max(3, int(count * depth))) * depth
        body += at_places(
            Manifold.cylinder(height, 0.22 / count, 0.18 / count, 10),
            [(x * 0.97, y, base * 0.9) for x in xs for y in rows],
        )
    else:
        fins = ring_of(rectangle(0.32, 0.025), 0.32, 2 * count)
        body = (fins + disc(0.2)).extrude(height) - Manifold.cylinder(2, 0.08, 0.08, 32).translate((0, 0, height * 0.3))
    pieces = [Piece("heat sink", body, finish(rng, 0.25))]
    if kind < 0.8 and chance(rng, 0.4):
        chip = slab(rectangle(0.3, 0.25, 0.01), 0.06).translate((0, 0, -0.06))
        pieces.append(Piece("component", chip, RUBBER))
    return pieces


def elbow(rng: Rng) -> list[Piece]:
    """A bent pipe with straight ends, threads, sockets or flanges."""
    radius, angle = rng.uniform(0.07, 0.16), float(rng.choice([45, 90, 90, 90, 180]))
    bend, straight = radius * rng.uniform(1.6, 3.5), rng.uniform(0.1, 0.5)
    ring = disc(radius, 32) - disc(radius * rng.uniform(0.7, 0.88), 32)
    arc = ring.translate((bend, 0)).revolve(48, angle)
    ends = [(np.eye(3), 0.0), (None, angle)]
    leg = ring.extrude(straight).rotate((90, 0, 0)).translate((bend, 0, 0))
    legs = [leg, leg.mirror((0, 1, 0)).rotate((0, 0, angle))]
    body = union([arc, *legs])
    pieces = [Piece("pipe", body, finish(rng, 0.3))]
    collar = _collar(rng, radius)
    for k in range(len(ends)):
        at = collar.rotate((90, 0, 0)).translate((bend, -straight + 0.02, 0))
        at = at if k == 0 else at.mirror((0, 1, 0)).rotate((0, 0, angle))
        if k == 0 or chance(rng, 0.8):
            pieces.append(Piece(f"end {k}", at, pieces[0].material if chance(rng, 0.6) else metal(rng)))
    return pieces


def knob(rng: Rng) -> list[Piece]:
    """A handle to turn: lobed, knurled or with a lever, on a threaded insert."""
    lobes, height = int(rng.choice([3, 4, 5, 6, 8, 12, 24, 36])), rng.uniform(0.15, 0.6)
    wave = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    depth = rng.uniform(0.1, 0.3) * 0.5 if lobes < 10 else 0.02
    radii = 0.5 - depth * (0.5 + 0.5 * np.cos(lobes * wave))
    outline = polygon(np.column_stack([radii * np.cos(wave), radii * np.sin(wave)]))
    body = outline.extrude(height) ^ turned(
        [(0, 0), (0.44, 0), (0.5, 0.1 * height), (0.5, 0.8 * height), (0.38, height), (0, height)]
    )
    neck = rng.uniform(0.12, 0.25)
    body += stepped([(rng.uniform(0.1, 0.4), neck)], 0.01).mirror((0, 0, 1)).translate((0, 0, 0.01))
    low = float(body.bounding_box()[2])
    stud = stepped([(rng.uniform(0.1, 0.5), 0.5 * neck)], 0.02, 24).mirror((0, 0, 1)).translate((0, 0, low + 0.02))
    cap = stepped([(0.03, rng.uniform(0.1, 0.25))], 0.01).translate((0, 0, height - 0.01))
    pieces = [Piece("grip", body, paint(rng)), Piece("stud", stud, metal(rng))]
    return [*pieces, Piece("cap", cap, finish(rng))] if chance(rng, 0.5) else pieces


def bearing_block(rng: Rng) -> list[Piece]:
    """A bearing in a foot with two slots."""
    radius, thick, height = rng.uniform(0.2, 0.3), rng.uniform(0.12, 0.35), rng.uniform(0.26, 0.4)
    foot = slab(rectangle(1.0, thick, 0.04), rng.uniform(0.07, 0.13), 0.01)
    foot -= union([rectangle(0.12, 0.07, 0.034).extrude(UP).translate((x, 0, -0.1)) for x in (-0.38, 0.38)])
    arch = Manifold.batch_hull(
        [bar((0, -thick / 2, height), (0, thick / 2, height), radius, 64), slab(rectangle(2.2 * radius, thick), 0.05)]
    )
    bore = rng.uniform(0.35, 0.55) * radius
    body = foot + arch - bar((0, -UP, height), (0, UP, height), 0.8 * radius, 64)
    inner = turned(_ring_profile(bore, 0.8 * radius, thick * rng.uniform(0.7, 1.2)), 64)
    inner = inner.translate((0, 0, -float(inner.bounding_box()[5]) / 2)).rotate((90, 0, 0)).translate((0, 0, height))
    pieces = [Piece("block", body, finish(rng, 0.6)), Piece("bearing", inner, STEEL)]
    if chance(rng, 0.4):
        pieces.append(Piece("nipple", hexagon(0.035, 0.05).translate((0, 0, height + radius - 0.01)), metal(rng)))
    return pieces


def clamp(rng: Rng) -> list[Piece]:
    """A split ring with lugs and a screw."""
    inner, thick, depth = rng.uniform(0.22, 0.36), rng.uniform(0.05, 0.12), rng.uniform(0.1, 0.4)
    outer, gap = inner + thick, rng.uniform(0.02, 0.07)
    lug = rectangle(0.22, gap + 4 * 0.045, 0.02).translate((outer + 0.06, 0))
    lugs = lug + lug.mirror((1, 0)) if chance(rng, 0.5) else lug
    outline = disc(outer, 72) + lugs - disc(inner, 72)
    cut = rectangle(2.0 if lugs.num_contour() > 1 else 1.0, gap).translate((0.0 if lugs.num_contour() > 1 else 0.5, 0))
    body = (outline - cut).extrude(depth)
    sides = (1, -1) if lugs.num_contour() > 1 else (1,)
    zs = [0.5 * depth] if depth < 0.25 else [0.25 * depth, 0.75 * depth]
    bolts = [_bolt_through(0.028, gap + 0.18).translate((side * (outer + 0.09), 0, z)) for side in sides for z in zs]
    pieces = [Piece("clamp", body, finish(rng)), Piece("bolts", union(bolts), STEEL)]
    if chance(rng, 0.3):
        pieces.append(Piece("liner", (disc(inner + 0.002) - disc(inner - 0.04)).extrude(depth), RUBBER))
    return pieces


def manifold_block(rng: Rng) -> list[Piece]:
    """A drilled block with ports and fittings."""
    width, depth, height = 1.0, rng.uniform(0.3, 0.8), rng.uniform(0.25, 0.7)
    body = slab(rectangle(width, depth, 0.015, is_round=False), height, 0.015)
    count, fittings = int(rng.integers(2, 6)), []
    for x in (np.arange(count) + 0.5) / count - 0.5:
        radius = rng.uniform(0.25, 0.4) * min(1 / count, depth, 0.3)
        body -= Manifold.cylinder(UP, 1.25 * radius, 1.25 * radius, 32).translate((x, 0, height - 0.02))
        body -= Manifold.cylinder(UP, radius, radius, 32).translate((x, 0, height * 0.4))
        body -= bar((x, -UP, 0.5 * height), (x, 0, 0.5 * height), 0.8 * min(radius, 0.3 * height))
        if chance(rng, 0.45):
            fitting = hexagon(1.5 * radius, 0.9 * radius) + stepped(
                [(1.8 * radius, 1.1 * radius), (radius, 0.8 * radius)], 0.1 * radius
            )
            fittings.append(fitting.translate((x, 0, height - 0.005)))
    body -= corners_of(disc(0.03, 20), width - 0.1, depth - 0.1).extrude(2 * UP).translate((0, 0, -UP))
    pieces = [Piece("block", body, finish(rng, 0.3))]
    return [*pieces, Piece("fittings", union(fittings), metal(rng))] if fittings else pieces


def motor(rng: Rng) -> list[Piece]:
    """A finned or square body, end caps, shaft, terminal box and feet."""
    length, radius = rng.uniform(0.7, 1.2), rng.uniform(0.22, 0.35)
    if chance(rng, 0.5):
        fins = ring_of(rectangle(0.08, 0.018), radius, int(rng.integers(24, 44)))
        body = (fins + disc(radius)).extrude(length)
    else:
        body = slab(rectangle(2 * radius, 2 * radius, rng.uniform(0.03, 0.15)), length, 0.01)
    face = rectangle(2.3 * radius, 2.3 * radius, 0.06) if chance(rng, 0.5) else disc(1.2 * radius)
    front = slab(face, 0.08, 0.01) - corners_of(disc(0.035, 20), 1.9 * radius, 1.9 * radius).extrude(UP)
    front += stepped([(0.05, 0.6 * radius)], 0.01).mirror((0, 0, 1))
    rear = stepped([(0.15, 1.05 * radius)], 0.04).translate((0, 0, length - 0.02))
    axle = stepped([(0.3, rng.uniform(0.05, 0.09))], 0.01).translate((0, 0, -0.32))
    color = paint(rng)
    pieces = [
        Piece("body", body, color),
        Piece("front", front, finish(rng)),
        Piece("rear", rear, finish(rng)),
        Piece("axle", axle, STEEL),
    ]
    if chance(rng, 0.7):
        box = (
            slab(rectangle(0.28, 0.25, 0.03), 0.16, 0.015)
            .rotate((0, 90, 0))
            .translate((radius * 0.95, 0, length * rng.uniform(0.3, 0.8)))
        )
        pieces.append(Piece("terminal box", box, color if chance(rng, 0.6) else RUBBER))
    if chance(rng, 0.4):
        foot = rectangle(2.2 * radius, 0.1, 0.02).extrude(0.6 * length).translate((0, -radius - 0.06, 0.2 * length))
        pieces.append(Piece("foot", foot, color))
    return [Piece(p.name, p.solid.rotate((0, -90, 0)), p.material) for p in pieces]


def cylinder(rng: Rng) -> list[Piece]:
    """A pneumatic cylinder: barrel, two caps, tie rods, piston rod, fork."""
    length, half = rng.uniform(0.5, 1.2), rng.uniform(0.1, 0.2)
    cap = slab(rectangle(2 * half, 2 * half, 0.03), rng.uniform(0.1, 0.18), 0.01)
    barrel = (
        disc(0.85 * half).extrude(length)
        if chance(rng, 0.5)
        else rectangle(1.8 * half, 1.8 * half, 0.04).extrude(length)
    )
    rods = at_places(Manifold.cylinder(length, 0.12 * half, 0.12 * half, 16), corner_places(1.6 * half, 1.6 * half, 0))
    piston = stepped([(rng.uniform(0.15, 0.7), 0.3 * half)], 0.01).translate((0, 0, length + 0.05))
    top = float(piston.bounding_box()[5])
    nuts = at_places(
        hexagon(0.2 * half, 0.15 * half), corner_places(1.6 * half, 1.6 * half, length + float(cap.bounding_box()[5]))
    )
    pieces = [
        Piece("barrel", barrel, metal(rng)),
        Piece("caps", union([cap.mirror((0, 0, 1)), cap.translate((0, 0, length))]), finish(rng)),
        Piece("rods", rods, STEEL), Piece("piston", piston, STEEL), Piece("nuts", nuts, STEEL),
    ]  # fmt: skip
    if chance(rng, 0.5):
        pieces.append(Piece("nut", hexagon(0.6 * half, 0.35 * half).translate((0, 0, top - 0.06)), STEEL))
    return [Piece(p.name, p.solid.rotate((0, 90, 0)), p.material) for p in pieces]


def fork(rng: Rng) -> list[Piece]:
    """A clevis with its pin, or an eye."""
    width, depth, length = rng.uniform(0.3, 0.5), rng.uniform(0.25, 0.45), rng.uniform(0.7, 1.0)
    body = Manifold.batch_hull(
        [
            slab(rectangle(width, depth, 0.03), 0.4 * length, 0.01),
            bar((-width / 2, 0, 0.8 * length), (width / 2, 0, 0.8 * length), depth / 2, 48),
        ]
    )
    slot = rectangle(width * rng.uniform(0.35, 0.6), 2).extrude(UP).translate((0, 0, 0.35 * length))
    has_slot = chance(rng, 0.7)
    bore = 0.25 * depth
    body = (body - slot if has_slot else body) - bar((-UP, 0, 0.8 * length), (UP, 0, 0.8 * length), bore)
    neck = stepped([(rng.uniform(0.2, 0.6), 0.32 * depth)], 0.02).mirror((0, 0, 1)).translate((0, 0, 0.02))
    pieces = [Piece("fork", body, finish(rng, 0.3)), Piece("neck", neck, metal(rng))]
    if has_slot and chance(rng, 0.7):
        pin = bar((-0.6 * width, 0, 0.8 * length), (0.62 * width, 0, 0.8 * length), bore * 0.97)
        pieces.append(Piece("pin", pin, STEEL))
    return pieces


def handle(rng: Rng) -> list[Piece]:
    """A bow handle on two feet."""
    width, height, radius = 1.0, rng.uniform(0.25, 0.5), rng.uniform(0.035, 0.08)
    corner = rng.uniform(0.08, 0.2)
    bend = np.linspace(0, np.pi / 2, 7)
    arc = np.column_stack([corner * (1 - np.cos(bend)), np.zeros(7), corner * np.sin(bend)])
    bent = arc + np.array([0, 0, height - corner])
    left = np.concatenate([np.zeros((1, 3)), bent]) - (width / 2, 0, 0)
    bow = tube(np.concatenate([left, left[::-1] * (-1, 1, 1)]), radius)
    foot = stepped([(rng.uniform(0.03, 0.08), radius * rng.uniform(1.3, 2))], 0.008)
    feet = at_places(foot, [(-width / 2, 0, -0.02), (width / 2, 0, -0.02)])
    pieces = [Piece("bow", bow, finish(rng)), Piece("feet", feet, finish(rng))]
    if chance(rng, 0.4):
        plate_ = slab(rectangle(width + 0.25, rng.uniform(0.15, 0.5), 0.05), 0.04, 0.01).translate((0, 0, -0.05))
        pieces.append(Piece("plate", plate_, finish(rng)))
    return pieces


KINDS: Mapping[str, Callable[[Rng], list[Piece]]] = {
    make.__name__: make
    for make in (
        plate,
        angle_bracket,
        housing,
        flange,
        shaft,
        connector,
        magnet,
        gear,
        pulley,
        heat_sink,
        elbow,
        knob,
        bearing_block,
        clamp,
        manifold_block,
        motor,
        cylinder,
        fork,
        handle,
    )
}
"""Makers by kind; the order is the order of class numbers."""


def chance(rng: Rng, share: float) -> bool:
    """Return True in this share of the draws."""
    return bool(rng.random() < share)


def _twist(rng: Rng) -> float:
    return float(rng.choice([0.0, 0.0, 0.0, 8.0, -12.0]))


def _ring_profile(inner: float, outer: float, height: float) -> list[tuple[float, float]]:
    """Return a bearing's profile: two rings, and a groove between them."""
    low, high, deep = inner + 0.3 * (outer - inner), inner + 0.7 * (outer - inner), 0.12 * height
    bottom = [(inner, 0.0), (low, 0.0), (low, deep), (high, deep), (high, 0.0), (outer, 0.0)]
    return [*bottom, *((radius, height - z) for radius, z in reversed(bottom))]


def _arc_path(radius: float, angle_deg: float) -> np.ndarray:
    angles = np.radians(np.linspace(0, angle_deg, 10))
    return np.column_stack([radius * (1 - np.cos(angles)), np.zeros(10), radius * np.sin(angles)])


def _collar(rng: Rng, radius: float) -> Manifold:
    """Return what sits on a pipe's end: a flange, a hexagon or a socket, hollow."""
    kind = rng.random()
    if kind < 0.4:
        holes = ring_of(disc(0.16 * radius, 16), 1.6 * radius, int(rng.choice([4, 6, 8]))).extrude(1)
        body = slab(disc(2 * radius), 0.4 * radius, 0.02 * radius) - holes
    elif kind < 0.7:
        body = hexagon(1.5 * radius, 0.9 * radius) + stepped([(1.6 * radius, 1.15 * radius)], 0.1 * radius)
    else:
        body = stepped([(rng.uniform(0.6, 1.3) * radius, 1.25 * radius)], 0.08 * radius)
    return body - Manifold.cylinder(4, 0.8 * radius, 0.8 * radius, 40).translate((0, 0, -1))


def _bolt_through(radius: float, length: float) -> Manifold:
    """Return a bolt along y, head on one side and nut on the other."""
    body = Manifold.cylinder(length * 1.3, radius, radius, 20).translate((0, 0, -0.65 * length))
    head, nut = screw(1.7 * radius, 1.7 * radius).translate((0, 0, length / 2)), hexagon(1.8 * radius, 1.4 * radius)
    return union([body, head, nut.translate((0, 0, -length / 2 - 1.4 * radius))]).rotate((90, 0, 0))


def _dipole(rng: Rng) -> list[Piece]:
    length, height, width, wall = rng.uniform(0.4, 1.4), rng.uniform(0.6, 0.9), 1.0, rng.uniform(0.14, 0.22)
    gap, pole = rng.uniform(0.06, 0.14), rng.uniform(0.25, 0.4)
    window = rectangle(width - 2 * wall, height - 2 * wall)
    if chance(rng, 0.5):
        window = window.translate((wall, 0)) + rectangle(width, gap).translate((wall, 0))
    poles = rectangle(pole, height) - rectangle(2, gap)
    outline = (rectangle(width, height, 0.03, is_round=False) - window) + (poles ^ rectangle(width, height))
    yoke = outline.extrude(length).rotate((90, 0, 0)).translate((0, length / 2, 0))
    high = (height / 2 - wall - gap / 2) * 0.8
    coil = (rectangle(pole + 0.24, length + 0.24, 0.11) - rectangle(pole, length, 0.02)).extrude(high)
    coils = union([coil.translate((0, 0, gap / 2 + 0.01)), coil.translate((0, 0, -gap / 2 - 0.01 - high))])
    pieces = [Piece("yoke", yoke, paint(rng)), Piece("coils", coils, COPPER if chance(rng, 0.5) else INSULATOR)]
    return [*pieces, *_terminals(rng, (-0.2, length / 2, height / 2))]


def _ring_magnet(rng: Rng) -> list[Piece]:
    count, length, wall = int(rng.choice([4, 4, 6, 8])), rng.uniform(0.25, 1.1), rng.uniform(0.06, 0.1)
    sides = int(rng.choice([count, 2 * count, 64]))
    rim = CrossSection.circle(0.5, sides).rotate(180 / sides)
    bore, pole = rng.uniform(0.06, 0.12), rng.uniform(0.9, 1.3) / count * 0.6
    root = 0.5 * np.cos(np.pi / max(sides, 4)) - 0.5 * wall
    tooth = polygon(
        [
            (bore, -0.3 * pole),
            (0.2, -pole / 2),
            (root, -pole / 2),
            (root, pole / 2),
            (0.2, pole / 2),
            (bore, 0.3 * pole),
        ]
    )
    outline = (rim - rim.offset(-wall)) + ring_of(tooth, 0.0, count, 180 / count)
    yoke = outline.extrude(length).translate((0, 0, -length / 2))
    thick = min(0.35 * pole, 0.05)
    coil = (rectangle(pole + 2 * thick, length + 2 * thick, thick) - rectangle(pole, length)).extrude(root - 0.26)
    coils = union(
        [
            coil.rotate((90, 0, 90)).translate((0.22, 0, 0)).rotate((0, 0, 180 / count + k * 360 / count))
            for k in range(count)
        ]
    )
    pieces = [Piece("yoke", yoke, paint(rng)), Piece("coils", coils, COPPER if chance(rng, 0.6) else INSULATOR)]
    pieces += _terminals(rng, (0.0, -length / 2, 0.48))
    return [Piece(p.name, p.solid.rotate((90, 0, 0)) if k < 2 else p.solid, p.material) for k, p in enumerate(pieces)]


def _terminals(rng: Rng, place: tuple[float, float, float]) -> list[Piece]:
    """Return a block with studs and perhaps a hose from it."""
    if chance(rng, 0.25):
        return []
    block = slab(rectangle(0.34, 0.1, 0.01), 0.07).translate(place)
    studs = at_places(
        stepped([(0.07, 0.018)], 0.004, 16),
        [(place[0] + x, place[1], place[2] + 0.06) for x in (-0.12, -0.04, 0.04, 0.12)],
    )
    return [Piece("terminals", block, INSULATOR if chance(rng, 0.6) else RUBBER), Piece("studs", studs, COPPER)]


def draw_sheet(path: Path, count: int) -> None:
    """Draw `count` parts, all kinds in turn, as a contact sheet."""
    from partsight.config.sections.randomize import RandomizeSection
    from partsight.config.sections.render import RenderSection
    from partsight.randomize.sampler import open_sampler
    from partsight.render.renderer import open_renderer
    from partsight.render.sensor import expose
    from partsight.report.pages.contact_sheet import write_contact_sheet

    section = RandomizeSection.model_validate(
        {"placement": "orbit", "orbit": {"gray": False, "elevation_deg": [15, 40, 10]}}
    )
    kinds, pictures = list(KINDS), []
    with open_renderer(RenderSection(width=192, height=192, samples_per_pixel=24), 1) as renderer:
        for number in range(count):
            part = generate_part(kinds[number % len(kinds)], number // len(kinds), 0.2)
            scene = open_sampler(section, {part.name: [part]}, (192, 192), number).sample(number)
            pictures.append(expose(renderer.render(scene), scene.sensor))
    write_contact_sheet(pictures, [f"{kinds[k % len(kinds)]} {k // len(kinds)}" for k in range(count)], path)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw a contact sheet of generated parts.")
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--count", type=int, default=95)
    chosen = parser.parse_args()
    draw_sheet(chosen.sheet, chosen.count)


if __name__ == "__main__":
    main()
