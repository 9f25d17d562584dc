"""Which nodes of a file belong to a class: sub-assemblies by name, without what is hidden by name."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from partsight.cad.readers.pieces import Node, Piece
from partsight.errors import CadError

SHOWN_NAMES = 30


def select_bodies(
    path: Path, pieces: Sequence[Piece], nodes: Sequence[str], hide: Sequence[str]
) -> list[tuple[Piece, ...]]:
    """Return the pieces of each body to make a part of: the whole file, or each different sub-assembly that matches.

    Patterns are those of shells (`COIL*`), whatever the case of letters. Raises CadError when one matches nothing.
    """
    shown = [piece for piece in pieces if not match_node(piece.node, hide)]
    check_patterns(path, pieces, nodes, "node")
    check_patterns(path, pieces, hide, "hide")
    if not shown:
        raise CadError(f"{path}: 'hide' hides every node of it. Hide less.")
    if not nodes:
        return [tuple(shown)]
    bodies: dict[tuple[int, ...], list[Piece]] = {}
    for piece in shown:
        matched = match_node(piece.node, nodes)
        if matched:
            bodies.setdefault(matched, []).append(piece)
    if not bodies:
        raise CadError(f"{path}: what 'node' takes, 'hide' hides again. Hide less.")
    return _different(list(map(tuple, bodies.values())))


def match_node(node: Node, patterns: Sequence[str]) -> tuple[int, ...]:
    """Return the numbers down to the topmost node that matches, none when there is none."""
    for depth, name in enumerate(node.names):
        own = (name, node.product) if depth == len(node.names) - 1 else (name,)
        if any(_matches(candidate, pattern) for candidate in own for pattern in patterns):
            return node.ids[: depth + 1]
    return ()


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name.lower(), pattern.lower())


def _different(bodies: Sequence[tuple[Piece, ...]]) -> list[tuple[Piece, ...]]:
    """Keep the first of each group that shows the same shapes in the same colors: the others are its instances."""
    first = {tuple(sorted(map(_look, body))): body for body in reversed(bodies)}
    return [body for body in bodies if any(body is kept for kept in first.values())]


def _look(piece: Piece) -> tuple[object, ...]:
    return piece.shape_id, piece.base_color or (), piece.opacity


def check_patterns(path: Path, pieces: Sequence[Piece], patterns: Sequence[str], key: str) -> None:
    """Raise CadError, listing the names there are, when a pattern matches no node."""
    for pattern in patterns:
        if not any(match_node(piece.node, [pattern]) for piece in pieces):
            names = list(dict.fromkeys(name for piece in pieces for name in (*piece.node.names, piece.node.product)))
            shown = ", ".join(name for name in names[:SHOWN_NAMES] if name)
            more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
            raise CadError(f"{path}: no node matches {key} = '{pattern}'. Its nodes: {shown}{more}.")
