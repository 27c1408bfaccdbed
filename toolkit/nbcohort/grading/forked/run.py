"""Run a notebook in a fork."""

import functools
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager, NoSuchKernel

from nbcohort.grading.cells import Status
from nbcohort.grading.forked.kernel import ForkedKernel, ForkFailed
from nbcohort.grading.forked.runner import ForkedRunner
from nbcohort.grading.forked.zygote import ZYGOTES, CannotFork, Environment, Zygote
from nbcohort.grading.job import How, Job, KernelFailed
from nbcohort.grading.left import bring_back
from nbcohort.grading.output import Room
from nbcohort.grading.tamper.flags import Flag
from nbcohort.grading.tamper.guard import to_come
from nbcohort.i18n import _
from nbcohort.sandbox import Tier
from nbcohort.sandbox.probe import why_no_forks
from nbcohort.sandbox.throwaway import throwaway

_TRIES = 3
"""How often a notebook is begun: again when the process that it was forked from has ended, which is not its doing."""


def prepare(how: How, tier: Tier | None, hidden: tuple[Path, ...]) -> Zygote:
    """Return what notebooks of this kind are forked from, started if need be. Raises `CannotFork`."""
    return ZYGOTES.of(Environment(how.preload, hidden, tier, how.environment.get("PYTHONHASHSEED")))


def run_forked(job: Job) -> tuple[list[Status], tuple[str, ...], tuple[Flag, ...]]:
    """Run it; return what became of each cell, which files could not be kept, and what was odd.

    Raises `CannotFork`, `KernelFailed` or what the sandbox raises, before anything of the notebook has run.
    """
    for _attempt in range(_TRIES):
        zygote = prepare(job.how, job.tier, job.hidden)
        with ExitStack() as stack:
            folder = None
            if job.tier is None or job.tier.kind == "landlock":
                folder = stack.enter_context(throwaway())
            if job.how.mutants:
                zygote.foresee(to_come(job.notebook))
            try:
                kernel = ForkedKernel(zygote, job.files(), job.how.environment, job.limits, folder=folder)
            except (OSError, ForkFailed) as error:
                if zygote.has_ended(within=1):
                    continue
                complaint = why_no_forks(job.tier) if job.tier else None
                if complaint:
                    raise CannotFork(
                        _("Notebooks run in kernels of their own, which takes longer: {why}").format(why=complaint)
                    ) from error
                raise KernelFailed(_("The kernel did not start: {why}").format(why=error)) from error
            stack.callback(kernel.close)
            another = functools.partial(_another, zygote, job)
            room, settings = Room(job.limits.output), job.client_settings
            runner = ForkedRunner(job.notebook, kernel=kernel, another=another, room=room, **settings)
            statuses = runner.run()
            if "died" in statuses and zygote.has_ended(within=0.2):
                continue
            left_behind = bring_back(kernel.work, job.folder, job.keep) if job.keep else ()
            flags = tuple(runner.guard.flags)
            if job.how.mutants and not (runner.run_mutants() and zygote.has_ended(within=0.2)):
                flags = tuple(runner.guard.flags)  # otherwise, that there was no answer is not the notebook's doing
            return statuses, left_behind, flags
    raise KernelFailed(_("The process that notebooks are forked from ends again and again."))


@contextmanager
def _another(zygote: Zygote, job: Job) -> Iterator[ForkedKernel]:
    """Make a kernel that has none of the notebook's files, and end it."""
    with ExitStack() as stack:
        apart = job.tier is not None and job.tier.kind == "namespaces"
        folder = None if apart else stack.enter_context(throwaway())
        kernel = ForkedKernel(zygote, (), job.how.environment, job.limits, folder=folder)
        stack.callback(kernel.close)
        yield kernel


_ASKING = threading.Lock()
"""Who asks at the same moment as another waits for the answer, and does not look itself."""


def is_our_python(kernel_name: str) -> bool:
    """Return whether the kernel of this name is the one of the Python that runs us.

    Jupyter takes "python" for the name of its own Python's kernel (`KernelManager.kernel_name`), and so do we: many
    notebooks say no more than that, nbgrader's own among them.
    """
    with _ASKING:
        return _is_our_python(NATIVE_KERNEL_NAME if kernel_name == "python" else kernel_name)


@functools.cache
def _is_our_python(kernel_name: str) -> bool:
    if not kernel_name:
        return True
    try:
        specification = KernelSpecManager().get_kernel_spec(kernel_name)
    except NoSuchKernel:
        return False
    program = specification.argv[0] if specification.argv else ""
    ours = program == sys.executable or Path(program).name.rstrip("0123456789.") == program.rstrip("0123456789.")
    return specification.language == "python" and "ipykernel_launcher" in specification.argv and ours
