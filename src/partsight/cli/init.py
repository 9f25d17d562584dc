"""`partsight init`: a project folder from CAD files."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import headed, open_console
from partsight.cli.show.progress import TerminalProgress


def init(
    cad_files: Annotated[
        list[Path], typer.Argument(help="CAD files, one class each, or folders of them: parts/*.step")
    ],
    out: Annotated[Path, typer.Option("--out", help="The project folder.")] = Path(),
    name: Annotated[str, typer.Option("--name", help="The project's name; by default that of its folder.")] = "",
) -> None:
    """Make a project folder: recipe.toml, a table of what the CAD files hold, and a contact sheet."""
    from partsight.cad.process.processes import start_early

    start_early()
    from partsight.cli.show.tables import print_facts
    from partsight.pipeline.cad_files.init import init_project

    console = open_console()
    project = init_project(out, cad_files, TerminalProgress(console), name=name)
    print_facts(console, project.facts)
    for problem in project.problems:
        console.print(headed("left out", "bold red", problem), soft_wrap=True)
    console.print(f"Recipe         {project.recipe_path}\nContact sheet  {project.contact_sheet}")
    console.print(f"CAD check      {project.cad_report}")
    console.print(f"Next: look at both, then partsight run --recipe {shlex.quote(str(project.recipe_path))}")
