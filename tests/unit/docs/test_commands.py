"""Command lines of the pages are command lines of the program."""

import pytest
import typer
from typer.main import get_command

from partsight.cli.app import app
from tests.unit.docs.pages import CommandLine, command_lines, words_of

PROGRAM = get_command(app)
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
LACKS = ("Missing argument", "requires an argument")
"""What a command that a sentence only names may still need."""


def problem_of(line: CommandLine) -> str:
    """Return why the program would refuse the line before it does anything; empty when it would not."""
    command, context, words = PROGRAM, None, list(line.words)
    try:
        while commands := getattr(command, "commands", {}):
            context = command.make_context(command.name or "partsight", words, parent=context)
            words = [*context._protected_args, *context.args]
            if not words:
                return ""
            if words[0] not in commands:
                return f"no such command: {words[0]}"
            command = commands[words.pop(0)]
        command.make_context(command.name, words, parent=context)
    except typer.Exit:
        return ""  # --version, --help
    except UsageError as error:
        told = error.format_message()  # type: ignore[attr-defined]
        return "" if not line.is_whole and any(text in told for text in LACKS) else told
    return ""


def test_commands_that_pages_name_are_taken_by_the_program():
    lines = command_lines()
    assert len(lines) > 150
    found = {f"{line.place}: partsight {' '.join(line.words)}": problem_of(line) for line in dict.fromkeys(lines)}
    assert {line: problem for line, problem in found.items() if problem} == {}


@pytest.mark.parametrize(
    "text", ["run --minuets 60", "detect model/", "photos lable", "live model/ --port many", "run now", "export extra"]
)
def test_a_command_that_would_be_refused_is_seen(text):
    assert problem_of(CommandLine("", words_of(f"partsight {text}"), is_whole=True))
