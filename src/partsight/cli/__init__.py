"""The command line: parse, call the pipeline, print."""

import os


def main() -> None:
    """Run the command line; what the user can mend is printed without a traceback."""
    from partsight.cli.app import run

    os.environ.setdefault(
        "PYTHONSAFEPATH", "1"
    )  # no child imports from the current folder, which may be somebody else's
    raise SystemExit(run())
