"""`partsight check`: the health report of CAD files."""

from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import headed, open_console
from partsight.cli.show.progress import TerminalProgress

SHOWN_PAIRS = 3


def check(
    cad_files: Annotated[list[Path], typer.Argument(help="CAD files, or folders of them.")],
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("cad-check.html"),
    unit: Annotated[str | None, typer.Option(help="Unit of files that state none: m, cm, mm or inch.")] = None,
    timeout_s: Annotated[float, typer.Option(help="Longest time one file may take, in seconds.")] = 120.0,
) -> None:
    """Say what CAD files hold, what is wrong with them, and which parts look alike; exit code 1 when a file is bad."""
    from partsight.cad.process.processes import start_early

    start_early()
    from partsight.cli.show.tables import print_facts
    from partsight.config.sections.cad import CadSection
    from partsight.pipeline.cad_files.check import (
        describe_pair,
        inspect,
        name_classes,
        part_sections,
        publish_inspection,
    )

    console = open_console()
    progress = TerminalProgress(console)
    parts = part_sections(name_classes(cad_files), unit)
    inspection = inspect(parts, CadSection(timeout_s=timeout_s), None, progress, with_symmetries=True)
    facts = {name: tuple(variant.facts for variant in found) for name, found in inspection.parts.items()}
    print_facts(console, facts, inspection.symmetries)
    for pair in inspection.pairs[:SHOWN_PAIRS]:
        console.print(describe_pair(pair))
    for problem in inspection.problems.values():
        console.print(headed("error", "bold red", problem), soft_wrap=True)
    publish_inspection(inspection, out, progress)  # last, so that all is said where the page cannot be written
    console.print(f"report {out}", soft_wrap=True)
    if inspection.problems:
        raise typer.Exit(1)
