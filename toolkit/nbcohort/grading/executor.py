"""nbgrader's `Execute` step, in the sandbox."""

from pathlib import Path
from typing import Any

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties, Execute, GetGrades
from traitlets import Bool, Float, Integer, List, Unicode
from traitlets.config import Config

from nbcohort.grading.run import How, run_notebook
from nbcohort.sandbox import Limits

_DEFAULTS = Limits()

_PASSED_ON = (
    "error_on_timeout",
    "extra_arguments",
    "interrupt_on_timeout",
    "ipython_hist_file",
    "kernel_name",
    "on_cell_executed",
    "record_timing",
    "startup_timeout",
    "store_widget_state",
    "timeout_func",
)
"""Settings of `Execute` that keep their meaning. `raise_on_iopub_timeout` and `iopub_timeout` are replaced by patience,
`execute_retries` is used by nobody, and `skip_cells_with_tag` would let learners choose which tests run."""


_TOLD = {"NBGRADER_EXECUTION": "autograde"}
"""What nbgrader tells notebooks while it grades them."""


class SandboxedExecute(Execute):
    """Runs a submission's notebook in a sandbox; settings of `Execute` apply, and scores are those of `Execute`.

    A dead or stuck kernel leaves errors in the notebook's remaining cells, where `Execute` fails the submission.
    """

    unsafe = Bool(False, help="Run without a sandbox: students' code can then read and write all you can.").tag(
        config=True
    )
    notebook_timeout = Float(_DEFAULTS.wall_seconds, help="Seconds for all cells of a notebook together.").tag(
        config=True
    )
    memory = Integer(_DEFAULTS.memory, help="Bytes of memory for a notebook and all it starts.").tag(config=True)
    processes = Integer(_DEFAULTS.processes, help="How many processes and threads a notebook may have.").tag(
        config=True
    )
    disk = Integer(_DEFAULTS.disk, help="Bytes of the throwaway disk.").tag(config=True)
    output_limit = Integer(_DEFAULTS.output, help="Bytes of output that are kept of a notebook.").tag(config=True)
    hidden = List(Unicode(), help="Folders that stay invisible although the Python environment holds them.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any], km: None = None) -> tuple[NotebookNode, Any]:
        """Run `nb`, in place, beside copies of the files of its folder; note the sandbox in its metadata."""
        folder = Path(resources["metadata"]["path"]).absolute()
        settings = {name: getattr(self, name) for name in _PASSED_ON}
        executed = run_notebook(
            nb,
            folder,
            self.limits(),
            How(self.timeout, settings, _TOLD),
            unsafe=self.unsafe,
            left_out=tuple(path.name for path in folder.glob("*.ipynb")),  # the hidden tests are in them
            hidden=self._hidden(),
        )
        nb.metadata["nbcohort"] = {"sandbox": executed.tier}
        return nb, resources

    def limits(self) -> Limits:
        """Return the limits as configured."""
        return Limits(
            memory=self.memory,
            processes=self.processes,
            wall_seconds=self.notebook_timeout,
            disk=self.disk,
            output=self.output_limit,
        )

    def _hidden(self) -> tuple[Path, ...]:
        """Return the folders to hide: the course folder, in case it lies inside the Python environment."""
        return (*map(Path, self.hidden), *course_roots(self))


def course_roots(configurable: Any) -> tuple[Path, ...]:
    """Return the course folder that one of the parents of a traitlets object knows of."""
    while configurable is not None:
        course = getattr(configurable, "coursedir", None)
        if course is not None:
            return (Path(course.root).absolute(),)
        configurable = getattr(configurable, "parent", None)
    return ()


def configure(c: Config) -> None:
    """Make nbgrader run submissions in the sandbox; call it at the end of `nbgrader_config.py`.

    Takes the place of `Execute` in `Autograde.autograde_preprocessors`, and leaves the other steps as they are. Late
    penalties are the course's, and worked out anew for the feedback, when grades given by hand count, too.
    """
    steps = c.Autograde.get("autograde_preprocessors") or Autograde.class_traits()["autograde_preprocessors"].default()
    c.Autograde.autograde_preprocessors = [
        SandboxedExecute if step in (Execute, "nbgrader.preprocessors.Execute") else step for step in steps
    ]
    c.AssignLatePenalties.setdefault("plugin_class", "nbcohort.grading.lateness.CourseLatePenalty")
    if "preprocessors" not in c.GenerateFeedback:
        c.GenerateFeedback.preprocessors = [AssignLatePenalties, GetGrades, CSSHTMLHeaderPreprocessor]
