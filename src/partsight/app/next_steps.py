"""What the buttons beside an advice of the report do: open the page where it is done, or set the key that it names."""

import re
from collections.abc import Iterator
from typing import Any

from partsight.app.recipe import EDITABLE

_SETTING = re.compile(r'\b([a-z_]+(?:\.[a-z_]+)+) = ("\w+"|\d+(?:\.\d+)?)')
_COMMAND = re.compile(r"`partsight ([^`]+)`")
_PAGES = (
    ({"photos", "places"}, "scene", "Add photos of the place"),
    ({"photos", "label"}, "photos", "Draw labels"),
    ({"photos"}, "photos", "To the photos"),
    ({"check"}, "parts", "To the parts"),
    ({"randomize"}, "scene", "To the scene"),
)
"""Words of a command, or of an advice without one, the page for it, and the words of the button; the first that fits counts."""


def next_step(advice: str) -> dict[str, Any]:
    """Return an advice with its buttons: each has words, and a page or the keys that it sets."""
    return {"words": advice, "buttons": [*_pages(advice), *_settings(advice)]}


def _pages(advice: str) -> Iterator[dict[str, Any]]:
    commands = _COMMAND.findall(advice)
    words = set(re.findall(r"[a-z]+", " ".join(commands) if commands else advice))
    for wanted, page, button in _PAGES:
        if wanted <= words:
            yield {"words": button, "page": page}
            return


def _settings(advice: str) -> Iterator[dict[str, Any]]:
    for key, text in _SETTING.findall(advice):
        if key.startswith(EDITABLE):
            yield {"words": f"Set {key} to {text}", "changes": {key: _value(text)}}


def _value(text: str) -> Any:
    return text.strip('"') if text.startswith('"') else float(text) if "." in text else int(text)
