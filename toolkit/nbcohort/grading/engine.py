"""Papermill runs notebooks in the sandbox: `papermill --engine nbcohort in.ipynb out.ipynb`.

The notebook finds copies of the files in the current folder, and nothing else; the rest is as Papermill has it: the run
ends at the first error, which is raised when the notebook has been written.
"""

from pathlib import Path
from typing import Any

from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from papermill.engines import Engine, NotebookExecutionManager

from nbcohort.grading.cells import Status
from nbcohort.grading.run import How, run_notebook
from nbcohort.sandbox import Limits


class SandboxEngine(Engine):
    """The engine that Papermill knows as `nbcohort`."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        execution_timeout: int | None = None,
        unsafe: bool = False,
        limits: Limits | None = None,
        **options: Any,
    ) -> None:
        """Run the cells of `nb_man.nb` until the first error.

        Args:
            nb_man: Papermill's manager of the notebook.
            kernel_name: of the kernel that the notebook asks for.
            execution_timeout: seconds for a cell; None for no limit but the notebook's.
            unsafe: run without a sandbox.
            limits: what the notebook may use.
            options: further options of Papermill's, which have no meaning here (`log_output`, `start_timeout`, ...).

        """
        how = How(timeout=execution_timeout, client={"kernel_name": kernel_name}, onlooker=_Progress(nb_man))
        run_notebook(nb_man.nb, Path.cwd(), limits or Limits(), how, unsafe=unsafe)


class _Progress:
    """Tells Papermill's manager what goes on."""

    def __init__(self, manager: NotebookExecutionManager) -> None:
        self._manager = manager

    def begins(self, cell: NotebookNode, index: int) -> None:
        """Note that a cell begins."""
        self._manager.cell_start(cell, index)

    def ended(self, cell: NotebookNode, index: int, status: Status) -> bool:
        """Note that a cell has ended; go on if without an error."""
        allowed = "raises-exception" in cell.metadata.get("tags", [])
        failed = status not in ("ok", "nothing to run") and not allowed
        if failed:
            error = next(output for output in cell.outputs if output.output_type == "error")
            exception = CellExecutionError("\n".join(error.traceback), error.ename, error.evalue)
            self._manager.cell_exception(cell, cell_index=index, exception=exception)
        self._manager.cell_complete(cell, cell_index=index)
        return not failed
