"""What an instructor can get wrong in `checks/`, found by reading; nothing is run."""

from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.utils import is_locked

from nbcohort.checks.instructors import LARGEST, PARAMETERS, tags_of
from nbcohort.checks.submission import Checks
from nbcohort.courses.findings import Finding, error, warning
from nbcohort.errors import NbcohortError
from nbcohort.grading.prepare import read_notebook
from nbcohort.i18n import _


def findings(directory: Path) -> Iterator[Finding]:
    """Yield what is wrong with the checks of the course folder `directory`."""
    for folder in sorted((directory / "checks").iterdir()):
        if folder.is_dir() and not folder.name.startswith("."):
            yield from _in_folder(folder, directory / "source" / folder.name)
        elif folder.suffix == ".ipynb":
            yield warning(
                f"checks/{folder.name}", _("this check is for no assignment; put it into a folder of its own")
            )


def _in_folder(folder: Path, source: Path) -> Iterator[Finding]:
    where = f"checks/{folder.name}"
    if not source.is_dir():
        yield warning(where, _("there is no assignment source/{name}, so nothing is checked").format(name=folder.name))
        return
    notebooks = {path.name: _notebook(path) for path in sorted(source.glob("*.ipynb"))}
    try:
        checks = Checks.read(folder, list(notebooks))
    except NbcohortError as problem:
        yield error(where, str(problem))
        return
    for name, notebook in notebooks.items():
        wanted = [check.name for check in checks.of(name, list(notebooks)) if check.parameters]
        if notebook and wanted:
            yield from _parameters(notebook, f"source/{source.name}/{name}", f"{where}/{wanted[0]}.ipynb")


def _notebook(path: Path) -> NotebookNode | None:
    """Return a notebook of the assignment; one that cannot be read is another finding."""
    try:
        return read_notebook(path, LARGEST)[0]
    except NbcohortError:
        return None


def _parameters(notebook: NotebookNode, where: str, check: str) -> Iterator[Finding]:
    """Yield what is wrong with the cell that other parameters are put below."""
    cells = [cell for cell in notebook.cells if PARAMETERS in tags_of(cell)]
    if not cells:
        yield error(where, _("no cell has the tag `parameters`, so {check} cannot set any").format(check=check))
    elif not all(is_locked(cell) for cell in cells):
        yield warning(
            where,
            _("its cell tagged `parameters` is not read-only: if a learner changes it, {check} may set nothing").format(
                check=check
            ),
        )
