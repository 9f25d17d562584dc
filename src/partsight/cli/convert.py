"""`partsight convert`: CAD files → meshes for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import headed, open_console
from partsight.cli.flags import with_flags
from partsight.cli.show.progress import TerminalProgress


def convert(
    context: typer.Context,
    cad_files: Annotated[list[Path], typer.Argument(help="CAD files, or folders of them.")],
    to: Annotated[str, typer.Option("--to", help="stl, obj, ply, glb, 3mf or off.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write to; by default beside each file.")] = None,
    tolerance_mm: Annotated[
        float | None, typer.Option(help="Largest distance from the surface, in mm; by default 0.1 % of the diagonal.")
    ] = None,
    unit: Annotated[str, typer.Option(help="Unit to write in, for formats without one: m, cm, mm or inch.")] = "mm",
    input_unit: Annotated[str | None, typer.Option(help="Unit of files that state none.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write over files that are there.")] = False,
) -> None:
    """Convert CAD files; bad ones are reported and the others go on."""
    from partsight.cad.process.processes import start_early

    start_early()
    from partsight.pipeline.cad_files.convert import ConversionPlan, convert_files

    console = open_console()
    plan = ConversionPlan(to.lower().lstrip("."), out, tolerance_mm, unit, input_unit, overwrite)
    outcome = convert_files(cad_files, plan, TerminalProgress(console))
    for source, target, num_triangles in outcome.written:
        console.print(f"{source} → {target}, {num_triangles} triangles", soft_wrap=True)
    for problem in outcome.problems:
        console.print(headed("error", "bold red", with_flags(problem, context.command)), soft_wrap=True)
    if outcome.problems:
        raise typer.Exit(1)
