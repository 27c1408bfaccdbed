"""What is found in a notebook that has been run: its visible tests, and cells that stopped with an error."""

import re
from collections.abc import Iterator

from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade, is_solution

from nbcohort.checks.results import Finding, Where, line, prose
from nbcohort.grading.scores import without_stderr
from nbcohort.i18n import _

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ARROW = re.compile(r"^-+>\s*\d+\s+(.*)$", re.MULTILINE)


def findings(notebook: NotebookNode, name: str) -> Iterator[Finding]:
    """Yield a finding for each test of the notebook `name`, and for each other cell that ended with an error."""
    solution: str | None = None
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        if is_solution(cell):
            solution = str(cell.metadata["nbgrader"]["grade_id"])
        error = error_of(cell)
        where = Where(notebook=line(name), cell=number)
        if is_grade(cell) and not is_solution(cell):
            yield _of_test(cell, error, where, solution)
        elif error:
            what = _("cell {number}").format(number=number)
            yield Finding(what=what, where=where, passed=False, message=_words(error), hint=hint(error, solution))


def error_of(cell: NotebookNode) -> NotebookNode | None:
    """Return the error with which a code cell ended, if it did."""
    return next((output for output in cell.outputs if output.output_type == "error"), None)


def _of_test(cell: NotebookNode, error: NotebookNode | None, where: Where, solution: str | None) -> Finding:
    score, points = _score(cell)
    passed = score == points
    message = advice = None
    if not passed:
        message = _words(error) if error else _("It gave a part of the points, or a result that is none.")
        advice = hint(error, solution) if error else None
    return Finding(
        what=line(str(cell.metadata["nbgrader"]["grade_id"])),
        where=where,
        passed=passed,
        message=message,
        hint=advice,
        score=score,
        points=points,
    )


def _score(cell: NotebookNode) -> tuple[float, float]:
    """Return the points that a test gave, and how many there are; one that gives nonsense gave none."""
    try:
        most = float(cell.metadata["nbgrader"]["points"])
    except (LookupError, TypeError, ValueError):
        most = 0.0
    try:
        score = float(determine_grade(without_stderr(cell))[0] or 0.0)
    except (LookupError, TypeError, ValueError):
        score = 0.0
    return (score, most) if 0 <= score <= most <= 1e6 else (0.0, min(max(most, 0.0), 1e6))


def _words(error: NotebookNode) -> str:
    """Return what an error says: for an assertion without words, the assertion."""
    words = str(error.evalue).strip()
    if error.ename == "AssertionError" and not words:
        arrows = _ARROW.findall(_ANSI.sub("", "\n".join(error.traceback)))
        return prose(str(arrows[-1])) if arrows else "AssertionError"
    return prose(f"{error.ename}: {words}" if words else str(error.ename))


def hint(error: NotebookNode, solution: str | None) -> str | None:
    """Return what may help, given the error and the name of the solution cell before it."""
    where = _("the cell {name}").format(name=line(solution)) if solution else _("a cell above")
    found = {
        "AssertionError": _("What {where} computes is not what the test expects.").format(where=where),
        "NotImplementedError": _("There is no solution yet in {where}.").format(where=where),
        "NameError": _("It is not defined when the notebook runs from the top: restart the kernel and run all cells."),
        "FileNotFoundError": _("The notebook finds only files that lie beside it, by a relative path."),
        "ModuleNotFoundError": _("It is not installed where notebooks are graded; the course says what there is."),
        "SyntaxError": _("Python does not understand this cell."),
        "KeyboardInterrupt": _("It took too long: is there a loop that does not end?"),
        "CellTimeoutError": _("It took too long: is there a loop that does not end?"),
        "DeadKernelError": _("Nothing after it could run."),
        "NotRunError": _("First mend the cell that ended the run."),
    }.get(str(error.ename))
    return None if found is None else prose(found)
