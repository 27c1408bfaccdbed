"""What plugins say of files before they are handed in. Asked beside the hand-in, which never waits for it."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from nbcohort.client import open_client
from nbcohort.errors import NbcohortError
from nbcohort.loading import load_plugins

AFTERWARDS = 5.0
"""Seconds that are given to plugins once the receipt is there."""


class Notices:
    """Sentences about `files` (path -> file) that are to be handed in for an assignment; asked for from now on."""

    def __init__(self, cohort: str, assignment: str, files: Mapping[str, Path]) -> None:
        self._found: SimpleQueue[str] = SimpleQueue()
        self._asking = Thread(target=self._ask, args=(cohort, assignment, files), daemon=True)
        self._asking.start()

    def so_far(self) -> list[str]:
        """Return what has been said since the last time."""
        found = []
        while True:
            try:
                found.append(self._found.get_nowait())
            except Empty:
                return found

    def rest(self) -> list[str]:
        """Return what is still said, after waiting a little."""
        self._asking.join(AFTERWARDS)
        return self.so_far()

    def _ask(self, cohort: str, assignment: str, files: Mapping[str, Path]) -> None:
        try:
            with closing(open_client(pauses=())) as client:
                arguments = {"client": client, "cohort": cohort, "assignment": assignment, "files": files}
                load_plugins().each("handin_notices", self._take, **arguments)
        except NbcohortError:
            return  # no connection: the hand-in says so

    def _take(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self._found.put(sentence)
