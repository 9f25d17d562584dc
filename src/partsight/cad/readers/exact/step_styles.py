"""Styles of STEP that the kernel's reader takes for more than they say: an override of one face on one occurrence.

The reader paints the whole occurrence. Such styles are found in the text, as entities that refer to each other by number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from partsight.cad.readers.exact.labels import Style
from partsight.structures.world.material import linear_from_srgb

_ENTITY = re.compile(rb"#(\d+)\s*=\s*([^;]*);")
_REFERENCE = re.compile(rb"#(\d+)")
_NUMBER = re.compile(rb"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?")
_SHELL = re.compile(rb"\s*(?:CLOSED|OPEN)_SHELL\b")
_PREDEFINED = {
    b"red": (1.0, 0.0, 0.0), b"green": (0.0, 1.0, 0.0), b"blue": (0.0, 0.0, 1.0), b"yellow": (1.0, 1.0, 0.0),
    b"magenta": (1.0, 0.0, 1.0), b"cyan": (0.0, 1.0, 1.0), b"black": (0.0, 0.0, 0.0), b"white": (1.0, 1.0, 1.0),
}  # fmt: skip
_MOST_STEPS = 60
"""Entities between a style and its color."""


@dataclass(frozen=True, slots=True)
class OccurrenceStyle:
    """An override in the context of an occurrence."""

    usage: int
    """Place of the NEXT_ASSEMBLY_USAGE_OCCURRENCE among the entities of the file, from 1: all that the kernel remembers."""
    face: tuple[int, int] | None
    """Place of the styled face in its shell and the number of the shell's faces; None for what is no face."""
    style: Style


def occurrence_styles(content: bytes) -> tuple[OccurrenceStyle, ...]:
    """Return the overrides of single occurrences in a STEP file; none unless one of them is that of a face."""
    if b"PRESENTATION_STYLE_BY_CONTEXT" not in content:
        return ()
    entities = {int(number): text for number, text in _ENTITY.findall(content)}
    places = {number: place for place, number in enumerate(entities, 1)}
    try:
        found = tuple(_found(entities, places))
    except (ValueError, IndexError, KeyError):
        return ()  # a damaged style: what the kernel made of it stands
    return found if any(one.face for one in found) else ()


def _found(entities: dict[int, bytes], places: dict[int, int]) -> Iterator[OccurrenceStyle]:
    shown_by, faces = _usages_by_context(entities), _faces_by_number(entities)
    for text in entities.values():
        if b"OVER_RIDING_STYLED_ITEM" not in text[:60]:
            continue
        *styles, item, _ = _references(text)
        for style in styles:
            by_context = entities.get(style, b"")
            if not by_context.lstrip().startswith(b"PRESENTATION_STYLE_BY_CONTEXT"):
                continue
            *looks, context = _references(by_context)
            color = _style_of(entities, looks)
            if context in shown_by and color is not None:
                yield OccurrenceStyle(places[shown_by[context]], faces.get(item), color)


def _faces_by_number(entities: dict[int, bytes]) -> dict[int, tuple[int, int]]:
    shells = (_references(text) for text in entities.values() if _SHELL.match(text))
    return {face: (place, len(faces)) for faces in shells for place, face in enumerate(faces)}


def _references(text: bytes) -> list[int]:
    return [int(number) for number in _REFERENCE.findall(text)]


def _usages_by_context(entities: dict[int, bytes]) -> dict[int, int]:
    """Return the occurrence that each representation of one, or its placement, stands for."""
    found = {}
    for number, text in entities.items():
        kind = text.lstrip()
        if kind.startswith(b"SHAPE_DEFINITION_REPRESENTATION"):
            shape, context = _references(text)[:2]
        elif kind.startswith(b"CONTEXT_DEPENDENT_SHAPE_REPRESENTATION"):
            shape, context = _references(text)[1], number
        else:
            continue
        usages = _references(entities.get(shape, b""))
        if usages and entities.get(usages[-1], b"").lstrip().startswith(b"NEXT_ASSEMBLY_USAGE_OCCURRENCE"):
            found[context] = usages[-1]
    return found


def _style_of(entities: dict[int, bytes], looks: list[int]) -> Style | None:
    """Follow references down from a style to its color of surfaces, and its transparency."""
    color, opacity, waiting = None, 1.0, list(looks)
    for _ in range(_MOST_STEPS):
        if not waiting:
            break
        text = entities.get(waiting.pop(0), b"").lstrip()
        if text.startswith(b"CURVE_STYLE"):
            continue
        if text.startswith(b"SURFACE_STYLE_TRANSPARENT"):
            opacity = 1 - float(_NUMBER.findall(text)[-1])
        color = color or _color(text)
        waiting.extend(_references(text))
    return None if color is None else (color, round(opacity, 4))


def _color(text: bytes) -> tuple[float, float, float] | None:
    if text.startswith(b"COLOUR_RGB"):
        encoded = tuple(float(number) for number in _NUMBER.findall(text.rpartition(b"'")[2])[:3])
    elif b"PRE_DEFINED_COLOUR" in text[:40]:
        encoded = _PREDEFINED.get(text.split(b"'")[1].lower(), (0.5, 0.5, 0.5))
    else:
        return None
    red, green, blue = linear_from_srgb(np.array(encoded)).round(4).tolist()
    return red, green, blue
