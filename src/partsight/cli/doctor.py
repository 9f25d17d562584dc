"""`partsight doctor`: what this machine can do."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from partsight.cli.console import open_console


def doctor() -> None:
    """Say which renderer and libraries are used here, and how to get faster."""
    from partsight.pipeline.doctor import examine_machine

    table = Table("what", "found", "to get more", box=SIMPLE_HEAD)
    for finding in examine_machine(Path.cwd()):
        table.add_row(finding.topic, finding.found, finding.advice)
    open_console().print(table)
