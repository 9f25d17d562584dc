"""The command line: parse, call the pipeline, print."""


def main() -> None:
    """Run the command line; what the user can mend is printed without a traceback."""
    from partsight.cli.app import run

    raise SystemExit(run())
