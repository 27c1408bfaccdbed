"""Scrubbed files, remembered: scrubbing takes seconds for a megabyte, and the same file is asked for again and again.

What is remembered follows from its key alone, so it is never out of date: another roster, round, path or content is
another key. It is kept in memory only, and forgotten with the process: a scrubbed copy is nothing to keep on disk.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from nbpeer.scrub import Scrubbed

BYTES = 64_000_000
"""Of scrubbed files that are kept, at most."""
EACH = 2_000
"""Bytes that each counts for besides its content."""


class Remembered:
    """Scrubbed files by key, those that were used longest ago forgotten first. Threads can share it."""

    def __init__(self, most: int = BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Scrubbed] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: Hashable, scrub: Callable[[], Scrubbed]) -> Scrubbed:
        """Return what is kept for a key, or else what `scrub` returns, which is kept from then on."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = scrub()  # not under the lock: others need not wait
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._size += _size(made)
            while self._size > self._most:
                self._size -= _size(self._kept.popitem(last=False)[1])
        return made


def _size(scrubbed: Scrubbed) -> int:
    return EACH + len(scrubbed.data or b"")
