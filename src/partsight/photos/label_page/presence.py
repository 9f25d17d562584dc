"""Who has which photo open: two who label one photo are told before one of them loses a change."""

import threading
import time
from collections import Counter
from typing import final

GONE_S = 12.0
"""A page that says nothing for so long has been closed; it says which photo it shows every few seconds."""
_MOST_PAGES = 200


@final
class Presence:
    """The pages that are open and the photo that each of them shows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[str, tuple[str, float]] = {}

    def show(self, page: str, key: str) -> dict[str, int]:
        """Note that a page shows a photo, or with an empty key that it is closed; return how many others show which photos."""
        now_s = time.monotonic()
        with self._lock:
            there = {name: seen for name, seen in self._pages.items() if now_s - seen[1] < GONE_S and name != page}
            is_noted = key and len(there) < _MOST_PAGES
            self._pages = {**there, page: (key, now_s)} if is_noted else there
            return dict(Counter(shown for shown, _ in there.values()))
