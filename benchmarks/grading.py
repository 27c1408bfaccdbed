"""Grading a cohort: stock nbgrader, Papermill, otter and nbcohort, over the same generated submissions, in one run.

Each is measured as whole processes, start and imports included, in turns with the others, three times, of which the
median counts; what takes more than two minutes once. All scores are compared with stock nbgrader's and with what the
submissions were made to deserve: a fast wrong grader is worthless, and the exit code is 1.

- `nbgrader autograde`, with its own executor: one submission after the other, no sandbox, no feedback. For more
  submissions than it grades here, its time is extrapolated: its start, and the rest in proportion.
- `nbcohort grade --no-collect --no-release`, without feedback if it can do without, with one worker and with as many
  as there are processors.
- Papermill, `execute_notebook` of all notebooks in one process, with its default engine and with ours.
- otter, `grade_submission` of all notebooks in one process, without its container. It is installed into a cache folder
  the first time.
- The floor: the cells of each notebook executed in a fork of a warm process, their figures and last values rendered,
  without sandbox, kernel and IPython; in turns with that the same notebook in our sandbox, from a warm Python process.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from cohort import graders, notebooks
from cohort.course import Cohort, make_cohort
from cohort.measure import OTTER, PAPERMILL, PAPERMILL_OURS, STOCK, Bench, Step, in_turns, ours, profile
from cohort.report import Found, as_json, show, show_profile
from cohort.whole import CommandFailed
from rich.console import Console

SCALED = (200, 1000)
"""Numbers of submissions that only we grade, as often as the others; the last one with `--full`."""


def graders_to_measure(bench: Bench, found: Found, cohort: Cohort, *, install: bool) -> tuple[list[Step], list[Step]]:
    """Return how to measure what takes long, and what should not; note what is missing. `install`: otter if need be."""
    cheap: list[Step] = [(ours(1), lambda: bench.ours(cohort, 1))]
    if "--workers" in graders.grade_options():
        cheap.append((ours(found.workers), lambda: bench.ours(cohort, found.workers)))
    else:
        found.workers = 1
        found.notes.append("`nbcohort grade` has no --workers yet: it was measured with one worker only.")
    if "--no-feedback" not in graders.grade_options():
        found.notes.append("`nbcohort grade` has no --no-feedback yet: it wrote feedback, which nbgrader did not.")
    if graders.has_engine():
        cheap.append((PAPERMILL_OURS, lambda: bench.papermill(cohort, "nbcohort")))
    else:
        found.notes.append("Papermill has no engine named nbcohort yet: it was measured with its default engine only.")
    cheap += [(STOCK, lambda: bench.stock(cohort)), (PAPERMILL, lambda: bench.papermill(cohort, "default"))]
    dear: list[Step] = []
    try:
        with bench.console.status("installing otter"):
            python = graders.otter_environment(install=install)
        dear.append((OTTER, lambda: bench.otter(cohort, python)))
    except CommandFailed as why:
        found.notes.append(f"otter is left out: {why}")
    return dear, cheap


def measure(arguments: argparse.Namespace, folder: Path, console: Console) -> Found:
    """Measure everything."""
    count, rounds = arguments.submissions, 1 if arguments.quick else 3
    scaled = () if arguments.quick else SCALED if arguments.full else SCALED[:1]
    with console.status("making the cohort"):
        largest = make_cohort(folder / "cohort", max(count, *scaled, 0), arguments.seed)
    cohort = largest.first(count)
    bench = Bench(folder, console, rounds)
    found = Found(bench, count, scaled, graders.cores())

    dear, cheap = graders_to_measure(bench, found, cohort, install=not arguments.quick)

    def scale() -> None:
        for number in scaled:
            bench.ours(largest.first(number), found.workers)

    def compare() -> None:
        found.compared = notebooks.compare(cohort, rounds)
        bench.troubles += found.compared.differences

    def first_results() -> None:
        found.first_results = notebooks.first_results(3 if arguments.quick else 30)

    def stock_first_results() -> None:
        found.stock_first_results = notebooks.stock_first_results(1 if arguments.quick else 5)

    def profiled() -> None:
        found.profile = profile(cohort, folder)
        found.cells = notebooks.code_cells(cohort)

    steps = in_turns(dear, [*cheap, ("more submissions", scale)], rounds)
    steps += [
        ("the floor and the sandbox, notebook by notebook", compare),
        ("first results of sandboxed kernels", first_results),
        ("first results of usual kernels", stock_first_results),
        *([("the profile", profiled)] if arguments.profile else []),
    ]
    for what, do in steps:
        bench.attempt(what, do)
    bench.compare_with_stock(count)
    return found


def main() -> int:
    """Measure, print, and say by the exit code whether all scores are right. Speed fails nothing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, metavar="N", help="how many all of them grade (default 24)")
    parser.add_argument("--seed", type=int, default=1, help="of the cohort (default 1)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="3 submissions, everything once: to see whether it works")
    size.add_argument("--full", action="store_true", help="1,000 submissions as well as 200")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--profile", action="store_true", help="tell where the time above the floor goes")
    arguments = parser.parse_args()
    arguments.submissions = arguments.submissions or (3 if arguments.quick else 24)
    if arguments.submissions < 1:
        parser.error("--submissions should be at least 1")
    console = Console(width=None if sys.stdout.isatty() else 130)
    load: list[float] = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory(prefix="nbcohort-grading-") as folder:
        found = measure(arguments, Path(folder), console)
    load.append(os.getloadavg()[0])
    figures: dict[str, Any] = as_json(found) | {"load average before and after": [round(one, 1) for one in load]}
    show(found, console)
    console.print(f"Load average before {load[0]:.1f}, after {load[1]:.1f}, on {os.cpu_count()} processors.")
    if arguments.profile:
        show_profile(found, console)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2), "utf-8")
    if found.bench.troubles:
        console.print("Not all work was done, and rightly, so the figures above are worth nothing:", style="bold red")
    for trouble in found.bench.troubles[:20]:
        console.print(trouble, style="bold red", markup=False)
    if len(found.bench.troubles) > 20:
        console.print(f"... and {len(found.bench.troubles) - 20} more.", style="bold red")
    return 1 if found.bench.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
