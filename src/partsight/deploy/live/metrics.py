"""Figures about a running camera: counts, delays, rates; in Prometheus' text format."""

import os
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import final

import numpy as np

_NUM_DELAYS = 2000
_NUM_TIMES = 30


@dataclass(slots=True)
class Paces:
    """When the last of something were finished, by time.monotonic."""

    finished_s: deque[float] = field(default_factory=lambda: deque(maxlen=_NUM_TIMES))

    def per_second(self) -> float:
        """Return how many a second were finished of late; 0 when nothing comes."""
        gaps = [later - earlier for earlier, later in pairwise(self.finished_s)]
        if not gaps or time.monotonic() - self.finished_s[-1] > 2.0:
            return 0.0
        return len(gaps) / max(sum(gaps), 1e-6)


@final
class Metrics:
    """Counted from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._delays_s: deque[float] = deque(maxlen=_NUM_DELAYS)

    def count(self, name: str) -> None:
        """Add one."""
        with self._lock:
            self._counts[name] += 1

    def add_delay(self, delay_s: float) -> None:
        """Add the time from a frame's decoding until a page had drawn it and said so."""
        with self._lock:
            self._delays_s.append(delay_s)

    def read(self, name: str) -> int:
        """Return a count."""
        with self._lock:
            return self._counts[name]

    def delay_quantiles_s(self) -> dict[str, float]:
        """Return the 50th and 95th percentile of the last delays; empty before the first."""
        with self._lock:
            delays_s = list(self._delays_s)
        return {f"{share:g}": float(np.quantile(delays_s, share)) for share in (0.5, 0.95)} if delays_s else {}


def memory_bytes() -> int | None:
    """Return the resident memory of this process; None where the system does not say simply."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.is_file() else None


def as_prometheus(gauges: dict[str, float], counters: dict[str, float], delays_s: dict[str, float]) -> str:
    """Return figures as Prometheus reads them (text format 0.0.4)."""
    lines = []
    for kind, values in (("gauge", gauges), ("counter", counters)):
        for name, value in values.items():
            lines += [f"# TYPE partsight_{name} {kind}", f"partsight_{name} {value:g}"]
    lines.append("# TYPE partsight_delay_seconds gauge")
    lines += [f'partsight_delay_seconds{{quantile="{share}"}} {value:.4f}' for share, value in delays_s.items()]
    return "\n".join(lines) + "\n"
