"""Papermill runs notebooks in the sandbox: `papermill --engine nbcohort in.ipynb out.ipynb`.

The notebook finds copies of the files in the current folder, and nothing else; the rest is as Papermill has it: the run
ends at the first error, which is raised when the notebook has been written. How it was run is noted in the notebook's
`metadata.papermill.nbcohort`.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from papermill.engines import Engine, NotebookExecutionManager

from nbcohort.grading.cells import Status
from nbcohort.grading.run import How, run_notebook
from nbcohort.sandbox import Limits

_SAVED_EVERY = 1.0
"""Seconds."""


class SandboxEngine(Engine):
    """The engine that Papermill knows as `nbcohort`."""

    @classmethod
    def execute_notebook(
        cls,
        nb: NotebookNode,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | dict[str, Any] = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **options: Any,
    ) -> NotebookNode:
        """Run a notebook and keep `output_path` up to date, as Papermill's engines do."""
        manager = _Manager(nb, output_path, log_output, progress_bar, autosave_cell_every)
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, **options)
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        execution_timeout: int | None = None,
        unsafe: bool = False,
        limits: Limits | None = None,
        folder: Path | None = None,
        how: How | None = None,
        hidden: tuple[Path, ...] = (),
        to_the_end: bool = False,
        **options: Any,
    ) -> None:
        """Run the cells of `nb_man.nb` until the first error, or all of them.

        Args:
            nb_man: Papermill's manager of the notebook.
            kernel_name: of the kernel that the notebook asks for.
            execution_timeout: seconds for a cell; None for no limit but the notebook's.
            unsafe: run without a sandbox.
            limits: what the notebook may use.
            folder: the files that the notebook finds beside itself; by default the current folder's.
            how: further settings; its time for a cell counts, unless `execution_timeout` is given.
            hidden: folders that stay invisible although the Python environment holds them.
            to_the_end: run all cells whatever they do; errors stay in the cells.
            options: further options of Papermill's, which have no meaning here (`log_output`, `start_timeout`, ...).

        """
        how = how or How(timeout=None)
        client: Mapping[str, Any] = {**how.client, "kernel_name": kernel_name}
        timeout = how.timeout if execution_timeout is None else execution_timeout
        how = replace(how, timeout=timeout, client=client, onlooker=_Progress(nb_man, to_the_end=to_the_end))
        executed = run_notebook(nb_man.nb, folder or Path.cwd(), limits or Limits(), how, unsafe=unsafe, hidden=hidden)
        nb_man.nb.metadata.papermill["nbcohort"] = {"sandbox": executed.tier, "seconds": executed.seconds}


class _Manager(NotebookExecutionManager):
    """Saves the notebook while it runs at most once a second; Papermill's does twice for each cell.

    That takes longer than what most cells do. It is saved in any case when it begins and when it ends.
    """

    _saved = -math.inf

    def save(self, **options: Any) -> None:
        """Save the notebook, if it is time to."""
        now = time.monotonic()
        if self.end_time or now - self._saved >= _SAVED_EVERY:
            super().save(**options)
            self._saved = now


class _Progress:
    """Tells Papermill's manager what goes on."""

    def __init__(self, manager: NotebookExecutionManager, *, to_the_end: bool) -> None:
        self._manager = manager
        self._to_the_end = to_the_end

    def begins(self, cell: NotebookNode, index: int) -> None:
        """Note that a cell begins."""
        self._manager.cell_start(cell, index)

    def ended(self, cell: NotebookNode, index: int, status: Status) -> bool:
        """Note that a cell has ended; go on if without an error, or to the end."""
        allowed = "raises-exception" in cell.metadata.get("tags", [])
        failed = status not in ("ok", "nothing to run") and not allowed
        if failed:
            error = next(output for output in cell.outputs if output.output_type == "error")
            exception = CellExecutionError("\n".join(error.traceback), error.ename, error.evalue)
            self._manager.cell_exception(cell, cell_index=index, exception=exception)
        self._manager.cell_complete(cell, cell_index=index)
        return self._to_the_end or not failed
