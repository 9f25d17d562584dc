"""What the terminal shows: names as they are, whatever stands in them."""

import io

import pytest
from rich.table import Table

from partsight.cli.console import headed, open_console
from partsight.cli.show.progress import TerminalProgress

NAMES = ("[rev2]", "[/red]", "a[bold", ":car:", "[link=x]y[/link]", "\\[x]")


def shown(*things):
    console = open_console()
    console.file = io.StringIO()
    for thing in things:
        console.print(thing, soft_wrap=True)
    return console.file.getvalue()


def test_a_name_is_printed_as_it_is():
    assert shown(*NAMES) == "".join(f"{name}\n" for name in NAMES)


def test_a_name_after_a_styled_word_is_printed_as_it_is():
    assert shown(*(headed("error", "bold red", name) for name in NAMES)) == "".join(f"error {name}\n" for name in NAMES)


STEERING = ("a\x1b[2Jb", "a\x1b]0;title\x07b", "a\rb", "a\x08\x08b", "a\u202eb", "a\x9b31mb")


@pytest.mark.parametrize("name", STEERING)
def test_a_name_cannot_steer_the_terminal(name):
    """Printed, after a styled word, in a table, and beside a progress bar."""
    table = Table(name, box=None)
    table.add_row(name)
    console = open_console()
    console.file = io.StringIO()
    with TerminalProgress(console).stage(name, 1, "files") as advance:
        advance(1, name)
    found = shown(name, headed(name, "bold red", name), table) + console.file.getvalue()
    assert set(name) - set(found) <= set(name) - set("ab")
    assert not set("\x1b\x07\r\x08\u202e\x9b") & set(found)


def test_a_name_in_a_table_is_printed_as_it_is():
    table = Table("name", box=None)
    for name in NAMES:
        table.add_row(name)
    assert [line.strip() for line in shown(table).splitlines()[1:]] == list(NAMES)
