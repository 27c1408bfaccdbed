"""What is said to whoever hands in: what plugins have to say of the files, and what becomes of a revision."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from nbcohort.client import ServiceClient, open_client
from nbcohort.errors import NbcohortError
from nbcohort.i18n import _
from nbcohort.loading import Plugins, load_plugins

AFTERWARDS = 5.0
"""Seconds that are given to plugins once the receipt is there."""
MOST = 12
"""Sentences that are shown at once; of more, only how many there are."""


def about_a_revision() -> str:
    """Return what to say of what was handed in after hand-in has closed."""
    return _("Hand-in has closed: this is a revision, to be read beside what was reviewed, and not graded.")


def ask_plugins(
    plugins: Plugins,
    client: ServiceClient,
    cohort: str,
    assignment: str,
    files: Mapping[str, Path],
    take: Callable[[Iterable[str]], None],
) -> None:
    """Ask plugins for sentences about `files` (path -> file) that are to be handed in, and take each one's at once."""
    arguments = {"client": client, "cohort": cohort, "assignment": assignment, "files": files}
    plugins.each("handin_notices", take, **arguments)


def at_most(sentences: list[str]) -> list[str]:
    """Return the first of many sentences, and one on how many more there are."""
    if len(sentences) <= MOST:
        return sentences
    return [*sentences[:MOST], _("... and {count} more of the kind.").format(count=len(sentences) - MOST)]


class Notices:
    """Sentences about `files` that are to be handed in for an assignment; asked for from now on, beside the hand-in.

    The hand-in never waits for them.
    """

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
                ask_plugins(load_plugins(), client, cohort, assignment, files, self._take)
        except NbcohortError:
            return  # no connection: the hand-in says so

    def _take(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self._found.put(sentence)
