"""Everything an instructor can get wrong in a course folder, before learners find out."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from nbcohort.courses.check_notebooks import check_notebook
from nbcohort.courses.check_runs import Run, check_runs
from nbcohort.courses.check_settings import check_settings
from nbcohort.courses.findings import Finding, error, has_errors, warning
from nbcohort.courses.mistakes import Mistake, SettingsError, dotted, suggestion
from nbcohort.courses.settings import CohortSettings, CourseSettings, Sections
from nbcohort.courses.toml import read_cohort, read_course
from nbcohort.i18n import _

__all__ = ["Finding", "check_course", "check_settings", "has_errors"]

Hook = Callable[[CourseSettings, CohortSettings | None], Iterable[Finding]]
"""What a plugin finds in its own sections of the settings."""

Read = TypeVar("Read", CourseSettings, CohortSettings)

_SKIPPED = {".ipynb_checkpoints", "__pycache__"}


def check_course(
    directory: Path,
    sections: Sections,
    *,
    hooks: Sequence[Hook] = (),
    files: Callable[[Path], Iterable[Finding]] = lambda directory: (),
    run: Run | None = None,
    progress: Callable[[str], None] = lambda where: None,
) -> list[Finding]:
    """Return what is wrong in the course folder `directory`; an empty list if nothing was found.

    Args:
        directory: the course folder, with ``course.toml``, ``cohort.toml`` and ``source/``.
        sections: the models of the activities' sections.
        hooks: the plugins' own checks of settings.
        files: their checks of the course folder.
        run: runs a notebook in the sandbox; without it, tests are not run. Needs nbgrader.
        progress: is told each notebook before it is checked.
    """
    findings: list[Finding] = []
    course = _read(lambda: read_course(directory / "course.toml", sections), findings)
    cohort = _read(lambda: read_cohort(directory / "cohort.toml"), findings)
    if course:
        findings += check_settings(course, cohort)
        findings += (finding for hook in hooks for finding in hook(course, cohort))
    if cohort:
        findings += _gradebook(directory, cohort)
    config = _configuration(directory, findings) if run else None
    findings += _source(directory, course)
    kernels = _kernels()
    for folder in _folders(directory / "source"):
        for notebook in _notebooks(folder):
            where = notebook.relative_to(directory).as_posix()
            progress(where)
            found = check_notebook(notebook, where, kernels)
            if run and not has_errors(found):
                found += check_runs(folder, notebook, where, run, config)
            findings += found
    findings += files(directory)
    return findings


def _read(read: Callable[[], Read], findings: list[Finding]) -> Read | None:
    try:
        return read()
    except SettingsError as problem:
        findings += (_finding(mistake) for mistake in problem.mistakes)
        return None


def _finding(mistake: Mistake) -> Finding:
    where = mistake.file if mistake.line is None else f"{mistake.file}:{mistake.line}"
    return error(where, f"{dotted(mistake.key)}: {mistake.sentence}" if mistake.key else mistake.sentence)


def _source(directory: Path, course: CourseSettings | None) -> Iterator[Finding]:
    source = directory / "source"
    names = [assignment.name for assignment in course.assignments] if course else None
    folders = [folder.name for folder in _folders(source)]
    for name in names or ():
        if name not in folders:
            yield error(
                f"source/{name}",
                _("the folder of this assignment is missing{suggestion}").format(suggestion=suggestion(name, folders)),
            )
        elif not _notebooks(source / name):
            yield error(f"source/{name}", _("this assignment has no notebook"))
    for name in folders:
        if names is not None and name not in names:
            yield warning(
                f"source/{name}",
                _("course.toml has no such assignment{suggestion}").format(suggestion=suggestion(name, names)),
            )
    for stray in sorted(source.glob("*.ipynb")):
        yield warning(f"source/{stray.name}", _("this notebook is in no assignment; put it into a folder of its own"))


def _folders(source: Path) -> list[Path]:
    return sorted(path for path in source.glob("*") if path.is_dir() and path.name not in _SKIPPED)


def _notebooks(folder: Path) -> list[Path]:
    """Return what nbgrader takes for the assignment's notebooks: those in the folder itself, not deeper."""
    return sorted(path for path in folder.glob("*.ipynb") if path.is_file())


def _kernels() -> set[str] | None:
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError:
        return None
    return set(KernelSpecManager().find_kernel_specs())


def _gradebook(directory: Path, cohort: CohortSettings) -> Iterator[Finding]:
    """Find grades of another cohort: nbgrader keeps assignments in it by their names alone."""
    path = directory / "gradebook.db"
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            owners = [row[0] for row in connection.execute("SELECT DISTINCT course_id FROM assignment")]
    except sqlite3.Error as problem:
        yield error("gradebook.db", _("cannot be read: {reason}").format(reason=problem))
        return
    for owner in owners:
        if owner != cohort.id:
            yield error(
                "gradebook.db",
                _(
                    'it holds grades of the cohort "{theirs}", and cohort.toml is "{ours}"; make a folder for each'
                ).format(theirs=owner, ours=cohort.id),
            )


def _configuration(directory: Path, findings: list[Finding]) -> Any:
    """Return the folder's nbgrader configuration, which may change the marks of solutions; None if there is none."""
    from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

    name = "nbgrader_config.py"
    try:
        return PyFileConfigLoader(name, path=str(directory)).load_config()
    except ConfigFileNotFound:
        findings.append(error(name, _("there is no such file; nbcohort new makes one")))
    except Exception as problem:  # noqa: BLE001 - the file is a program of the instructor's
        findings.append(error(name, _("cannot be read: {reason}").format(reason=problem)))
    return None
