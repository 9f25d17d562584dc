"""The assembly tree of the kernel's document: what stands where, under which names, in which color, and what is hidden.

A color of an occurrence overrides all colors of what stands there, faces included, and the outermost override wins, as in CAD
programs; a chain of occurrences (the kernel's SHUO) is told from its first. An assembly's own color goes to what has none.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np

from partsight.cad.readers.exact.labels import (
    Style,
    components,
    count_faces,
    entry,
    hidden_by_layer,
    is_invisible,
    items,
    label_name,
    label_style,
    location_matrix,
    referred,
    subshape_labels,
)
from partsight.cad.readers.pieces import Node
from partsight.structures.arrays import FloatArray

SHOWN_NAMES = 10


@dataclass(frozen=True, slots=True, eq=False)
class Occurrence:
    """One place where a product's shape stands."""

    node: Node
    product: Any
    """Label of the shape."""
    product_entry: str
    """Equal for occurrences of one product."""
    world_from_product: FloatArray
    """(4, 4), in the document's unit."""
    override: Style | None
    """What replaces all colors of the shape."""
    inherited: Style | None
    """What colors the shape where it has no color of its own."""


@dataclass(frozen=True, slots=True)
class Occurrences:
    """All occurrences of a document."""

    shown: tuple[Occurrence, ...]
    hidden: tuple[str, ...]
    """Names of what the file hides, in its order."""


@dataclass(frozen=True, slots=True)
class _Override:
    """A color that applies from an occurrence downwards; of the outermost start the longest chain counts."""

    start: int
    length: int
    style: Style


@dataclass(frozen=True, slots=True)
class _Chain:
    """A chain of occurrences that has been followed so far; it counts once it has no next."""

    start: int
    length: int
    first: Any
    last: Any


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """A label on the way down, with what comes from above."""

    label: Any
    node: Node = field(default_factory=lambda: Node((), ()))
    matrix: FloatArray = field(default_factory=lambda: np.eye(4))
    overrides: tuple[_Override, ...] = ()
    chains: tuple[_Chain, ...] = ()
    inherited: Style | None = None
    is_hidden: bool = False


def find_occurrences(document: Any, roots: list[Any], root_name: str) -> Occurrences:
    """Return what stands where, in the order of the file; nodes without a name get that of their product, else of their parent.

    Where a file hides everything, nothing counts as hidden.
    """
    layers = hidden_by_layer(document)
    shown, hidden, numbers = list[Occurrence](), list[Occurrence](), count()
    void: dict[str, bool] = {}
    for place in _walk([_Place(root) for root in roots], root_name, numbers, layers):
        one = _occurrence(place)
        if one.product_entry not in void:
            void[one.product_entry] = _is_all_hidden(place.label, layers)
        (hidden if place.is_hidden or void[one.product_entry] else shown).append(one)
    if not shown:
        return Occurrences(tuple(hidden), ())
    products = {one.product_entry: one.product for one in shown}
    partly = [
        label_name(part) or label_name(product)
        for product in products.values()
        for part in subshape_labels(product)
        if is_invisible(part, layers)
    ]
    return Occurrences(tuple(shown), (*(one.node.names[-1] for one in hidden), *partly))


def told_hidden(names: Sequence[str]) -> tuple[str, ...]:
    """Say what is not drawn because the file hides it."""
    if not names:
        return ()
    counts = Counter(names)
    shown = [f"{count} × {name}" if count > 1 else name for name, count in counts.items()][:SHOWN_NAMES]
    more = f" and {len(counts) - SHOWN_NAMES} more" if len(counts) > SHOWN_NAMES else ""
    return (f"{len(names)} item(s) that the file hides are not drawn: {', '.join(shown)}{more}",)


