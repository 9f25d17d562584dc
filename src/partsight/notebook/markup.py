"""Pieces of HTML for a notebook: no script, no network, readable on a light and on a dark ground."""

import base64
import html
from collections.abc import Iterable, Sequence

import numpy as np

from partsight.pictures import jpeg_bytes
from partsight.structures.arrays import Image

_JPEG_QUALITY = 78
_RULE = "1px solid rgba(128,128,128,.35)"
_CELL = f"padding:.15em .7em;border:0;border-bottom:{_RULE};text-align:left;vertical-align:top"
_FIGURE = "margin:0;display:inline-block;vertical-align:top"


def frame(title: str, facts: str, *blocks: str) -> str:
    """Return a noun's page: its title, one line of facts, and blocks of HTML below."""
    head = (
        f'<div style="margin-bottom:.4em"><b>{escape(title)}</b> <span style="opacity:.75">{escape(facts)}</span></div>'
    )
    return f'<div style="max-width:62em;line-height:1.4">{head}{"".join(blocks)}</div>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts; without head it is a list of names and values."""
    lines = [f"<th style='{_CELL};opacity:.75'>{escape(text)}</th>" for text in head]
    header = f"<thead><tr>{''.join(lines)}</tr></thead>" if head else ""
    body = "".join(f"<tr>{_cell(first, 'white-space:nowrap')}{''.join(map(_cell, rest))}</tr>" for first, *rest in rows)
    return f"<table style='border-collapse:collapse;margin:.4em 0'>{header}<tbody>{body}</tbody></table>"


def figure(image: Image, caption: str = "") -> str:
    """Return a picture that travels inside the page, with its caption."""
    height, width = image.shape[:2]
    below = f'<figcaption style="font-size:.85em;opacity:.75">{escape(caption)}</figcaption>' if caption else ""
    picture = f'<img src="{_data_uri(image)}" width="{width}" height="{height}" alt="{escape(caption)}" style="max-width:100%">'
    return f'<figure style="{_FIGURE};max-width:{width}px">{picture}{below}</figure>'


def beside(blocks: Iterable[str]) -> str:
    """Return blocks side by side, in as many lines as they need."""
    return f'<div style="display:flex;flex-wrap:wrap;gap:.6em;align-items:flex-start">{"".join(blocks)}</div>'


def note(text: str) -> str:
    """Return a line of text."""
    return f'<div style="opacity:.75;font-size:.9em">{escape(text)}</div>'


def escape(text: str) -> str:
    """Return text as it stands in HTML, quotes included."""
    return html.escape(text, quote=True)


def _cell(text: str, style: str = "") -> str:
    return f"<td style='{_CELL};{style}'>{escape(text)}</td>"


def _data_uri(image: Image) -> str:
    jpeg = jpeg_bytes(np.ascontiguousarray(image), _JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
