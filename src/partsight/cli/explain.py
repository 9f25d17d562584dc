"""`partsight explain`: what a key of a recipe means."""

from typing import TYPE_CHECKING, Annotated

import typer

from partsight.cli.console import open_console

if TYPE_CHECKING:
    from partsight.config.reference import KeyFacts


def explain(
    key: Annotated[
        str, typer.Argument(help="A key or a section, as in train.weights or train; without one: every section.")
    ] = "",
) -> None:
    """Say what a key of a recipe means: its default, what it may be, and where it is explained."""
    from partsight.config.reference import explain_key

    console = open_console()
    for line in _lines(explain_key(key)):
        console.print(line, soft_wrap=True)


def _lines(facts: "KeyFacts") -> list[str]:
    lines = [facts.key or "a recipe", f"  {facts.meaning}"]
    if facts.allowed:
        lines += [f"  may be    {facts.allowed}", f"  default   {facts.default or 'none: it must be given'}"]
    lines += [f"  preset    {name}: {value}" for name, value in facts.presets]
    width = max((len(name) for name, _ in facts.inner), default=0)
    lines += [f"  {name:<{width}}  {meaning}" for name, meaning in facts.inner]
    return [*lines, f"  see       {', '.join(facts.pages)}"]
