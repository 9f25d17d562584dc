"""What a detector may run on."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NO_LIMIT = 1 << 62

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Settings of glibc's mallopt(3)."""
_USUAL = {_TRIM_THRESHOLD: 128 * 1024, _MMAP_MAX: 65536}


def num_free_cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Let the C library keep freed memory for the next time meanwhile, where it is glibc.

    Every step of a training on a CPU frees and takes the same gigabytes; handed back and taken anew, page by page, they cost up to a
    third of the step.
    """
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if not hasattr(library, "mallopt") or library is None:
        yield
        return
    library.mallopt(_MMAP_MAX, 0)
    library.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    try:
        yield
    finally:
        for setting, value in _USUAL.items():
            library.mallopt(setting, value)
        library.malloc_trim(0)


def free_memory(device: str) -> int:
    """Return the bytes that this process may have in all, with what it has already, on "cpu" or a CUDA device."""
    if device != "cpu":
        import torch

        return int(torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device))
    import psutil

    own = psutil.Process().memory_info().rss
    return int(min(psutil.virtual_memory().available, _left_in_group()) + own)


def peak_memory(device: str) -> int:
    """Return the most bytes that this process has had so far, on "cpu" or a CUDA device."""
    if device != "cpu":
        import torch

        return int(torch.cuda.max_memory_reserved(device))
    status = Path(
        "/proc/self/status"
    )  # not getrusage: on Linux it counts what the parent had when it started this process
    if status.exists():
        return (
            int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:")).split()[1]) * 1024
        )
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _left_in_group(root: Path = Path("/sys/fs/cgroup"), listed: Path = Path("/proc/self/cgroup")) -> int:
    """Return the bytes that this process's control group may still take: a batch system grants a job less than the machine has."""
    try:
        name = listed.read_text().splitlines()[-1].split("::", 1)[1]
        folder = root / name.lstrip("/")
        groups = [group for group in (folder, *folder.parents) if group.is_relative_to(root)]
        return min((_left_in(group) for group in groups), default=_NO_LIMIT)
    except (OSError, IndexError):
        return _NO_LIMIT


def _left_in(group: Path) -> int:
    try:
        most, used = (group / "memory.max").read_text().strip(), (group / "memory.current").read_text().strip()
        return _NO_LIMIT if most == "max" else max(int(most) - int(used), 0)
    except (OSError, ValueError):
        return _NO_LIMIT
