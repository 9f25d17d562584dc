"""Tables that several commands print."""

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.table import Table

from partsight.cad.facts import PartFacts


def facts_table(parts: Mapping[str, tuple[PartFacts, ...]]) -> Table:
    """Return a table with a line for each part; triangles are given as kept/read."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column("class", overflow="fold")
    for heading in ("file", "size (mm)", "triangles"):
        table.add_column(heading, no_wrap=True)
    table.add_column("sub-parts", justify="right")
    table.add_column("remarks")
    for name, variants in parts.items():
        for facts in variants:
            size = "×".join(f"{side * 1000:.3g}" for side in facts.size_m)
            triangles = str(facts.num_triangles)
            if facts.num_triangles != facts.num_triangles_read:
                triangles += f"/{facts.num_triangles_read}"
            file = f"{facts.format}, {facts.unit}"
            table.add_row(name, file, size, triangles, str(facts.num_nodes), "; ".join(facts.warnings))
    return table
