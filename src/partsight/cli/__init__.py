"""The command line: parse, call the pipeline, print."""


def main() -> None:
    """Run the command line."""
    raise SystemExit("partsight: the command line is under construction")
