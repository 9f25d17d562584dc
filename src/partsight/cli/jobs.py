"""`partsight jobs`: commands that go on without this terminal, one after the other."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from partsight.cli.console import open_console
from partsight.cli.options import OutOption, RecipeOption

if TYPE_CHECKING:
    from partsight.pipeline.jobs.job import Job
    from partsight.pipeline.jobs.queue import JobQueue

app = typer.Typer(no_args_is_help=False, help="Commands that go on without this terminal, one after the other.")
_RECIPE = Path("recipe.toml")


@app.callback(invoke_without_command=True)
def jobs(context: typer.Context, recipe: RecipeOption = _RECIPE, out: OutOption = None) -> None:
    """List the jobs of this project: what runs, what waits, what ended how."""
    context.obj = _queue(recipe, out)
    if context.invoked_subcommand is None:
        _print_jobs(context.obj.jobs())


@app.command("start", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def start(
    context: typer.Context, command: Annotated[list[str], typer.Argument(help="As in: run --minutes 60")]
) -> None:
    """Start a command in a process of its own; it begins when those before it have ended."""
    job = context.obj.start(command, " ".join(command))
    open_console().print(f"job {job.number} {job.state}: partsight {job.title}", soft_wrap=True)


@app.command("stop")
def stop(context: typer.Context, number: Annotated[int, typer.Argument(help="Number of the job.")]) -> None:
    """Ask a job to stop; what it has finished is kept."""
    job = context.obj.stop(number)
    open_console().print(f"job {job.number} will stop: {job.title}", soft_wrap=True)


@app.command("resume")
def resume(context: typer.Context, number: Annotated[int, typer.Argument(help="Number of the job.")]) -> None:
    """Continue a job that ended early."""
    job = context.obj.resume(number)
    open_console().print(f"job {job.number} {job.state}: {job.title}", soft_wrap=True)


@app.command("show")
def show(context: typer.Context, number: Annotated[int, typer.Argument(help="Number of the job.")]) -> None:
    """Print what a job has said so far."""
    job = context.obj.find(number)
    console = open_console()
    _print_jobs([job])
    console.print(job.output().rstrip(), soft_wrap=True)


def _queue(recipe: Path, out: Path | None) -> "JobQueue":
    from partsight.pipeline.jobs.queue import JobQueue

    return JobQueue(out or recipe.parent / "runs", recipe.parent)


def _print_jobs(found: "list[Job] | tuple[Job, ...]") -> None:
    table = Table("job", "state", "minutes", "now", "command", box=SIMPLE_HEAD)
    for job in found:
        minutes = f"{job.seconds / 60:.1f}"
        table.add_row(str(job.number), job.state, minutes, _now(job), Text("partsight " + " ".join(job.command)))
    open_console().print(table if found else "No jobs. Start one: partsight jobs start run")


def _now(job: "Job") -> str:
    record = job.progress
    if record is None or not record.stages or job.state != "running":
        return ""
    stage = record.stages[-1]
    left = "" if stage.seconds_left is None else f", {stage.seconds_left:.0f} s left"
    return f"{stage.name} {stage.done}/{stage.total} {stage.unit}{left}"
