"""Run one notebook: the seam between what to run (grading, checks, Papermill) and how it is run.

Python notebooks run in a fork of a process that has imported what they need already (`forked`). Those of other
languages, and of environments that cannot be forked, run in a kernel of their own (`kernel_runner`), which takes a
second or more; `Executed.remarks` says so. Several threads may run notebooks at once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from nbcohort.grading.cells import Status
from nbcohort.grading.forked.run import is_our_python, run_forked
from nbcohort.grading.forked.zygote import CannotFork
from nbcohort.grading.job import How, Job, KernelFailed, check_size
from nbcohort.grading.left import Keep
from nbcohort.grading.tamper.flags import Flag
from nbcohort.grading.tamper.guard import is_test
from nbcohort.grading.tamper.isolated import isolation
from nbcohort.i18n import _
from nbcohort.sandbox import Limits, probe

__all__ = ["UNSAFE", "Executed", "How", "KernelFailed", "run_notebook"]

UNSAFE = "none"
"""The tier that is recorded when notebooks run without a sandbox."""


@dataclass(frozen=True)
class Executed:
    """What came of a run."""

    notebook: NotebookNode
    """The same object that was given, with outputs."""
    statuses: tuple[Status, ...]
    """One for each cell of the notebook; fewer if the onlooker ended the run."""
    tier: str
    """The sandbox it ran in (`Tier.name`), or `UNSAFE`."""
    seconds: float
    left_behind: tuple[str, ...] = ()
    """The files that cells wrote and that were to be kept, but could not be."""
    flags: tuple[Flag, ...] = ()
    """What is odd, for a person to look at."""
    remarks: tuple[str, ...] = ()
    """Sentences on how it was run, if it was not run as usual."""


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
    job = Job(notebook, folder, limits, how, None if unsafe else probe(), left_out, hidden, keep)
    remark = None
    flags: tuple[Flag, ...] = ()
    if not is_our_python(job.kernel_name):
        remark = _("The notebook runs in a kernel of its own, as it is not one of this Python; that takes longer.")
    else:
        try:
            statuses, left_behind, flags = run_forked(job)
        except CannotFork as error:
            remark = str(error)
    if remark:
        _refuse_isolated(notebook, remark)
        from nbcohort.grading.kernel_runner import run_in_own_kernel

        statuses, left_behind = run_in_own_kernel(job)
    return Executed(
        notebook,
        tuple(statuses),
        job.tier.name if job.tier else UNSAFE,
        clock() - started,
        left_behind,
        flags,
        (remark,) if remark else (),
    )


def _refuse_isolated(notebook: NotebookNode, why: str) -> None:
    if any(is_test(cell) and isolation(cell.source) for cell in notebook.cells):
        raise KernelFailed(_("The notebook has isolated tests, which take forks. {why}").format(why=why))
