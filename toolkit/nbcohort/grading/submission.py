"""One submission: what was handed in, what becomes of it before it is run, and what comes of it."""

import filecmp
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.validator import get_validator
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files

from nbcohort.errors import Invalid
from nbcohort.grading.complaints import explain, refuse_links
from nbcohort.grading.master import Master
from nbcohort.grading.place import Place
from nbcohort.grading.prepare import read_notebook
from nbcohort.grading.repair import Repair, plain, repair
from nbcohort.grading.steps import Steps
from nbcohort.grading.tamper.flags import Flag
from nbcohort.grading.tamper.scan import scan, unasked
from nbcohort.i18n import _


@dataclass(frozen=True)
class Submission:
    """What one account has handed in."""

    account: str
    folder: Path
    place: Place
    timestamp: datetime | None


def find_submission(courses: CourseDirectory, assignment: str, account: str, folder: Path) -> Submission:
    """Return a submission; raises `Invalid` if nobody can say when it was handed in."""
    place = Place(Path(courses.format_path(courses.autograded_directory, account, assignment)))
    try:
        timestamp = courses.get_existing_timestamp(str(folder))
    except (ValueError, OverflowError, AttributeError, OSError) as error:
        # nbgrader fails with an AttributeError where it means to complain
        raise Invalid(_("timestamp.txt does not say a time.")) from error
    return Submission(account, folder, place, timestamp)


@dataclass(frozen=True)
class Prepared:
    """A submission that is about to be run, in its place's `part` folder."""

    submission: Submission
    notebooks: dict[str, NotebookNode]
    repairs: dict[str, tuple[Repair, ...]]


@dataclass(frozen=True)
class Ready:
    """A submission that has been run, in its place's `ready` folder."""

    submission: Submission
    notebooks: Mapping[str, NotebookNode]
    seconds: float = 0.0
    remarks: tuple[str, ...] = ()

    @property
    def repairs(self) -> tuple[dict[str, Any], ...]:
        """Return what was repaired, each with the name of its notebook."""
        return self._said("repairs")

    @property
    def flags(self) -> tuple[dict[str, Any], ...]:
        """Return what is odd, each with the name of its notebook."""
        return self._said("flags")

    def _said(self, key: str) -> tuple[dict[str, Any], ...]:
        return tuple(
            {"notebook": name, **one}
            for name, notebook in self.notebooks.items()
            for one in notebook.metadata.get("nbcohort", {}).get(key, [])
        )


@dataclass(frozen=True)
class Failed:
    """A submission that cannot be graded."""

    submission: Submission
    reason: str
    seconds: float = 0.0


class Preparer:
    """Prepares the submissions of one assignment; several threads may do so at once."""

    def __init__(self, converter: Autograde, master: Master, most: int) -> None:
        """Args: `converter`: nbgrader's, as the course configured it; `most`: bytes of a notebook."""
        self._courses: CourseDirectory = converter.coursedir
        self._master = master
        self._steps = Steps(converter, master)
        self._most = most
        self._source = Path(self._courses.format_path(self._courses.source_directory, ".", master.assignment))
        kept = {str(self._source / name) for name in converter.exclude_overwriting.get(master.assignment, [])}
        self._overwritten = [path for path in self._files(self._source) if str(self._source / path) not in kept]
        for relaxed in (False, True):  # compiled now, once, and not by each thread at the same moment
            get_validator(nbformat.current_nbformat, nbformat.current_nbformat_minor, relax_add_props=relaxed)

    def _files(self, folder: Path) -> list[Path]:
        """Return the files that nbgrader copies from a folder, relative to it."""
        found = find_all_files(str(folder), [*self._courses.ignore, "*.ipynb"])
        return sorted(Path(path).relative_to(folder) for path in found)

    def prepare(self, submission: Submission) -> Prepared:
        """Return a submission as it is run; raises a sentence, or whatever else nbgrader's steps raise."""
        complaint = refuse_links(submission.folder)
        if complaint:
            raise Invalid(complaint)
        found = sorted(path for path in submission.folder.glob("*.ipynb") if path.stem in self._master.notebooks)
        if not found:
            raise Invalid(explain(None, submission.folder, self._master.notebooks))
        part = submission.place.begin()
        theirs = self._files(submission.folder)
        for folder, paths in ((submission.folder, theirs), (self._source, self._overwritten)):
            for path in paths:
                copy(folder / path, part / path)
        notebooks, repairs = {}, {}
        hiding = _about_shadows(sorted(set(theirs) - set(self._overwritten)))
        for path in found:
            notebook, read = read_notebook(path, self._most)
            repaired = repair(notebook, self._master.notebooks[path.stem])
            notebooks[path.stem] = self._steps.before(notebook, path.stem)
            repairs[path.stem] = (*read, *repaired, *hiding)
        return Prepared(submission, notebooks, repairs)

    def oddities(self, notebook: NotebookNode, name: str, seen: tuple[Flag, ...]) -> tuple[Flag, ...]:
        """Return what is odd about a notebook: what was `seen` when it ran, and its sources."""
        master = self._master.notebooks[name]
        return (*unasked(seen, master), *scan(notebook, master))

    def after(self, notebook: NotebookNode, name: str) -> NotebookNode:
        """Return the notebook as it is kept, from one that has run."""
        return self._steps.after(notebook, name)


def copy(source: Path, target: Path) -> None:
    """Copy a file over whatever file is there, with its mode."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copy(source, target)


def is_same(one: Path, other: Path) -> bool:
    """Return whether there are two files with the same content."""
    return other.is_file() and filecmp.cmp(one, other, shallow=False)


def _about_shadows(paths: Iterable[Path]) -> tuple[Repair, ...]:
    """Return what there is to say of files that have the names of modules; those do not take their places."""
    names = {path.parts[0] for path in paths if path.suffix == ".py"}
    hiding = sorted(name for name in names if _is_module(name.removesuffix(".py")))
    if not hiding:
        return ()
    sentence = _("{files}: an installed module has this name, and importing it gives the installed one.")
    return (Repair("file", tuple(hiding), sentence.format(files=", ".join(f"`{plain(name)}`" for name in hiding))),)


@cache
def _is_module(name: str) -> bool:
    """Return whether there is a module of this name in this Python's environment."""
    if name in sys.stdlib_module_names:
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook that is known to be valid."""
    path.write_bytes(nbformat.v4.writes_json(notebook).encode("utf-8", "replace"))


def read_graded(folder: Path) -> dict[str, NotebookNode]:
    """Return the notebooks of a folder that `write_notebook` has filled."""
    return {
        path.stem: nbformat.v4.to_notebook(json.loads(path.read_bytes())) for path in sorted(folder.glob("*.ipynb"))
    }


def files_beside(folder: Path) -> dict[str, Path]:
    """Return the files in a folder other than its notebooks, by their paths relative to it."""
    found = (Path(at, name) for at, _folders, names in os.walk(folder) for name in names)
    return {path.relative_to(folder).as_posix(): path for path in sorted(found) if path.suffix != ".ipynb"}
