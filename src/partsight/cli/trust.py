"""The question whether a recipe's values that are as trusted as a script may be used; asked at a terminal only, once for each."""

import sys
from collections.abc import Callable
from typing import TypeVar

import typer
from rich.console import Console

from partsight.config.trust import accept
from partsight.errors import UntrustedRecipeError

Answer = TypeVar("Answer")


def asking(command: Callable[[], Answer], console: Console) -> Answer:
    """Run a command, anew after each recipe that the user accepts. Raises UntrustedRecipeError where one is not accepted."""
    while True:
        try:
            return command()
        except UntrustedRecipeError as error:
            if not _is_accepted(error, console):
                raise
            accept(error.values, error.folder)


def _is_accepted(error: UntrustedRecipeError, console: Console) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    console.print(str(error), markup=False, soft_wrap=True)
    return typer.confirm("Do you know who wrote this recipe, and trust these values?", default=False, err=True)
