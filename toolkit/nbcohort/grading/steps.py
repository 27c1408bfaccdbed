"""nbgrader's steps before and after a notebook is run, as the course configured them, without a database."""

import threading
from collections.abc import Iterable
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import ClearMetadataPreprocessor, Preprocessor
from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    IgnorePattern,
    LimitOutput,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from traitlets import import_item

from nbcohort.errors import Invalid
from nbcohort.grading.executor import SandboxedExecute
from nbcohort.grading.master import Master, MasterNotebook
from nbcohort.grading.scores import SaveScores
from nbcohort.i18n import _

_BEFORE = [ClearOutput, DeduplicateIds, OverwriteKernelspec, OverwriteCells, CheckCellMetadata]
_AFTER = [
    SandboxedExecute,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveScores,
    AssignLatePenalties,
    CheckCellMetadata,
]


def what_is_unusual(converter: Autograde) -> str | None:
    """Return which setting changes how nbgrader's converter works, if one does.

    A course that has such a setting is graded by that converter, since what the setting does cannot be known.
    """
    if _classes(converter.sanitize_preprocessors) != _BEFORE:
        return "Autograde.sanitize_preprocessors"
    steps = [SaveScores if step is SaveAutoGrades else step for step in _classes(converter.autograde_preprocessors)]
    if steps != _AFTER:
        return "Autograde.autograde_preprocessors"
    for name in ("pre_convert_hook", "post_convert_hook"):
        if getattr(converter, name) is not None:
            return f"Autograde.{name}"
    if converter.exporter_class is not NotebookExporter:
        return "Autograde.exporter_class"
    for name in converter.config.get("FilesWriter", {}):
        return f"FilesWriter.{name}"
    if converter.coursedir.notebook_id != "*":
        return "CourseDirectory.notebook_id"
    disabled = (step.__name__ for step in (*_BEFORE, *_AFTER[:1], *_AFTER[3:]) if not step(parent=converter).enabled)
    return next((f"{name}.enabled" for name in disabled), None)


def _classes(steps: Iterable[Any]) -> list[type[Preprocessor]]:
    return [import_item(step) if isinstance(step, str) else step for step in steps]


class Steps:
    """The steps of one assignment; several threads may take them at once.

    nbgrader's check of its metadata takes longer than all other steps. Here the metadata are the instructor's, so those
    are checked, once; it is only when `ClearMetadataPreprocessor` changes them that each notebook is checked again.
    """

    def __init__(self, converter: Autograde, master: Master) -> None:
        """Args: `converter`: nbgrader's, configured as the course wants it; `master`: of repaired notebooks.

        Raises `Invalid` if the instructor's version is not as nbgrader wants it.
        """
        self._converter = converter
        self._master = master
        self._mine = threading.local()
        self._after: list[type[Preprocessor]] = [IgnorePattern, ClearMetadataPreprocessor, LimitOutput]
        if ClearMetadataPreprocessor(parent=converter).enabled:
            self._after.append(CheckCellMetadata)
        for notebook in master.notebooks.values():
            self._check(notebook)

    def _check(self, notebook: MasterNotebook) -> None:
        cells = [NotebookNode(cell_type=one.cell_type, source="", metadata=one.as_metadata()) for one in notebook.cells]
        try:
            CheckCellMetadata(parent=self._converter)(NotebookNode(cells=cells), {})
        except Exception as error:
            sentence = _(
                "The instructor's version of {name} is damaged: run `nbgrader generate_assignment {assignment}`."
            )
            raise Invalid(sentence.format(name=notebook.name, assignment=self._master.assignment)) from error

    def before(self, notebook: NotebookNode, name: str) -> NotebookNode:
        """Return the notebook as it is run, from a repaired one: with the instructor's kernel and locked cells."""
        return self._take((ClearOutput, DeduplicateIds, _OverwriteKernelspec, _OverwriteCells), notebook, name)

    def after(self, notebook: NotebookNode, name: str) -> NotebookNode:
        """Return the notebook as it is kept, from one that has run."""
        notebook = self._take(self._after, notebook, name)
        nbformat.validate(notebook, relax_add_props=True)
        return notebook

    def _take(self, steps: Iterable[type[Preprocessor]], notebook: NotebookNode, name: str) -> NotebookNode:
        resources = {"nbgrader": {"notebook": name, "assignment": self._master.assignment}, "master": self._master}
        made = self._mine.__dict__  # this thread's: some keep what they are at in themselves
        for step in steps:
            if step.__name__ not in made:
                made[step.__name__] = step(parent=self._converter)
            notebook, _resources = made[step.__name__](notebook, resources)
        return notebook


class _OverwriteKernelspec(OverwriteKernelspec):
    """nbgrader's step, with what was read from the gradebook."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Give the notebook the instructor's kernel."""
        kernelspec = resources["master"].kernelspec_of(resources["nbgrader"]["notebook"])
        if kernelspec:
            nb.metadata["kernelspec"] = NotebookNode(kernelspec)
        return nb, resources


class _OverwriteCells(OverwriteCells):
    """nbgrader's step, with what was read from the gradebook."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Give the notebook the instructor's locked cells."""
        self.notebook_id = resources["nbgrader"]["notebook"]
        self.assignment_id = resources["nbgrader"]["assignment"]
        self.gradebook = resources["master"]
        for index, cell in enumerate(nb.cells):
            nb.cells[index], resources = self.preprocess_cell(cell, resources, index)
        return nb, resources

    def report_change(self, name: str, attr: str, old: Any, new: Any) -> None:
        """Say nothing: hidden tests are no change, and the others are repairs."""


def sentence_on(setting: str) -> str:
    """Return what a person is told of a course that is graded by nbgrader's own converter."""
    return _(
        "The course sets {setting}, so nbgrader grades the submissions itself: one after the other, unrepaired."
    ).format(setting=setting)
