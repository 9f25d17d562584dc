"""Ctrl-C at any moment: the command stops without a traceback, with exit code 130, also while modules are loaded and at the end."""

import _thread
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

EXIT_CODE = 130
_STOPPED = b"Stopped.\n"


@dataclass(slots=True)
class Interruption:
    """Whether the user has interrupted the command: what libraries make of it on the way up does not matter."""

    has_come: bool = False


def end_at_once() -> None:
    """End the process at once at Ctrl-C: where nothing has begun yet, or all is done."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _end)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Raise KeyboardInterrupt at the first Ctrl-C, note that it came, and end the process at the next one."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        if interruption.has_come:
            _end(number, frame)
        interruption.has_come = True
        raise KeyboardInterrupt

    def interrupt_again(lost: Any) -> None:
        """Raise anew what came where nothing can be raised, as in a destructor."""
        if isinstance(lost.exc_value, KeyboardInterrupt):
            interruption.has_come = False
            threading.Timer(0.01, _thread.interrupt_main).start()  # here it would be lost once more
        else:
            hook(lost)

    before, hook = signal.signal(signal.SIGINT, interrupt), sys.unraisablehook
    sys.unraisablehook = interrupt_again
    try:
        yield interruption
    finally:
        sys.unraisablehook = hook
        signal.signal(signal.SIGINT, before)


def _end(_number: int, _frame: FrameType | None) -> None:
    os.write(2, _STOPPED)
    os._exit(EXIT_CODE)