def _walk(places: list[_Place], root_name: str, numbers: Iterator[int], layers: frozenset[str]) -> Iterator[_Place]:
    """Yield the places of shapes, depth first."""
    from OCP.XCAFDoc import XCAFDoc_ShapeTool

    stack = places[::-1]
    while stack:
        place = _entered(stack.pop(), root_name, next(numbers), layers)
        if XCAFDoc_ShapeTool.IsAssembly_s(place.label):
            stack.extend(replace(place, label=component) for component in components(place.label)[::-1])
        else:
            yield place


def _entered(place: _Place, root_name: str, number: int, layers: frozenset[str]) -> _Place:
    """Return the place of the product that stands at a label: an occurrence, or a root."""
    product = referred(place.label)
    own, product_name = label_name(place.label), label_name(product)
    names = place.node.names
    node = Node(
        (*names, own or product_name or (names[-1] if names else root_name)), (*place.node.ids, number), product_name
    )
    if product is place.label:
        hidden = place.is_hidden or is_invisible(product, layers)
        return replace(place, node=node, inherited=label_style(product) or place.inherited, is_hidden=hidden)
    chains = _followed(place, len(names))
    return _Place(
        label=product,
        node=node,
        matrix=place.matrix @ location_matrix(place.label),
        overrides=(*place.overrides, *_new_overrides(place.label, chains, len(names))),
        chains=chains,
        inherited=label_style(product) or place.inherited,
        is_hidden=place.is_hidden
        or any(is_invisible(label, layers) for label in (place.label, product))
        or any(is_invisible(chain.first, layers) for chain in chains if not _next_usages(chain.last)),
    )


def _occurrence(place: _Place) -> Occurrence:
    chosen = min(place.overrides, key=lambda one: (one.start, -one.length), default=None)
    return Occurrence(
        node=place.node,
        product=place.label,
        product_entry=entry(place.label),
        world_from_product=place.matrix,
        override=chosen.style if chosen else None,
        inherited=place.inherited,
    )


def _new_overrides(component: Any, chains: tuple[_Chain, ...], depth: int) -> Iterator[_Override]:
    style = label_style(component)
    if style is not None:
        yield _Override(depth, 1, style)
    for chain in chains:
        style = None if _next_usages(chain.last) else label_style(chain.first)
        if style is not None:
            yield _Override(chain.start, chain.length, style)


def _followed(place: _Place, depth: int) -> tuple[_Chain, ...]:
    """Return the chains that start at an occurrence, and those from above that run through it."""
    longer = [
        _Chain(chain.start, chain.length + 1, chain.first, following)
        for chain in place.chains
        for following in _next_usages(chain.last)
        if following.Father().IsEqual(place.label)
    ]
    starting = [_Chain(depth, 1, usage, usage) for usage in _first_usages(place.label)]
    return (*longer, *starting)


def _first_usages(component: Any) -> list[Any]:
    """Return the labels of the chains that begin at an occurrence."""
    from OCP.collections import Sequence_TDF_Attribute, Sequence_TDF_Label
    from OCP.XCAFDoc import XCAFDoc_ShapeTool

    found = Sequence_TDF_Attribute()
    if not XCAFDoc_ShapeTool.GetAllComponentSHUO_s(component, found):
        return []
    labels = [attribute.Label() for attribute in items(found)]
    return [label for label in labels if not XCAFDoc_ShapeTool.GetSHUOUpperUsage_s(label, Sequence_TDF_Label())]


def _next_usages(usage: Any) -> list[Any]:
    from OCP.collections import Sequence_TDF_Label
    from OCP.XCAFDoc import XCAFDoc_ShapeTool

    found = Sequence_TDF_Label()
    return items(found) if XCAFDoc_ShapeTool.GetSHUONextUsage_s(usage, found) else []


def _is_all_hidden(product: Any, layers: frozenset[str]) -> bool:
    """Return whether every face of a product belongs to a hidden part of it."""
    hidden = [part for part in subshape_labels(product) if is_invisible(part, layers)]
    if not hidden:
        return False
    return sum(map(count_faces, hidden)) >= count_faces(product)
