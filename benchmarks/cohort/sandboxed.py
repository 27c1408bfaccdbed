"""The one place that knows how a notebook is run in our sandbox from Python: all measurements of that go through it."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from nbcohort.grading.run import How, run_notebook
from nbcohort.sandbox import Limits


@dataclass(frozen=True)
class Ran:
    """How one notebook ran, in seconds."""

    seconds: float
    """From the request to the end of everything."""
    start: float
    """From the request until the first cell begins."""
    cells: list[float]
    """Of each code cell."""
    end: float
    """From the last cell's result until everything has ended, tests that run once more included."""
    errors: int
    figures: int
    tier: str


def run(notebook: NotebookNode) -> Ran:
    """Run a notebook, in place, in the sandbox, beside no files."""
    begun: list[float] = []
    done: list[float] = []

    def began(**_about: Any) -> None:
        begun.append(time.perf_counter())

    def ended(**_about: Any) -> None:
        done.append(time.perf_counter())

    how = How(client={"on_cell_execute": began, "on_cell_executed": ended}, mutants=True)
    with tempfile.TemporaryDirectory(prefix="nbcohort-bench-") as folder:
        requested = time.perf_counter()
        executed = run_notebook(notebook, Path(folder), Limits(), how)
        over = time.perf_counter()
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return Ran(
        over - requested,
        begun[0] - requested,
        [after - before for before, after in zip(begun, done, strict=True)],
        over - done[-1],
        sum(out.output_type == "error" for out in outputs),
        sum("image/png" in out.get("data", {}) for out in outputs),
        executed.tier,
    )
