"""nbgrader's `Execute` step, in the sandbox."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, Execute, GetGrades, SaveAutoGrades
from traitlets import Bool, Float, Integer, List, Unicode
from traitlets.config import Config
from traitlets.config.loader import LazyConfigValue

from nbcohort.grading import feedback
from nbcohort.grading.cells import PATIENCE
from nbcohort.grading.early import preloaded_by
from nbcohort.grading.forked.zygote import PRELOAD
from nbcohort.grading.job import How
from nbcohort.grading.left import Keep
from nbcohort.grading.run import run_notebook
from nbcohort.grading.scores import SaveScores
from nbcohort.grading.task import Settings
from nbcohort.sandbox import Limits

_DEFAULTS = Limits()

_PASSED_ON = (
    "error_on_timeout",
    "extra_arguments",
    "interrupt_on_timeout",
    "ipython_hist_file",
    "kernel_name",
    "on_cell_complete",
    "on_cell_error",
    "on_cell_execute",
    "on_cell_executed",
    "on_cell_start",
    "record_timing",
    "startup_timeout",
    "store_widget_state",
    "timeout_func",
)
"""Settings of `Execute` that keep their meaning, besides `timeout` and `enabled`."""

_WITHOUT_EFFECT = {
    "allow_error_names": "no error ends a run",
    "execute_retries": "nbgrader does not retry either",
    "force_raise_errors": "errors stay in the notebook, where they cost points",
    "iopub_timeout": "outputs are waited for as long as they keep coming",
    "kernel_manager_class": "the kernel is started in the sandbox",
    "on_notebook_complete": "there are hooks for cells only",
    "on_notebook_error": "there are hooks for cells only",
    "on_notebook_start": "there are hooks for cells only",
    "raise_on_iopub_timeout": "outputs are waited for as long as they keep coming",
    "shell_timeout_interval": "replies are waited for without looking in between",
    "shutdown_kernel": "the sandbox ends at once, with all that runs in it",
    "skip_cells_with_tag": "learners could choose which tests run",
}
"""Settings of `Execute` that mean nothing here, and why."""

_NEVER_KEPT = ("*.ipynb", "timestamp.txt")
"""What cells may not leave: notebooks are graded from here, and the time is the server's."""


_TOLD = {"NBGRADER_EXECUTION": "autograde"}
"""What nbgrader tells notebooks while it grades them."""


