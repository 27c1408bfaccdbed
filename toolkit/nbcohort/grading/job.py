"""What is to be run, and how."""

import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from nbcohort.errors import NbcohortError, TooLarge
from nbcohort.grading.cells import Onlooker
from nbcohort.grading.forked.kernel import File
from nbcohort.grading.forked.zygote import PRELOAD
from nbcohort.grading.left import Keep
from nbcohort.i18n import _
from nbcohort.sandbox import Limits, Tier


class KernelFailed(NbcohortError):
    """No kernel could be started for a notebook."""

    status = 500
    slug = "kernel-failed"


@dataclass(frozen=True)
class How:
    """How cells are run: nbclient's and nbgrader's settings, with nbgrader's defaults."""

    timeout: int | None = 30
    """Seconds for a cell."""
    client: Mapping[str, Any] = field(default_factory=dict)
    """Further traits of `nbclient.NotebookClient`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The environment variables that cells shall see besides those that every program needs."""
    preload: tuple[str, ...] = PRELOAD
    """Modules that are imported once for all notebooks; those that are not installed are left out."""
    onlooker: Onlooker | None = None
    """Is told of each cell, and may end the run."""
    mutants: bool = False
    """Whether tests that passed are run once more in the end, with something else expected (`tamper.mutants`)."""


@dataclass(frozen=True)
class Job:
    """A notebook that is about to be run, see `run.run_notebook`."""

    notebook: NotebookNode
    folder: Path
    limits: Limits
    how: How
    tier: Tier | None
    """None: without a sandbox."""
    left_out: tuple[str, ...] = ()
    hidden: tuple[Path, ...] = ()
    keep: Keep | None = None

    @property
    def kernel_name(self) -> str:
        """Return the name of the kernel that it asks for; empty for the usual one."""
        return str(self.how.client.get("kernel_name") or self.notebook.metadata.get("kernelspec", {}).get("name", ""))

    @property
    def client_settings(self) -> dict[str, Any]:
        """Return the traits of nbclient's client."""
        defaults = {
            "allow_errors": True,
            "interrupt_on_timeout": True,
            "error_on_timeout": {
                "ename": "CellTimeoutError",
                "evalue": "",
                "traceback": ["CellTimeoutError: No reply from kernel before timeout"],
            },
            "shutdown_kernel": "immediate",
            "skip_cells_with_tag": secrets.token_hex(),  # none: a skipped cell has no outputs, which is full marks
            "timeout": self.how.timeout,
            "onlooker": self.how.onlooker,
        }
        return {**defaults, **self.how.client, "kernel_name": self.kernel_name}

    def files(self) -> Iterator[File]:
        """Yield the regular files that the notebook finds beside itself."""
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_symlink() or not path.is_file() or name in self.left_out:
                continue
            opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(opened, "rb") as file:  # noqa: PTH123 - it is open already
                mode = os.fstat(opened).st_mode
                if stat.S_ISREG(mode):
                    yield File(name, stat.S_IMODE(mode), file.read())


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
