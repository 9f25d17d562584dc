"""Errors below the command line speak of keys and arguments; only `cli` knows options."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import typer

import partsight
from partsight.cli.app import app

ROOT = Path(partsight.__file__).parent
BELOW = [path for path in sorted(ROOT.rglob("*.py")) if path.relative_to(ROOT).parts[0] != "cli"]
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
COMMAND = re.compile(r"`partsight [^`]+`")
"""A whole command line, as it is typed."""
ARGUMENT = re.compile(r"`(\w+)`")


def texts_in(source: str) -> Iterator[str]:
    """String literals but docstrings and options that are handed to another program as they stand."""
    tree = ast.parse(source)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield "" if OPTION.fullmatch(node.value) else COMMAND.sub("", node.value)


def names_of(command) -> Iterator[str]:
    yield from (parameter.name for parameter in command.params)
    for subcommand in getattr(command, "commands", {}).values():
        yield from names_of(subcommand)


def test_no_text_below_the_command_line_names_an_option():
    found = [
        (path.relative_to(ROOT), text) for path in BELOW for text in texts_in(path.read_text()) if OPTION.search(text)
    ]
    assert found == []


def test_the_rule_would_see_an_option():
    assert any(OPTION.search(text) for text in texts_in("raise ValueError(f'{path}: choose another --out')"))
    assert [text for text in texts_in("run(['--background'])") if OPTION.search(text)] == []
    assert [text for text in texts_in("say('`partsight photos add --places walk.mp4`')") if OPTION.search(text)] == []


def test_an_argument_that_an_error_names_is_an_argument_of_a_command():
    known = set(names_of(typer.main.get_command(app)))
    raised = [
        text
        for path in BELOW
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Raise | ast.Return)
        for text in texts_in(ast.unparse(node))
    ]
    named = {name for text in raised for name in ARGUMENT.findall(text)}
    assert {"out", "token", "port"} <= named
    assert named - {"blender"} <= known  # that one is a program
