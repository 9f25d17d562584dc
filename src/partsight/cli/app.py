"""The commands, and what happens when one of them fails."""

import functools
import sys
import warnings
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console

from partsight import __version__
from partsight.cli import (
    app_page,
    check,
    compare,
    convert,
    demo,
    detect,
    doctor,
    explain,
    export,
    init,
    jobs,
    live,
    runs,
    stages,
    sweep,
)
from partsight.cli.console import headed, open_console
from partsight.cli.dataset import group as dataset_group
from partsight.cli.flags import find_command, with_flags
from partsight.cli.interrupts import EXIT_CODE, Interruption, interruptible
from partsight.cli.photos import group as photos_group
from partsight.cli.refusals import REFUSALS, find_refusal
from partsight.cli.trust import asking
from partsight.errors import MachineWarning, PartsightError, RecipeWarning
from partsight.extras import as_extra_error

app = typer.Typer(
    name="partsight",
    help="Turn the CAD models of custom-built parts into a camera that recognizes those parts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("app")(app_page.app_page)
app.command("demo")(demo.demo)
app.command("check")(check.check)
app.command("convert")(convert.convert)
app.command("doctor")(doctor.doctor)
app.command("init")(init.init)
app.command("explain")(explain.explain)
app.command("run")(stages.run)
app.command("runs")(runs.runs)
app.command("render")(stages.render)
app.command("train")(stages.train)
app.command("evaluate")(stages.evaluate)
app.command("report")(stages.report)
app.command("compare")(compare.compare)
app.command("export")(export.export)
app.command("detect")(detect.detect)
app.command("live")(live.live)
app.command("sweep")(sweep.sweep)
app.add_typer(photos_group.app, name="photos")
app.add_typer(dataset_group.app, name="dataset")
app.add_typer(jobs.app, name="jobs")


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"partsight {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take what comes before a command."""
    del version


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code: 0 done, 1 the user can mend it, 2 wrong usage, 130 interrupted."""
    errors = open_console(stderr=True)
    with interruptible() as interruption:
        try:
            code = _run(errors, arguments, interruption)
        except BaseException:
            if not interruption.has_come:
                raise
            code = EXIT_CODE
        if code == EXIT_CODE:
            errors.print("Stopped. Everything finished so far is kept; the same command carries on from there.")
    return code


def _run(errors: Console, arguments: list[str] | None, interruption: Interruption) -> int:
    try:
        with warnings.catch_warnings():
            warnings.showwarning = functools.partial(_show_warning, errors, warnings.showwarning)
            code = asking(lambda: app(args=arguments, standalone_mode=False), errors)
    except (PartsightError, *REFUSALS) as error:
        told = find_refusal(error) or _own_words(error)
        if told is None or interruption.has_come:
            raise
        return _tell(errors, told, arguments)
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_CODE
    except typer.TyperException as error:
        errors.print(f"{error.format_message()}\nTry 'partsight --help'.")
        return error.exit_code
    return int(code or 0)


def _own_words(error: BaseException) -> PartsightError | None:
    """Return an error that says itself what to do, or which extra a missing module belongs to."""
    if isinstance(error, ModuleNotFoundError):
        return as_extra_error(error)
    return error if isinstance(error, PartsightError) else None


def _tell(console: Console, error: PartsightError, arguments: list[str] | None) -> int:
    """Print what the user can mend, in the words of the command line; return the exit code."""
    console.print(headed("error", "bold red", type(error).__name__))
    command = find_command(typer.main.get_command(app), sys.argv[1:] if arguments is None else arguments)
    console.print(with_flags(str(error), command), soft_wrap=True)
    console.print(f"More: {error.page}", style="dim", soft_wrap=True)
    return 1


def _show_warning(console: Console, usual: Callable[..., None], message: Warning | str, *place: Any) -> None:
    """Print what is said about a recipe or a machine without the line of code that says it."""
    category, *_ = place
    if not issubclass(category, (RecipeWarning, MachineWarning)):
        usual(message, *place)
        return
    console.print(headed("warning", "bold yellow", str(message)), soft_wrap=True)


if __name__ == "__main__":
    sys.exit(run())
