"""Matplotlib's list of fonts, kept in the user's cache folder from one run to the next.

Inside the sandbox it would be made again each time, which takes a fraction of a second with a few fonts, and seconds
with many. What is kept was made before any notebook ran, and by none.
"""

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path

from nbcohort.sandbox import Tier

_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")


class Fonts:
    """The list, as an open file in memory for one zygote."""

    def __init__(self, tier: Tier) -> None:
        """Fill it with what is kept, if the system's fonts are still the same."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "nbcohort")
        environment = hashlib.sha256(f"{sys.prefix}\n{tier.name}".encode()).hexdigest()[:16]
        self._file = cache / f"fonts-{environment}.txt"
        self._system = _look_of(_FOLDERS)
        self._known = b""
        with suppress(OSError):
            system, _newline, known = self._file.read_bytes().partition(b"\n")
            self._known = known if system.decode("ascii", "replace") == self._system else b""
        self.number = os.memfd_create("fonts")
        os.write(self.number, self._known)

    def keep(self) -> None:
        """Keep what Matplotlib made of it, before any notebook runs; where that cannot be, it is made again."""
        size = os.fstat(self.number).st_size
        found = os.pread(self.number, size, 0)
        if found == self._known:
            return
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            draft = self._file.with_suffix(f".{os.getpid()}")
            draft.write_bytes(f"{self._system}\n".encode() + found)
            draft.replace(self._file)

    def close(self) -> None:
        """Let go of the file in memory."""
        if self.number >= 0:
            os.close(self.number)
        self.number = -1


def _look_of(folders: tuple[str, ...]) -> str:
    """Return something else when a file is added to folders or one below them, or removed from there."""
    found = hashlib.sha256()
    for top in folders:
        for folder, below, _files in os.walk(top):
            below.sort()
            with suppress(OSError):  # removed meanwhile
                found.update(f"{folder}\n{Path(folder).stat().st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return found.hexdigest()
