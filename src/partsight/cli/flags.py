"""Errors name arguments, as in `out`; on the command line they are read as its options, as in --out."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_ARGUMENT = r"`(\w+)`"


def with_flags(text: str, command: Any) -> str:
    """Return the text with arguments in backticks replaced by the options of the command; others stay as they are."""
    flags = _flags_of(command)
    return re.sub(_ARGUMENT, lambda found: flags.get(found[1], found[0]), text)


def find_command(group: Any, arguments: Sequence[str]) -> Any:
    """Return the command that the arguments begin with, or the group where they name none."""
    for argument in arguments:
        if argument not in getattr(group, "commands", {}):
            break
        group = group.commands[argument]
    return group


def _flags_of(command: Any) -> Mapping[str, str]:
    """Return the longest spelling of each option by the name of its argument."""
    longest = {parameter.name: max(parameter.opts, key=len) for parameter in command.params}
    return {name: spelling for name, spelling in longest.items() if spelling.startswith("--")}
