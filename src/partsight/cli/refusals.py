"""What the system refuses – files, disks, memory – told as what it is, wherever in the program it was met."""

from partsight.errors import MemoryShortageError, PartsightError, StorageError
from partsight.files import advice_for, is_refusal
from partsight.memory import describe_memory, is_shortage

REFUSALS = (OSError, MemoryError, RuntimeError, ImportError, SystemError)
"""Kinds of errors that may be a refusal of the system."""


def find_refusal(error: BaseException) -> PartsightError | None:
    """Return what to tell the user where the system refused something; None where the error is our own, or says it better."""
    if is_shortage(error) or (isinstance(error, PartsightError) and _comes_of_shortage(error)):
        return MemoryShortageError(
            f"out of memory ({_first_line(error)}; {describe_memory()}). Everything finished so far is kept. Close other programs, "
            "lift a limit (ulimit -v, a container's, a job's), or lower what works at a time: render.workers, train.batch, "
            "train.image_size. Then run the same command again."
        )
    if isinstance(error, OSError) and is_refusal(error):
        name = f"{error.filename}: " if error.filename is not None else ""
        return StorageError(
            f"{name}cannot be read or written ({error.strerror or error}). {advice_for(error)}, then run the same command again."
        )
    return None


def _comes_of_shortage(error: BaseException) -> bool:
    """Return whether a library could not be loaded, or an array not be made, for want of memory."""
    cause = error.__cause__
    return isinstance(cause, ImportError | MemoryError) and is_shortage(cause)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
