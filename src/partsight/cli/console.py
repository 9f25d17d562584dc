"""The terminal, to which names and paths are text: brackets in them are no markup, `:car:` is no picture."""

from rich.console import Console
from rich.text import Text


def open_console(*, stderr: bool = False) -> Console:
    """Return the terminal; style is given by `headed` and by `Text`, never within the text."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def headed(head: str, style: str, text: str) -> Text:
    """Return a line that begins with a word in a style."""
    return Text.assemble((head, style), " ", text)
