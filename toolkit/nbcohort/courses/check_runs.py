"""What an instructor can get wrong in tests, found by running each notebook twice: solved, and as learners get it.

Solved, each test gives all its points. With the solutions cleared as nbgrader clears them, but with the hidden tests
still there (as in grading), each test gives none: otherwise who hands in the released version unchanged gets points.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

from nbcohort.courses.check_notebooks import load_notebook
from nbcohort.courses.findings import Finding, error
from nbcohort.i18n import _

Run = Callable[[Any, Path], Any]
"""Run a notebook (nbformat 4) in a folder and return it with its outputs. A cell's error stays in its outputs, and the
cells after it run. What cannot be run at all raises an exception whose text says why."""


def check_runs(folder: Path, notebook: Path, where: str, run: Run, config: Any) -> list[Finding]:
    """Return which tests of the notebook at `notebook` fail on the solution or pass without one.

    Args:
        folder: the assignment's folder; the notebook runs in a copy of it.
        notebook: a notebook of that folder that has no other errors.
        where: its name in findings.
        run: runs it, in the sandbox.
        config: the course folder's nbgrader configuration (traitlets), for its solution marks; None for nbgrader's own.
    """
    solved = load_notebook(notebook)
    try:
        released = _without_solutions(solved, config)
    except (RuntimeError, ValueError) as problem:
        return [error(where, _("its solutions cannot be cleared: {reason}").format(reason=problem))]
    return [
        *_failing(_scores(_run_in_copy(folder, solved, run)), where),
        *_passing(_scores(_run_in_copy(folder, released, run)), where),
    ]


def _without_solutions(notebook: Any, config: Any) -> Any:
    from nbgrader.preprocessors import ClearOutput, ClearSolutions

    released = notebook.copy()
    released["cells"] = [cell.copy() for cell in notebook.cells]
    for preprocessor in (ClearSolutions, ClearOutput):
        released, _resources = preprocessor(config=config).preprocess(released, {})
    return released


def _run_in_copy(folder: Path, notebook: Any, run: Run) -> Any:
    with TemporaryDirectory(prefix="nbcohort-check-") as temporary:
        copy = Path(temporary) / folder.name
        copytree(folder, copy)
        return run(notebook, copy)


def _scores(notebook: Any) -> Iterator[tuple[str, float, float, str]]:
    """Give each test's grade id, its score and points by nbgrader's own rule, and what its outputs complain of."""
    from nbgrader import utils

    for cell in notebook.cells:
        if cell.cell_type == "code" and utils.is_grade(cell) and not utils.is_solution(cell):
            score, points = utils.determine_grade(cell)
            yield cell.metadata.nbgrader.grade_id, score, points, _complaint(cell.outputs)


def _complaint(outputs: Any) -> str:
    for output in outputs:
        if output.output_type == "error":
            return f"{output.ename}: {output.evalue}".strip().splitlines()[0]
        if output.output_type == "stream" and output.name == "stderr":
            return _("it writes to stderr, which nbgrader takes for a failure")
    return _("partial credit")


def _failing(scores: Iterator[tuple[str, float, float, str]], where: str) -> Iterator[Finding]:
    for name, score, points, complaint in scores:
        if score < points:
            yield error(
                where,
                _('the solution gets {score} of {points} points in the test "{name}": {complaint}').format(
                    name=name, score=f"{score:g}", points=f"{points:g}", complaint=complaint
                ),
            )


def _passing(scores: Iterator[tuple[str, float, float, str]], where: str) -> Iterator[Finding]:
    for name, score, points, _complaint in scores:
        if score > 0:
            yield error(
                where,
                _(
                    'the released version, without any work, gets {score} of {points} points in the test "{name}"'
                ).format(name=name, score=f"{score:g}", points=f"{points:g}"),
            )
