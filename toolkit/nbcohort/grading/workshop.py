"""Where the submissions of an assignment are run: each once, even if several are the same.

Nothing here touches the gradebook or the process's state, so threads can do it side by side.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.converters import Autograde

from nbcohort.grading.cells import Status
from nbcohort.grading.complaints import explain
from nbcohort.grading.executor import SandboxedExecute
from nbcohort.grading.master import Master
from nbcohort.grading.place import share
from nbcohort.grading.pool import Perform, Stopped
from nbcohort.grading.repair import Repair, note_cell, plain
from nbcohort.grading.submission import (
    Failed,
    Prepared,
    Preparer,
    Ready,
    Submission,
    copy,
    files_beside,
    is_same,
    read_graded,
    write_notebook,
)
from nbcohort.grading.tamper.flags import Flag
from nbcohort.grading.task import Ran, key_of, pack, run_in, unpack
from nbcohort.i18n import _

_NEVER_THE_SAME = ("timestamp.txt", "submission_secret.txt")
"""Files that the exchange puts beside a submission's notebooks: they make no difference between submissions."""


@dataclass
class _Turn:
    """A run of what one or several submissions have in common."""

    waiting: list[tuple[Prepared, float]] = field(default_factory=list)
    """Others that came while it was under way, and when."""
    graded: Submission | None = None
    """The one that was run, when it has been."""


