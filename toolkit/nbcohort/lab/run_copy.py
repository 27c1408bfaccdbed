"""`python -m nbcohort.lab.run_copy NOTEBOOK RESULT`: run a peer's notebook in the sandbox, beside its files.

A program of its own, so that it can be ended at any time, takes what it runs with it, and shares nothing with the
server that started it. It says how far it is, a JSON object a line; it ends when its standard input does.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

import nbformat
from nbformat import NotebookNode

from nbcohort.errors import NbcohortError
from nbcohort.grading.cells import Status
from nbcohort.grading.prepare import read_notebook
from nbcohort.grading.run import How, run_notebook
from nbcohort.i18n import _
from nbcohort.sandbox import Limits

LIMITS = Limits(wall_seconds=300)
"""What a work may use while a reviewer waits for it."""
SECONDS = 30
"""How long a cell may take."""
_LARGEST = 64 << 20
"""Bytes of a notebook."""


class Progress:
    """Says which cell is run."""

    def __init__(self, to: TextIO, cells: int) -> None:
        self._to = to
        self._cells = cells

    def begins(self, cell: NotebookNode, index: int) -> None:
        """Say it, of cells with code."""
        if cell.cell_type == "code":
            say(self._to, sentence=_("Cell {n} of {cells} is run …").format(n=index + 1, cells=self._cells))

    def ended(self, cell: NotebookNode, index: int, status: Status) -> bool:
        """Go on to the end, errors or not."""
        return True


def say(to: TextIO, **words: Any) -> None:
    """Write a line."""
    to.write(json.dumps(words) + "\n")
    to.flush()


def run(notebook: Path, result: Path, to: TextIO) -> None:
    """Run `notebook`, and write it with its outputs to `result`; say how far it is, and what came of it."""
    read, _repairs = read_notebook(notebook, _LARGEST)
    # One notebook is run: what it does not import need not be imported in advance.
    how = How(timeout=SECONDS, preload=(), onlooker=Progress(to, len(read.cells)))
    ran = run_notebook(read, notebook.parent, LIMITS, how)
    nbformat.write(ran.notebook, result)
    failed = sum(status in ("error", "timeout", "died") for status in ran.statuses)
    not_run = ran.statuses.count("not run")
    say(to, done=True, sentence=_outcome(failed, not_run, ran.seconds))


def _outcome(failed: int, not_run: int, seconds: float) -> str:
    if failed == 0:
        return _("It ran from top to bottom without an error, in {seconds:.1f} s.").format(seconds=seconds)
    said = _("It ran, in {seconds:.1f} s; cells that ended with an error: {failed}.").format(
        seconds=seconds, failed=failed
    )
    return f"{said} {_('Cells that did not run after that: {count}.').format(count=not_run)}" if not_run else said


def main() -> None:
    """Run the notebook that the command line names."""
    mine = os.fdopen(os.dup(1), "w", encoding="utf-8")  # nothing that is started from here can write to it
    os.dup2(2, 1)
    threading.Thread(target=_end_with_the_starter, daemon=True).start()
    notebook, result = map(Path, sys.argv[1:])
    try:
        run(notebook, result, mine)
    except NbcohortError as error:
        say(mine, done=False, sentence=str(error))


def _end_with_the_starter() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
