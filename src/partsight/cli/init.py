"""`partsight init`: a project folder from CAD files."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from partsight.cli.progress import TerminalProgress


def init(
    cad_files: Annotated[
        list[Path], typer.Argument(help="CAD files, one class each, or folders of them: parts/*.step")
    ],
    out: Annotated[Path, typer.Option("--out", help="The project folder.")] = Path(),
) -> None:
    """Make a project folder: recipe.toml, a table of what the CAD files hold, and a contact sheet."""
    from partsight.pipeline.project import init_project

    console = Console()
    project = init_project(out, cad_files, TerminalProgress(console))
    table = Table("class", "size (mm)", "triangles", "sub-parts", "colors", "watertight", "remarks")
    for name, variants in project.facts.items():
        for facts in variants:
            size = " × ".join(f"{side * 1000:.4g}" for side in facts.size_m)
            closed = "yes" if facts.is_watertight else "no"
            counts = (str(facts.num_triangles), str(facts.num_nodes), str(facts.num_materials))
            table.add_row(name, size, *counts, closed, "; ".join(facts.warnings))
    console.print(table)
    console.print(f"Recipe         {project.recipe_path}\nContact sheet  {project.contact_sheet}", highlight=False)
    console.print(f"Next: look at both, then [bold]partsight run --recipe {project.recipe_path}[/]", highlight=False)
