"""The command line: parse, call the pipeline, print."""

import io
import os
import sys


def main() -> None:
    """Run the command line; what the user can mend is printed without a traceback."""
    try:
        from partsight.cli.interrupts import end_at_once

        end_at_once()
    except KeyboardInterrupt:  # before anybody listens
        os.write(2, b"Stopped.\n")
        os._exit(130)
    os.environ.setdefault(
        "PYTHONSAFEPATH", "1"
    )  # no child imports from the current folder, which may be somebody else's
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name need not be text
    code = _run()
    end_at_once()
    raise SystemExit(code)


def _run() -> int:
    """Load and run the command line; where even loading takes more memory than there is, that is all there is to tell."""
    try:
        from partsight.cli.app import run
        from partsight.memory import is_starved

        code = run()
        if is_starved():
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)  # libraries that were half loaded would abort the process at its end
    except MemoryError:
        os.write(2, b"error MemoryShortageError\nout of memory. Lift a limit (ulimit -v), or close other programs.\n")
        os._exit(1)
    return code
