"""What the terminal shows: names as they are, whatever stands in them."""

import io

from rich.table import Table

from partsight.cli.console import headed, open_console

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


def test_a_name_in_a_table_is_printed_as_it_is():
    table = Table("name", box=None)
    for name in NAMES:
        table.add_row(name)
    assert [line.strip() for line in shown(table).splitlines()[1:]] == list(NAMES)
