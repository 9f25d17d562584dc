"""Tables that several commands print."""

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from partsight.cad.facts import PartFacts
from partsight.cli.console import headed
from partsight.errors import first_of

_LONGEST_NAME = 22
"""Characters of a class name that are kept on one line in a narrow terminal."""


def print_facts(
    console: Console, parts: Mapping[str, tuple[PartFacts, ...]], symmetries: Mapping[str, str] | None = None
) -> None:
    """Print a table with a line for each part, and below it what was remarked, once for all parts that it holds for.

    `symmetries`, by the keys of parts, add a column.
    """
    console.print(_facts_table(parts, symmetries))
    remarks: dict[str, list[str]] = {}
    for name, variants in parts.items():
        for remark in dict.fromkeys(remark for facts in variants for remark in facts.warnings):
            remarks.setdefault(remark, []).append(name)
    for remark, names in remarks.items():
        console.print(headed(f"{first_of(names)}:", "yellow", remark), soft_wrap=True)


def _facts_table(parts: Mapping[str, tuple[PartFacts, ...]], symmetries: Mapping[str, str] | None) -> Table:
    """Return the table; triangles are given as kept/read."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("class", overflow="fold", min_width=min(_LONGEST_NAME, max(map(len, parts), default=0)))
    table.add_column("file")
    for heading in ("size (mm)", "triangles", "sub-parts"):
        table.add_column(heading, no_wrap=True)
    if symmetries is not None:
        table.add_column("symmetry")
    for name, variants in parts.items():
        for facts in variants:
            size = "×".join(f"{side * 1000:.3g}" for side in facts.size_m)
            triangles = str(facts.num_triangles)
            if facts.num_triangles != facts.num_triangles_read:
                triangles += f"/{facts.num_triangles_read}"
            last = () if symmetries is None else (symmetries[facts.key],)
            table.add_row(name, f"{facts.format}, {facts.unit}", size, triangles, str(facts.num_nodes), *last)
    return table
