"""One notebook at a time, all processes warm: the floor, our sandbox, and how soon a kernel gives its first result."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from . import sandboxed
from .assignment import grade_id
from .course import Cohort, environment
from .sandboxed import Ran


@dataclass(frozen=True)
class Floor:
    """How one notebook's bare execution went: see `run_floor.py`."""

    seconds: float
    cells: list[float]
    errors: int
    figures: int


class FloorProcess:
    """The warmed process that forks for each notebook."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, path: Path | None = None) -> str:
        """Send a path, if there is one, and return the answer."""
        assert self._process.stdin
        assert self._process.stdout
        if path:
            self._process.stdin.write(f"{path}\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("The process for the floor has ended.")
        return answer

    def run(self, path: Path) -> Floor:
        """Execute the cells of a notebook in a fork."""
        return Floor(**json.loads(self.ask(path)))


@contextmanager
def floor_process(warm: Path) -> Iterator[FloorProcess]:
    """Start it, and let it run the notebook `warm` once."""
    command = [sys.executable, str(Path(__file__).with_name("run_floor.py")), str(warm)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment()) as process:
        floor = FloorProcess(process)
        floor.ask()
        yield floor
        assert process.stdin
        process.stdin.close()


@dataclass(frozen=True)
class Compared:
    """The floor and our sandbox over the same notebooks, taken in turns, so that both saw the machine equally busy."""

    floors: list[Floor]
    sandboxed: list[Ran]
    differences: list[str]
    """A sentence for each notebook in which not the same was done."""


def compare(cohort: Cohort, rounds: int) -> Compared:
    """Run all notebooks of a cohort both ways; what is needed once for all has been started before."""
    compared = Compared([], [], [])
    with floor_process(cohort.instructors) as floor:
        sandboxed.run(nbformat.read(cohort.instructors, as_version=4))
        for _round in range(rounds):
            for path in cohort.runnable:
                bare, ours = floor.run(path), sandboxed.run(nbformat.read(path, as_version=4))
                compared.floors.append(bare)
                compared.sandboxed.append(ours)
                if (bare.errors, bare.figures) != (ours.errors, ours.figures):
                    compared.differences.append(
                        f"{path.parent.name}: {bare.errors} errors and {bare.figures} figures when executed bare,"
                        f" {ours.errors} and {ours.figures} in the sandbox"
                    )
    return compared


def code_cells(cohort: Cohort) -> list[str]:
    """Return a name for each code cell of the assignment."""
    cells = nbformat.read(cohort.instructors, as_version=4).cells
    return [grade_id(cell) or "(not graded)" for cell in cells if cell.cell_type == "code"]


def _small() -> NotebookNode:
    notebook = new_notebook(cells=[new_code_cell("1+1")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


def _expect_two(notebook: NotebookNode) -> None:
    outputs = [out.get("data", {}).get("text/plain") for out in notebook.cells[0].outputs]
    if outputs != ["2"]:
        raise RuntimeError(f"1+1 gave {outputs}")


def first_results(times: int) -> list[float]:
    """Return the seconds from the request for a sandboxed kernel until the result of `1+1` is back, so many times."""
    found = []
    for _time in range(times + 1):
        notebook = _small()
        ran = sandboxed.run(notebook)
        _expect_two(notebook)
        found.append(ran.start + ran.cells[0])
    return found[1:]  # the first one started what is needed once for all


def stock_first_results(times: int) -> list[float]:
    """Return the same of nbclient's usual kernel, without a sandbox."""
    found = []
    for _time in range(times):
        notebook = _small()
        done: list[float] = []

        def ended(done: list[float] = done, **_about: Any) -> None:
            done.append(time.perf_counter())

        requested = time.perf_counter()
        NotebookClient(notebook, on_cell_executed=ended).execute()
        _expect_two(notebook)
        found.append(done[0] - requested)
    return found
