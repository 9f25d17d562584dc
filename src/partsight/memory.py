"""Memory, and limits on it: whether there was too little of it, whoever says so and however."""

import errno
from concurrent.futures import BrokenExecutor
from pathlib import Path

import psutil

_WORDS = (
    "can't allocate memory", "cannot allocate memory", "out of memory", "not enough memory", "insufficient memory", "bad_alloc",
    "alloc failed", "failed to map segment", "cannot apply additional memory protection", "can't start new thread",
)  # fmt: skip
"""How libraries say it."""
_STARVED = 0.75
"""Share of the address space from which whatever cannot be loaded is taken for too large."""


def is_shortage(error: BaseException) -> bool:
    """Return whether an error comes of too little memory: a library that cannot be loaded into a nearly full process included."""
    if isinstance(error, MemoryError | BrokenExecutor):
        return True
    if isinstance(error, ImportError | SystemError) and is_starved():
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return isinstance(error, OSError | RuntimeError | ImportError | SystemError) and names_shortage(str(error))


def names_shortage(text: str) -> bool:
    """Return whether a library's words say that memory was short."""
    lower = text.lower()
    return any(word in lower for word in _WORDS)


def is_starved() -> bool:
    """Return whether this process has nearly all the address space that it may have (`ulimit -v`)."""
    try:
        import resource
    except ImportError:
        return False
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return limit != resource.RLIM_INFINITY and psutil.Process().memory_info().vms > _STARVED * limit


def describe_memory() -> str:
    """Say how much is free, and what limit this process has."""
    free, limit = psutil.virtual_memory().available / 1e9, memory_limit()
    limited = "" if limit is None else f", this process may have {limit / 1e9:.1f} GB"
    return f"{free:.1f} GB are free{limited}"


def memory_limit() -> int | None:
    """Return the limit on this process's memory, in bytes; None where there is none."""
    try:
        import resource
    except ImportError:
        return None
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    container = Path("/sys/fs/cgroup/memory.max")
    text = container.read_text().strip() if container.is_file() else ""
    known = [limit for limit in limits if limit != resource.RLIM_INFINITY] + ([int(text)] if text.isdigit() else [])
    return min(known, default=None)
