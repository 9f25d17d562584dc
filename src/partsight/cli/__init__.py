"""The command line: parse, call the pipeline, print."""

import io
import os
import sys


def main() -> None:
    """Run the command line; what the user can mend is printed without a traceback."""
    from partsight.cli.app import run

    os.environ.setdefault(
        "PYTHONSAFEPATH", "1"
    )  # no child imports from the current folder, which may be somebody else's
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name need not be text
    raise SystemExit(run())
