"""Runs of throwaway copies of peers' works, on the reviewer's own server: one at a time, each can be stopped.

A run is a program of its own (`run_copy`) that uses the sandbox; neither the reviewer's kernels nor their files take
part. Its program does not get the server's token of the Hub.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nbcohort.errors import NbcohortError, NotFound
from nbcohort.i18n import _
from nbcohort.lab.works import Work

State = Literal["none", "running", "done", "failed", "cancelled"]
Fetch = Callable[[Path], None]
"""Puts the files of a work into a folder."""


@dataclass
class Run:
    """One run of the notebook `path` of the work at the address `work`."""

    number: int
    work: str
    path: str
    state: State = "running"
    sentence: str = field(default_factory=lambda: _("A copy of the work is fetched …"))
    result: Work | None = None
    process: "subprocess.Popen[str] | None" = None

    def said(self) -> dict[str, Any]:
        """Return how it stands, for the Lab."""
        return {"number": self.number, "state": self.state, "sentence": self.sentence}


class Runs:
    """The run that is under way, or was the last one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: Run | None = None

    def start(self, work: str, path: str, fetch: Fetch) -> dict[str, Any]:
        """Begin to run a work's notebook, and stop what was run before; return how it stands."""
        with self._lock:
            before = self._last
            run = self._last = Run(1 if before is None else before.number + 1, work, path)
            if before is not None:
                _stop(before)
        threading.Thread(target=self._run, args=(run, fetch), daemon=True).start()
        return run.said()

    def status(self, work: str, path: str) -> dict[str, Any]:
        """Return how the last run stands, if it is of this notebook."""
        with self._lock:
            run = self._of(work, path)
            return run.said() if run else {"number": 0, "state": "none", "sentence": ""}

    def stop(self, work: str, path: str) -> dict[str, Any]:
        """Stop the run of this notebook, if there is one; return how it stands."""
        with self._lock:
            run = self._of(work, path)
            if run is not None:
                _stop(run)
        return self.status(work, path)

    def result(self, work: str, path: str) -> Work:
        """Return the notebook as it came out of its run; NotFound if there is none, or another one was run since."""
        with self._lock:
            run = self._of(work, path)
            if run is None or run.result is None:
                raise NotFound(_("What came of this run is no longer kept; run it again."))
            return run.result

    def _of(self, work: str, path: str) -> Run | None:
        run = self._last
        return run if run is not None and (run.work, run.path) == (work, path) else None

    def _run(self, run: Run, fetch: Fetch) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="nbcohort-look-") as name:
                folder, result = Path(name, "work"), Path(name, "result.ipynb")
                folder.mkdir()
                fetch(folder)
                sentence = self._execute(run, folder / run.path, result)
                if sentence is not None and result.is_file():
                    self._end(run, "done", sentence, Work.of(run.path, result.read_bytes()))
                else:
                    self._end(run, "failed", sentence or _("The run broke off; your server's log may say why."))
        except NbcohortError as error:
            self._end(run, "failed", str(error))
        except BaseException:
            self._end(run, "failed", _("The run could not be made; your server's log says why."))
            raise

    def _execute(self, run: Run, notebook: Path, result: Path) -> str | None:
        """Run it; return the program's last sentence, or None if it did not come to its end."""
        with self._lock:
            if run.state != "running":
                return None
            command = [sys.executable, "-m", "nbcohort.lab.run_copy", str(notebook), str(result)]
            run.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=_environment()
            )
        last = None
        with run.process as process:
            for line in process.stdout or ():
                said = json.loads(line)
                last = said["sentence"] if "done" in said else None
                with self._lock:
                    if run.state == "running":
                        run.sentence = said["sentence"]
        return last

    def _end(self, run: Run, state: State, sentence: str, result: Work | None = None) -> None:
        with self._lock:
            if run.state == "running":
                run.state, run.sentence, run.result = state, sentence, result


def _stop(run: Run) -> None:
    if run.state == "running":
        run.state, run.sentence = "cancelled", _("The run was stopped.")
        if run.process is not None:
            run.process.kill()  # what it started ends with it


def _environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("JUPYTERHUB_")}
