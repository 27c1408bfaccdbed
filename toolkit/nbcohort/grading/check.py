"""Check one's own notebook before handing in: does it run clean from top to bottom, do the visible tests pass?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.reader import NotJSONError
from nbgrader.utils import determine_grade, has_failed, is_grade, is_solution

from nbcohort.errors import Invalid, NotFound
from nbcohort.grading.course_room import known_warnings
from nbcohort.grading.run import Executed, How, run_notebook
from nbcohort.i18n import _
from nbcohort.sandbox import Limits

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ARROW = re.compile(r"^-+>\s*\d+\s+(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """A test, or a cell that stops with an error although it is none."""

    cell: int
    """Its number among all cells, from 1."""
    name: str
    """The test's name; empty for other cells."""
    passed: bool
    score: float
    points: float
    message: str | None = None
    hint: str | None = None


@dataclass(frozen=True)
class Checked:
    """What a check of one notebook found."""

    notebook: Path
    findings: tuple[Finding, ...]
    tier: str
    seconds: float

    @property
    def passed(self) -> bool:
        """Return whether everything ran clean and every test gave all its points."""
        return all(finding.passed for finding in self.findings)


def notebooks_at(path: Path) -> tuple[Path, ...]:
    """Return the notebook at `path`, or those in the folder `path`; a sentence if there is none."""
    if path.is_dir():
        found = tuple(sorted(path.glob("*.ipynb")))
        if not found:
            raise NotFound(_("There is no notebook in {folder}.").format(folder=path))
        return found
    if not path.is_file():
        raise NotFound(_("There is no notebook {path}.").format(path=path))
    return (path,)


def check(path: Path, limits: Limits, how: How | None = None, *, unsafe: bool = False) -> Checked:
    """Run the notebook at `path`, in a copy of its folder, and return what its tests say; the file is not touched."""
    notebook = read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    how = how or How(environment={"NBGRADER_EXECUTION": "validate"})
    executed = run_notebook(notebook, path.absolute().parent, limits, how, unsafe=unsafe)
    return Checked(path, tuple(findings(executed)), executed.tier, executed.seconds)


def read(path: Path) -> NotebookNode:
    """Return the notebook at `path`; a sentence if it is none."""
    try:
        with known_warnings():
            return nbformat.read(path, as_version=4)
    except (NotJSONError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(_("{path} is not valid JSON, so it is no notebook.").format(path=path)) from error
    except (nbformat.ValidationError, LookupError, TypeError, AttributeError) as error:
        raise Invalid(_("{path} is JSON, but no notebook.").format(path=path)) from error


def findings(executed: Executed) -> Iterator[Finding]:
    """Yield a finding for each test, and for each other cell that ends with an error."""
    solution: str | None = None
    for number, cell in enumerate(executed.notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        if is_solution(cell):
            solution = str(cell.metadata["nbgrader"]["grade_id"])
        error = next((output for output in cell.outputs if output.output_type == "error"), None)
        if is_grade(cell) and not is_solution(cell):
            score, points = determine_grade(cell)
            passed = score == points
            name = str(cell.metadata["nbgrader"]["grade_id"])
            message = None if passed else _what(cell, error)
            yield Finding(
                number, name, passed, score or 0.0, points, message, None if passed else hint(error, solution)
            )
        elif error:
            yield Finding(number, "", False, 0.0, 0.0, _what(cell, error), hint(error, solution))


def _what(cell: NotebookNode, error: NotebookNode | None) -> str:
    """Return what the cell complained of: for an assertion without words, the assertion."""
    if error is None:
        printed = "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stderr")
        return printed.strip().splitlines()[-1] if printed.strip() else _("It gave a part of the points.")
    words = str(error.evalue).strip()
    if error.ename == "AssertionError" and not words:
        arrows = _ARROW.findall(_ANSI.sub("", "\n".join(error.traceback)))
        return str(arrows[-1]).strip() if arrows else "AssertionError"
    return f"{error.ename}: {words}" if words else str(error.ename)


def _advice(cell: NotebookNode, error: NotebookNode | None, solution: str | None) -> str | None:
    if error:
        return hint(error, solution)
    if has_failed(cell):
        return _("A test that prints a warning, or anything on stderr, counts as failed.")
    return None


def hint(error: NotebookNode, solution: str | None) -> str | None:
    """Return what may help, given the error and the name of the solution cell before it."""
    where = _("the cell {name}").format(name=solution) if solution else _("a cell above")
    return {
        "AssertionError": _("What {where} computes is not what the test expects.").format(where=where),
        "NotImplementedError": _("There is no solution yet in {where}.").format(where=where),
        "NameError": _("It is not defined when the notebook runs from the top: restart the kernel and run all cells."),
        "FileNotFoundError": _("The notebook finds only files that lie beside it, by a relative path."),
        "ModuleNotFoundError": _("It is not installed where notebooks are graded; the course says what there is."),
        "SyntaxError": _("Python does not understand this cell."),
        "CellTimeoutError": _("It took too long: is there a loop that does not end?"),
        "DeadKernelError": _("Nothing after it could run."),
        "NotRunError": _("First mend the cell that ended the run."),
    }.get(str(error.ename))
