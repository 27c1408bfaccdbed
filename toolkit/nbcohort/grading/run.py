"""Run one notebook: the seam between what to run (grading, checks) and how it is run.

Whatever replaces Papermill and a kernel per notebook replaces `run_notebook` alone.
"""

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager, KernelManager
from nbformat import NotebookNode

from nbcohort.errors import NbcohortError, TooLarge
from nbcohort.grading.engine import SandboxEngine, Status
from nbcohort.grading.kernel import SandboxKernelManager
from nbcohort.grading.left import Keep, bring_back
from nbcohort.grading.output import Room
from nbcohort.i18n import _
from nbcohort.sandbox import Limits, Policy, probe, python_environment, shipped_solutions

UNSAFE = "none"
"""The tier that is recorded when notebooks run without a sandbox."""


class KernelFailed(NbcohortError):
    """No kernel could be started for a notebook."""

    status = 500
    slug = "kernel-failed"


@dataclass(frozen=True)
class Executed:
    """What came of a run."""

    notebook: NotebookNode
    """The same object that was given, with outputs."""
    statuses: tuple[Status, ...]
    """One for each cell of the notebook."""
    tier: str
    """The sandbox it ran in (`Tier.name`), or `UNSAFE`."""
    seconds: float
    left_behind: tuple[str, ...] = ()
    """The files that cells wrote and that were to be kept, but could not be."""


@dataclass(frozen=True)
class How:
    """How cells are run: nbclient's and nbgrader's settings, with nbgrader's defaults."""

    timeout: int | None = 30
    """Seconds for a cell."""
    client: Mapping[str, Any] = field(default_factory=dict)
    """Further traits of `nbclient.NotebookClient`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The environment variables that cells shall see besides those that every program needs."""


def run_notebook(
    notebook: NotebookNode,
    folder: Path,
    limits: Limits,
    how: How | None = None,
    *,
    unsafe: bool = False,
    left_out: tuple[str, ...] = (),
    hidden: tuple[Path, ...] = (),
    keep: Keep | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Executed:
    """Run all cells of `notebook`, top to bottom, beside copies of the files in `folder`.

    The outputs go into the notebook, errors too; what cells write to disk is thrown away, or, with `keep`, comes back
    into `folder` as far as it was written beside the notebook. It runs in a sandbox that sees only those copies,
    without the files named in `left_out`, and this Python environment without the `hidden` folders, or with `unsafe`
    as ourselves.

    Raises `SandboxUnavailable`, `TooLarge` (folder) or `KernelFailed`, in which case nothing of the notebook has run.
    """
    how = how or How()
    check_size(folder, limits.disk)
    started = clock()
    statuses: list[Status] = []
    with ExitStack() as stack:
        name = str(how.client.get("kernel_name") or notebook.metadata.get("kernelspec", {}).get("name", ""))
        named = {"kernel_name": name} if name else {}
        options: dict[str, Any] = {}
        if unsafe:
            tier_name = UNSAFE
            copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nbcohort-run-"))) / "work"
            shutil.copytree(folder, copy, ignore=_ignoring(folder, left_out))
            manager = AsyncKernelManager(transport="ipc", connection_file=str(copy.parent / "kernel.json"), **named)
            options["resources"] = {"metadata": {"path": str(copy)}}
            stack.enter_context(environment_of(how.environment))
            work = stack.enter_context(_opened(copy))
        else:
            tier = probe()
            tier_name = tier.name
            policy = Policy(
                python_environment(),
                (*hidden, *shipped_solutions()),
                folder,
                left_out,
                environment=how.environment,
                limits=limits,
            )
            manager = SandboxKernelManager(policy=policy, tier=tier, **named)
            stack.callback(manager.forget_work)
        stack.callback(_forget_papermill, notebook)
        _execute(notebook, name, manager, statuses, Room(limits.output), how, options)
        left_behind = bring_back(work if unsafe else manager.work, folder, keep) if keep else ()
    return Executed(notebook, tuple(statuses), tier_name, clock() - started, left_behind)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """Open a folder for a while."""
    number = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield number
    finally:
        os.close(number)


def _execute(
    notebook: NotebookNode,
    kernel_name: str,
    manager: KernelManager,
    statuses: list[Status],
    room: Room,
    how: How,
    options: dict[str, Any],
) -> None:
    defaults = {
        "allow_errors": True,
        "interrupt_on_timeout": True,
        "error_on_timeout": {
            "ename": "CellTimeoutError",
            "evalue": "",
            "traceback": ["CellTimeoutError: No reply from kernel before timeout"],
        },
        "shutdown_kernel": "immediate",
        "skip_cells_with_tag": secrets.token_hex(),  # none: a cell that is skipped has no outputs, which is full marks
        "timeout": how.timeout,
    }
    notebook.metadata["papermill"] = NotebookNode()
    try:
        SandboxEngine.execute_notebook(
            notebook,
            kernel_name,
            progress_bar=False,
            autosave_cell_every=0,
            km=manager,
            room=room,
            statuses=statuses,
            why_dead=why_dead,
            **{**defaults, **{name: value for name, value in how.client.items() if name != "kernel_name"}, **options},
        )
    except NoSuchKernel as error:
        raise KernelFailed(_("There is no kernel named {name} here.").format(name=kernel_name)) from error
    except RuntimeError as error:
        if statuses:
            raise
        raise KernelFailed(_("The kernel did not start: {why}").format(why=error)) from error


def why_dead(manager: KernelManager) -> str | None:
    """Return which limit ended the kernel, as a sentence, or None if it ended by itself."""
    exceeded = getattr(manager, "exceeded", None)
    return {
        "memory": _("the notebook used more memory than it may."),
        "time": _("the notebook took more time than it may."),
    }.get(exceeded or "")


@contextmanager
def environment_of(variables: Mapping[str, str]) -> Iterator[None]:
    """Set `variables` in our own environment for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def links_in(folder: str, names: list[str]) -> list[str]:
    """Return which of `names` are neither folders nor regular files (an `ignore` of `shutil.copytree`)."""
    paths = [Path(folder) / name for name in names]
    return [path.name for path in paths if path.is_symlink() or not (path.is_dir() or path.is_file())]


def _ignoring(folder: Path, left_out: tuple[str, ...]) -> Callable[[str, list[str]], list[str]]:
    def ignore(at: str, names: list[str]) -> list[str]:
        return links_in(at, names) + (list(left_out) if Path(at) == folder else [])

    return ignore


def check_size(folder: Path, limit: int) -> None:
    """Raise `TooLarge` if the regular files in `folder` have more than `limit` bytes; stops counting there."""
    total = 0
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            total += path.stat().st_size
            if total > limit:
                raise TooLarge(
                    _("The files in {folder} are larger than {limit} MB; a notebook needs a folder of its own.").format(
                        folder=folder, limit=limit >> 20
                    )
                )


def _forget_papermill(notebook: NotebookNode) -> None:
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
