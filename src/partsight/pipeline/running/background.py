"""Work that leaves the machine to the person in front of it: what is started from here on runs only when nothing else wants to."""

import sys
from contextlib import suppress

NICENESS = 10
"""Of 19: enough that a program in use gets almost all of a core that both want."""


def step_back() -> None:
    """Lower this process's priority for processor and disk; processes that it starts inherit it. There is no way back."""
    import psutil

    process = psutil.Process()
    if sys.platform == "win32":
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        process.ionice(psutil.IOPRIO_LOW)
        return
    process.nice(max(NICENESS, process.nice()))
    if sys.platform == "linux":
        with suppress(psutil.AccessDenied):  # some containers forbid it: the processor matters more
            process.ionice(psutil.IOPRIO_CLASS_IDLE)
