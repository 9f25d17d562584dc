"""What a run will do, as a table."""

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from partsight.pipeline.running.plan import Plan, PlannedStage


def print_plan(console: Console, plan: "Plan") -> None:
    """Print a line for each stage, and what is left in a sentence."""
    from partsight.pipeline.running.plan import duration

    table = Table("stage", "state", "missing", "time left", "based on", box=SIMPLE_HEAD)
    for stage in plan.stages:
        left = stage.seconds_left
        time = "not known" if left is None else "–" if stage.state == "found" else duration(left)
        runs = f"{stage.num_measured} run{'' if stage.num_measured == 1 else 's'} here" if stage.num_measured else "–"
        table.add_row(_title(stage), stage.state, _missing(stage), time, runs if stage.num_missing else "–")
    console.print(table)
    console.print(plan.sentence, highlight=False, soft_wrap=True)


def _title(stage: "PlannedStage") -> str:
    return stage.name if stage.title in (stage.name, "") else f"{stage.name}: {stage.title}"


def _missing(stage: "PlannedStage") -> str:
    if not stage.num_missing:
        return "–"
    return f"{stage.num_missing} of {stage.num_units} × {stage.unit}"
