"""The two that are compared: a stock kernel, driven by nbclient, and ours."""

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from nbcohort.grading.run import How, run_notebook
from nbcohort.sandbox import HOME, Limits
from tests.fidelity.features import Feature, together
from tests.stock_kernels import hold_their_ports

BESIDE = Path(__file__).parent / "beside"
"""What lies beside every notebook."""

SECONDS = 120
"""For a cell; no feature is about being slow."""

Kernel = Callable[[NotebookNode, Path], NotebookNode]
"""Runs a notebook in the folder it lies in."""


def ours(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run it as grading does."""
    return run_notebook(notebook, folder, Limits(), How(SECONDS)).notebook


def stock(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run it as `jupyter execute` does, with an environment like that of a sandbox: the kernel is what is compared.

    When the kernel dies, nbclient raises, and the notebook is left as it is.
    """
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder.parent),
        "USER": "learner",
        "LOGNAME": "learner",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
    }
    hold_their_ports()
    client = NotebookClient(
        notebook,
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        shutdown_kernel="immediate",
        timeout=SECONDS,
        iopub_timeout=SECONDS,
    )
    client.reset_execution_trackers()
    with contextlib.suppress(DeadKernelError):
        asyncio.run(_run_cells(client, environment))
    return notebook


async def _run_cells(client: NotebookClient, environment: dict[str, str]) -> None:
    async with client.async_setup_kernel(env=environment):
        reply = await client.async_wait_for_reply(client.kc.kernel_info())
        client.nb.metadata["language_info"] = reply["content"]["language_info"]
        for index, cell in enumerate(client.nb.cells):
            await client.async_execute_cell(cell, index)  # the count is the kernel's; `execute` counts cells itself
        client.set_widgets_metadata()


@dataclass(frozen=True)
class Ran:
    """A feature's cells after they ran."""

    notebook: NotebookNode
    home: str


RESET = "%reset_selective -f ."
"""Between features: forgets the variables. `%reset` would take more from `__main__` than it had at first."""


def run_all(features: list[Feature]) -> dict[tuple[str, str], Ran]:
    """Run the features in both kernels, at the same time; return what came of each, by `stock` or `ours` and name."""
    groups = together(features)
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(run_together, stock, group, "stock") for group in groups]
        found = [run_together(ours, group, "ours") for group in groups]
        found += [job.result() for job in jobs]
    return {key: ran for one in found for key, ran in one.items()}


def run_together(kernel: Kernel, features: list[Feature], name: str) -> dict[tuple[str, str], Ran]:
    """Run features one after the other in one notebook."""
    sources = [source for feature in features for source in (*feature.cells, RESET)]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    with folder_for_run() as folder:
        notebook = kernel(notebook, folder)
        home = str(folder.parent) if kernel is stock else str(HOME)
    cells = iter(notebook.cells)
    found = {}
    for feature in features:
        metadata = notebook.metadata if feature.alone else {}
        part = nbformat.v4.new_notebook(cells=list(islice(cells, len(feature.cells))), metadata=metadata)
        found[name, feature.name] = Ran(part, home)
        next(cells)
    return found


@contextmanager
def folder_for_run() -> Iterator[Path]:
    """Make a folder `work` in a home of its own, as it is in the sandbox, with what lies beside every notebook."""
    with tempfile.TemporaryDirectory(prefix="nbcohort-fidelity-") as home:
        folder = Path(home) / "work"
        shutil.copytree(BESIDE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        yield folder