class Workshop:
    """Runs the submissions of one assignment; several threads may work in it."""

    def __init__(
        self,
        converter: Autograde,
        master: Master,
        stop: threading.Event,
        *,
        anew: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args: `converter`: nbgrader's, as the course configured it; `stop`: ends what runs when it is set.

        `anew`: also what has been run before, and is the same.
        """
        execute = SandboxedExecute(parent=converter)
        self.settings = execute.settings()
        self._preparer = Preparer(converter, master, execute.notebook_size)
        self._watched = self.settings.watched_by(_Watch(stop))
        self._names = tuple(master.notebooks)
        self._mode = int(str(converter.permissions), 8)
        self._shared = bool(converter.coursedir.groupshared)
        self._stop = stop
        self._anew = anew
        self._clock = clock
        self._lock = threading.Lock()
        self._turns: dict[str, _Turn] = {}

    def run(self, submission: Submission, perform: Perform | None = None) -> Iterator[Ready | Failed]:
        """Run a submission, with `perform` elsewhere; yield it, and others that have waited as they are the same.

        Yields nothing if another thread runs the same: then that one yields it; and nothing when it is stopped.
        """
        started = self._clock()
        try:
            prepared = self._preparer.prepare(submission)
            key = key_of(submission.place.part, prepared.notebooks, self.settings, _NEVER_THE_SAME)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this submission's and not the class's
            yield self._failed(submission, error, started)
            return
        with self._lock:
            turn = self._turns.setdefault(key, _Turn())
            first = not turn.waiting and turn.graded is None
            if turn.graded is None:
                turn.waiting.append((prepared, started))
        if turn.graded:
            with suppress(Stopped):
                yield self._like(prepared, key, turn.graded, started, perform)
        elif first:
            yield from self._take_turn(turn, key, perform)

    def _take_turn(self, turn: _Turn, key: str, perform: Perform | None) -> Iterator[Ready | Failed]:
        """Run the first that waits for a turn, and give the others what came of it."""
        prepared, started = turn.waiting[0]
        try:
            outcome: Ready | Failed = self._before(prepared, key, started) or self._once(
                prepared, key, started, perform
            )
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001
            outcome = self._failed(prepared.submission, error, started)
        with self._lock:
            others, turn.waiting = turn.waiting[1:], []
            turn.graded = outcome.submission if isinstance(outcome, Ready) else None
        yield outcome
        for other, since in others:
            if isinstance(outcome, Ready):
                try:
                    yield self._like(other, key, outcome.submission, since, perform)
                except Stopped:
                    return
            else:
                other.submission.place.tidy()
                yield Failed(other.submission, outcome.reason, self._clock() - since)

    def _once(self, prepared: Prepared, key: str, started: float, perform: Perform | None) -> Ready:
        """Run a submission."""
        part = prepared.submission.place.part
        notebooks: Mapping[str, NotebookNode] = prepared.notebooks
        if perform is None:
            ran = run_in(part, notebooks, self._watched)
        else:
            done = perform(pack(part, notebooks, self.settings))
            notebooks, ran = unpack(done, part), done.ran
        if self._stop.is_set():
            raise Stopped
        after = {name: self._preparer.after(notebook, name) for name, notebook in notebooks.items()}
        return self._finish(prepared, key, after, ran, started)

    def _before(self, prepared: Prepared, key: str, started: float) -> Ready | None:
        """Return what an earlier run of the same gave, if this account's graded submission is one."""
        if self._anew:
            return None
        with suppress(OSError, ValueError, LookupError, AttributeError):
            graded = read_graded(prepared.submission.place.folder)
            if graded.keys() == prepared.notebooks.keys() and all(
                _key(notebook) == key for notebook in graded.values()
            ):
                return self._take_over(prepared, key, prepared.submission.place.folder, started)
        return None

    def _like(
        self, prepared: Prepared, key: str, other: Submission, started: float, perform: Perform | None
    ) -> Ready | Failed:
        """Return a submission that is the same as another, which has been run.

        If what came of that one is not there any more, as it could not be recorded, this one is run, too.
        """
        place = other.place
        try:
            for folder in (place.ready, place.folder, place.ready, place.folder):  # it may be on its way
                with suppress(FileNotFoundError):
                    return self._take_over(prepared, key, folder, started)
            return self._once(prepared, key, started, perform)
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001
            return self._failed(prepared.submission, error, started)

    def _take_over(self, prepared: Prepared, key: str, folder: Path, started: float) -> Ready:
        """Give a submission what the same one in `folder` got: notebooks with outputs, and files that cells wrote.

        Raises `FileNotFoundError` if the folder is not there, or goes away meanwhile.
        """
        notebooks = read_graded(folder)
        tier, flags = "", {}
        for name, notebook in notebooks.items():
            about = notebook.metadata.pop("nbcohort")
            tier, flags[name] = about["sandbox"], tuple(Flag(**one) for one in about.get("flags", ()))
            notebook.cells = [cell for cell in notebook.cells if not cell.metadata.get("nbcohort", {}).get("note")]
        part = prepared.submission.place.part
        for name, path in files_beside(folder).items():
            if name not in _NEVER_THE_SAME and not is_same(path, part / name):
                copy(path, part / name)
        if not folder.exists():
            raise FileNotFoundError(folder)
        return self._finish(prepared, key, notebooks, Ran(tier, (), (), flags), started)

    def _finish(
        self, prepared: Prepared, key: str, notebooks: Mapping[str, NotebookNode], ran: Ran, started: float
    ) -> Ready:
        """Write the notebooks, with what was repaired, and say that the submission is ready."""
        place = prepared.submission.place
        for name, notebook in notebooks.items():
            repairs = (*prepared.repairs[name], *_about_left_behind(ran))
            about: dict[str, Any] = {"sandbox": ran.tier, "run": key}
            if repairs:
                about["repairs"] = [asdict(one) for one in repairs]
                notebook.cells.insert(0, NotebookNode(note_cell(repairs, [cell.id for cell in notebook.cells])))
            odd = self._preparer.oddities(notebook, name, ran.flags.get(name, ()))
            if odd:
                about["flags"] = [asdict(one) for one in dict.fromkeys(odd)]
            notebook.metadata["nbcohort"] = about
            write_notebook(notebook, place.part / f"{name}.ipynb")
        place.finish(self._mode, shared=self._shared)
        if self._shared:
            share(place.folder.parent)
        return Ready(prepared.submission, notebooks, self._clock() - started, ran.remarks)

    def _failed(self, submission: Submission, error: Exception, started: float) -> Failed:
        submission.place.tidy()
        reason = explain(error, submission.folder, self._names)
        return Failed(submission, reason, self._clock() - started)


def _key(notebook: NotebookNode) -> str:
    return str(notebook.metadata["nbcohort"]["run"])


def _about_left_behind(ran: Ran) -> tuple[Repair, ...]:
    if not ran.left_behind:
        return ()
    names = ", ".join(f"`{plain(name)}`" for name in ran.left_behind[:20])
    sentence = _("Files that cells wrote are not kept, as there is no room for them or they are no files: {names}.")
    return (Repair("file", ran.left_behind[:20], sentence.format(names=names)),)


class _Watch:
    """Ends a notebook before its next cell when all work is to end."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def begins(self, _cell: NotebookNode, _index: int) -> None:
        """Raise `Stopped` if it is time to."""
        if self._stop.is_set():
            raise Stopped

    def ended(self, _cell: NotebookNode, _index: int, _status: Status) -> bool:
        """Go on."""
        return True
