"""Triangles of many colors → pieces of one color each."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from partsight.cad.readers.pieces import BaseColor, Piece
from partsight.structures.arrays import FloatArray

MOST_COLORS = 64
"""Meshes with more colors than this are scans or gradients: their mean color is taken."""
_NONE = -1.0


def split_by_color(piece: Piece, rgba: FloatArray) -> Iterator[Piece]:
    """Yield a piece for each of the (T, 4) linear colors with opacity of its triangles; NaN for those without a color."""
    known = np.where(np.isnan(rgba), _NONE, np.round(rgba, 4))
    if (known == known[0]).all():  # by far the most
        yield replace(_painted(piece, known[0]), shape_id=_numbered(piece, 0))
        return
    colors, color_ids = np.unique(known, axis=0, return_inverse=True)
    if len(colors) > MOST_COLORS:
        yield _painted(piece, np.nanmean(rgba, axis=0))
        return
    for number, color in enumerate(colors):
        chosen = color_ids.reshape(-1) == number
        yield replace(_painted(piece, color), triangles=piece.triangles[chosen], shape_id=_numbered(piece, number))


def _painted(piece: Piece, rgba: FloatArray) -> Piece:
    if (rgba == _NONE).any():
        return piece
    return replace(piece, base_color=rounded(rgba[:3]), opacity=float(np.round(rgba[3], 4)))


def rounded(linear: FloatArray) -> BaseColor:
    """Return a color as a piece states it."""
    red, green, blue = np.clip(linear, 0.0, 1.0).round(4).tolist()
    return red, green, blue


def _numbered(piece: Piece, number: int) -> int:
    """Return a number for the triangles of one color of a shape; equal for its instances."""
    return piece.shape_id * MOST_COLORS + number