class SandboxedExecute(Execute):
    """Runs a submission's notebook in a sandbox; settings of `Execute` apply, and scores are those of `Execute`.

    A dead or stuck kernel leaves errors in the notebook's remaining cells, where `Execute` fails the submission. Files
    that cells write beside the notebook are there afterwards, for who grades by hand and for the next notebook.
    """

    unsafe = Bool(False, help="Run without a sandbox: students' code can then read and write all you can.").tag(
        config=True
    )
    notebook_timeout = Float(_DEFAULTS.wall_seconds, help="Seconds for all cells of a notebook together.").tag(
        config=True
    )
    patience = Float(
        PATIENCE, help="Seconds in which a cell has to end that was interrupted after its time, or the kernel is ended."
    ).tag(config=True)
    memory = Integer(_DEFAULTS.memory, help="Bytes of memory for a notebook and all it starts.").tag(config=True)
    processes = Integer(_DEFAULTS.processes, help="How many processes and threads a notebook may have.").tag(
        config=True
    )
    disk = Integer(_DEFAULTS.disk, help="Bytes of the throwaway disk.").tag(config=True)
    output_limit = Integer(_DEFAULTS.output, help="Bytes of output that are kept of a notebook.").tag(config=True)
    kept_files = Integer(
        32 << 20, help="Bytes of the files that cells write beside a notebook that are kept with it; 0 for none."
    ).tag(config=True)
    preload = List(
        Unicode(),
        None,
        allow_none=True,
        help="Modules that are imported once, before any notebook runs; if not given, what `course.toml` says.",
    ).tag(config=True)
    notebook_size = Integer(20 << 20, help="Bytes of a notebook's file that `nbcohort grade` still grades.").tag(
        config=True
    )
    mutants = Bool(
        True,
        help="When a notebook has ended, run each test that passed once more, with something else expected: it must"
        " fail. False for tests that must not run twice.",
    ).tag(config=True)
    hidden = List(Unicode(), help="Folders that stay invisible although the Python environment holds them.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any], km: None = None) -> tuple[NotebookNode, Any]:
        """Run `nb`, in place, beside copies of the files of its folder; note the sandbox in its metadata."""
        self._complain_of_settings()
        folder = Path(resources["metadata"]["path"]).absolute()
        settings = self.settings()
        executed = run_notebook(
            nb,
            folder,
            settings.limits,
            settings.how,
            unsafe=settings.unsafe,
            left_out=tuple(path.name for path in folder.glob("*.ipynb")),  # the hidden tests are in them
            hidden=settings.hidden,
            keep=settings.keep,
        )
        if executed.left_behind:
            self.log.warning("Files that the notebook wrote are not kept: %s", ", ".join(executed.left_behind))
        nb.metadata["nbcohort"] = {"sandbox": executed.tier}
        if executed.flags:
            nb.metadata["nbcohort"]["flags"] = [asdict(one) for one in executed.flags]
        return nb, resources

    def settings(self) -> Settings:
        """Return how notebooks are run, as configured."""
        passed_on = {name: getattr(self, name) for name in (*_PASSED_ON, "patience")}
        preload = tuple(self.preload) if self.preload is not None else self._preloaded_by_course()
        return Settings(
            self.limits(),
            How(self.timeout, passed_on, _TOLD, preload, mutants=self.mutants),
            self.unsafe,
            keep=Keep(self.kept_files, (*_NEVER_KEPT, *_ignored(self))) if self.kept_files else None,
            hidden=(*map(Path, self.hidden), *course_roots(self)),  # in case the course lies in the environment
        )

    def _preloaded_by_course(self) -> tuple[str, ...]:
        named = [preloaded_by(root) for root in course_roots(self)]
        return PRELOAD if not named or named[0] is None else named[0]

    def limits(self) -> Limits:
        """Return the limits as configured."""
        return Limits(
            memory=self.memory,
            processes=self.processes,
            wall_seconds=self.notebook_timeout,
            disk=self.disk,
            output=self.output_limit,
        )

    def _complain_of_settings(self) -> None:
        """Log which settings have no effect here."""
        configured = {name for section in self.section_names() for name in self.config.get(section, {})}
        for name in sorted(configured & set(_WITHOUT_EFFECT)):
            self.log.warning("Execute.%s has no effect in the sandbox: %s", name, _WITHOUT_EFFECT[name])


def course_roots(configurable: Any) -> tuple[Path, ...]:
    """Return the course folder that one of the parents of a traitlets object knows of."""
    course = _course(configurable)
    return (Path(course.root).absolute(),) if course else ()


def _ignored(configurable: Any) -> tuple[str, ...]:
    """Return the patterns of files that nbgrader does not copy either."""
    course = _course(configurable)
    return tuple(course.ignore) if course else ()


def _course(configurable: Any) -> CourseDirectory | None:
    while configurable is not None:
        course = getattr(configurable, "coursedir", None)
        if course is not None:
            return course
        configurable = getattr(configurable, "parent", None)
    return None


_INSTEAD_OF = {
    Execute: SandboxedExecute,
    "nbgrader.preprocessors.Execute": SandboxedExecute,
    SaveAutoGrades: SaveScores,
    "nbgrader.preprocessors.SaveAutoGrades": SaveScores,
}


def configure(c: Config) -> None:
    """Make nbgrader run submissions in the sandbox; call it at the end of `nbgrader_config.py`.

    Takes the place of `Execute` and `SaveAutoGrades` in `Autograde.autograde_preprocessors`, and leaves the other steps
    as they are. Late penalties are the course's, and worked out anew for the feedback, when grades given by hand count,
    too.
    """
    default = Autograde.class_traits()["autograde_preprocessors"].default()
    steps = c.Autograde.get("autograde_preprocessors") or default
    if isinstance(steps, LazyConfigValue):  # it was appended to
        steps = steps.get_value(default)
    c.Autograde.autograde_preprocessors = [_INSTEAD_OF.get(step, step) for step in steps]
    c.AssignLatePenalties.setdefault("plugin_class", "nbcohort.grading.lateness.CourseLatePenalty")
    if "preprocessors" not in c.GenerateFeedback:
        c.GenerateFeedback.preprocessors = [AssignLatePenalties, GetGrades, CSSHTMLHeaderPreprocessor]
    feedback.configure(c)
