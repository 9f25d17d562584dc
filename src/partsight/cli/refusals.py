"""What the system refuses – files, disks, memory – told as what it is, wherever in the program it was met."""

import errno
from concurrent.futures import BrokenExecutor
from pathlib import Path

import psutil

from partsight.errors import MemoryShortageError, PartsightError, StorageError
from partsight.files import advice_for, is_refusal

REFUSALS = (OSError, MemoryError, RuntimeError, ImportError, SystemError)
"""Kinds of errors that may be a refusal of the system."""
_SHORT_OF_MEMORY = (
    "can't allocate memory", "cannot allocate memory", "out of memory", "bad_alloc", "failed to map segment",
    "can't start new thread", "alloc failed", "insufficient memory",
)  # fmt: skip
"""How libraries say it."""
_STARVED = 0.75
"""Share of the address space from which whatever cannot be loaded is taken for too large."""


def find_refusal(error: BaseException) -> PartsightError | None:
    """Return what to tell the user where the system refused something; None where the error is our own, or says it better."""
    if _is_shortage(error) or (isinstance(error, PartsightError) and _comes_of_shortage(error)):
        return MemoryShortageError(
            f"out of memory ({_first_line(error)}; {_memory()}). Everything finished so far is kept. Close other programs, lift a "
            "limit (ulimit -v, a container's, a job's), or lower what works at a time: render.workers, train.batch, "
            "train.image_size. Then run the same command again."
        )
    if isinstance(error, OSError) and is_refusal(error):
        name = f"{error.filename}: " if error.filename is not None else ""
        return StorageError(
            f"{name}cannot be read or written ({error.strerror or error}). {advice_for(error)}, then run the same command again."
        )
    return None


def is_starved() -> bool:
    """Return whether this process has nearly all the address space that it may have (`ulimit -v`)."""
    try:
        import resource
    except ImportError:
        return False
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return limit != resource.RLIM_INFINITY and psutil.Process().memory_info().vms > _STARVED * limit


def _comes_of_shortage(error: BaseException) -> bool:
    """Return whether a library could not be loaded, or an array not be made, for want of memory."""
    cause = error.__cause__
    return isinstance(cause, ImportError | MemoryError) and _is_shortage(cause)


def _is_shortage(error: BaseException) -> bool:
    if isinstance(error, MemoryError | BrokenExecutor):
        return True
    if isinstance(error, ImportError | SystemError) and is_starved():
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return isinstance(error, REFUSALS) and any(word in str(error).lower() for word in _SHORT_OF_MEMORY)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]


def _memory() -> str:
    """Say how much is free, and what limit this process has."""
    free = psutil.virtual_memory().available / 1e9
    limit = _limit()
    limited = "" if limit is None else f", this process may have {limit / 1e9:.1f} GB"
    return f"{free:.1f} GB are free{limited}"


def _limit() -> int | None:
    """Return the limit on this process's memory, in bytes."""
    try:
        import resource
    except ImportError:
        return None
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    container = Path("/sys/fs/cgroup/memory.max")
    text = container.read_text().strip() if container.is_file() else ""
    known = [limit for limit in limits if limit != resource.RLIM_INFINITY] + ([int(text)] if text.isdigit() else [])
    return min(known, default=None)
