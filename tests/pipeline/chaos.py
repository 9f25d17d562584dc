"""A process with everything loaded that forks a child for each command line: starting Python anew would take longer than the work.

    python -m tests.pipeline.chaos

Reads lines of JSON from stdin, {"arguments": […], "largest_file": bytes or null}, and answers each with the child's number as
soon as it runs, and with its exit code when it has ended, negative for a signal. All that children print goes to stderr.
"""

import importlib
import json
import os
import resource
import sys

PRELOADED = (
    "torch", "ultralytics", "mitsuba", "partsight.cli.app", "partsight.pipeline.experiment",
    "partsight.pipeline.delivery.export",
)  # fmt: skip


def main() -> None:
    import contextlib

    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    tell("ready")
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            follow(order)
        tell(str(child))
        tell(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))


def follow(order) -> None:
    """Run one command line in a process group of its own, and end."""
    from partsight.cli.app import run

    os.setsid()
    os.dup2(2, 1)
    if order["largest_file"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest_file"],) * 2)
    code = 70
    try:
        code = run(order["arguments"])
    except BaseException:  # noqa: BLE001  # told on stderr, where the test looks for tracebacks
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
