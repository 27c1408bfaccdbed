"""Check notebooks in a folder: as they are, and with the instructor's checks."""

import copy
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from nbcohort.checks import instructors, runner
from nbcohort.checks.findings import findings
from nbcohort.checks.instructors import Check
from nbcohort.checks.restore import restore
from nbcohort.checks.results import Finding, Result, Where, line, result
from nbcohort.checks.runner import Settings
from nbcohort.errors import Invalid, NotFound
from nbcohort.grading.prepare import read_notebook
from nbcohort.i18n import _


@dataclass(frozen=True)
class Checks:
    """The instructor's checks of an assignment. Files of their folder are put beside the learner's notebook."""

    folder: Path | None = None
    checks: tuple[Check, ...] = ()

    @classmethod
    def read(cls, folder: Path, notebooks: Sequence[str]) -> "Checks":
        """Return the checks in a folder, for the notebooks with these file names; none if there is no such folder.

        Raises `Invalid` with what is wrong with one, or if one is for none of the notebooks.
        """
        found = cls(folder, instructors.read_checks(folder))
        stems = [Path(name).stem for name in notebooks]
        for check in found.checks:
            if not any(check.is_for(stem, stems) for stem in stems):
                raise Invalid(
                    _("{check}: its name has to begin with a notebook's and a dot, such as {example}.{check}").format(
                        check=f"{check.name}.ipynb", example=stems[0] if stems else "notebook"
                    )
                )
        return found if found.checks else cls()

    def of(self, notebook: str, notebooks: Sequence[str]) -> list[Check]:
        """Return those for one of the notebooks."""
        stems = [Path(name).stem for name in notebooks]
        return [check for check in self.checks if check.is_for(Path(notebook).stem, stems)]


@dataclass
class _Found:
    findings: list[Finding] = field(default_factory=list)
    tier: str = ""
    seconds: float = 0.0

    def add(self, ran: runner.Ran, new: Iterable[Finding]) -> None:
        """Add what a run has found."""
        self.findings += new
        self.tier = ran.tier
        self.seconds += ran.seconds


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


def check_notebooks(
    paths: Sequence[Path],
    settings: Settings,
    checks: Checks = Checks(),
    released: Mapping[str, NotebookNode] | None = None,
) -> Result:
    """Run notebooks, all of one folder, in copies of it, and return what was found; no file is touched.

    Args:
        paths: the notebooks.
        settings: how they are run.
        checks: the instructor's.
        released: the assignment's notebooks as learners get them, by file name: what they lock is put back, and those
            that are missing are said. None: the notebooks are checked as they are.

    Raises:
        NbcohortError: with a sentence; nothing is known then.
    """
    found = _Found()
    given = {path.name: path for path in paths}
    wanted = list(given if released is None else released)
    for name in wanted:
        if name in given:
            notebook, _repairs = read_notebook(given[name], instructors.LARGEST)
            if released is not None:
                restore(notebook, released[name], Path(name).stem)
            folder = given[name].absolute().parent
            _check_one(found, notebook, name, folder, settings)
            for check in checks.of(name, wanted):
                _check_with(found, notebook, name, folder, check, checks.folder, settings)
        else:
            found.findings.append(_missing(name))
    return result(found.findings, tier=found.tier, seconds=found.seconds)


def _check_one(found: _Found, notebook: NotebookNode, name: str, folder: Path, settings: Settings) -> None:
    ran = runner.run(copy.deepcopy(notebook), folder, settings)
    found.add(ran, findings(ran.notebook, name))


def _check_with(
    found: _Found,
    notebook: NotebookNode,
    name: str,
    folder: Path,
    check: Check,
    files: Path | None,
    settings: Settings,
) -> None:
    """Run a check, in a copy of `folder` with the check's files."""
    if check.parameters and not instructors.has_parameters(notebook):
        found.findings.append(_without_parameters(name, check))
        return
    failed = {
        one.where.cell
        for one in found.findings
        if one.where.notebook == line(name) and not one.passed and not one.where.check and one.points is None
    }
    with tempfile.TemporaryDirectory(prefix="nbcohort-check-") as place:
        beside = Path(place)
        shutil.copytree(folder, beside, dirs_exist_ok=True, symlinks=True, ignore=_no_notebooks)
        if files:  # an instructor may well keep a link to data
            shutil.copytree(files, beside, dirs_exist_ok=True, ignore=_no_notebooks)
        ran = runner.run(instructors.compose(notebook, check), beside, settings)
    found.add(ran, instructors.check_findings(ran.notebook, check, name, failed))


_no_notebooks = shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints")


def _missing(name: str) -> Finding:
    return Finding(
        what=line(name),
        where=Where(notebook=line(name)),
        passed=False,
        message=_("This notebook is not among what was handed in."),
        hint=_("If you renamed it, give it its old name and hand in again."),
    )


def _without_parameters(name: str, check: Check) -> Finding:
    return Finding(
        what=line(check.name),
        where=Where(notebook=line(name), check=line(check.name)),
        passed=False,
        message=_("The notebook has no cell with the tag `parameters`, so it cannot be run with others."),
        hint=_("Fetch the assignment again and see which cell has it."),
    )
