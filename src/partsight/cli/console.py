"""The terminal, to which names and paths are text: brackets in them are no markup, `:car:` is no picture, control characters are
written out."""

from typing import Any

from rich.console import Console
from rich.text import Text

from partsight.structures.names import shown_line


class _Terminal(Console):
    """Every text that is printed passes here, that in tables included: a file's name cannot steer the terminal."""

    def render_str(self, text: str, **choices: Any) -> Text:
        """Return a text to print, with its control characters written out."""
        return super().render_str(shown_line(text), **choices)


def open_console(*, stderr: bool = False) -> Console:
    """Return the terminal; style is given by `headed` and by `Text`, never within the text."""
    return _Terminal(stderr=stderr, markup=False, emoji=False, highlight=False)


def headed(head: str, style: str, text: str) -> Text:
    """Return a line that begins with a word in a style."""
    return Text.assemble((shown_line(head), style), " ", shown_line(text))
