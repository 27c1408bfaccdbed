"""Sandboxes without namespaces: what a fork may read, and how the zygote is started.

Landlock gives rights to folders with all that is in them, and to files; what lies outside keeps its path. So a hidden
folder inside a visible one is left out by naming its siblings instead, and those above it can be listed, with all below
them: the names of hidden files show, their content does not.

The zygote is a trusted program and runs as its starter, with an empty environment; its forks confine themselves.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbcohort.sandbox import system_files
from nbcohort.sandbox.launcher import launching

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

_OWN_PROC = ("cmdline", "comm", "limits", "maps", "smaps", "smaps_rollup", "stat", "statm", "status")
"""What a process sees of itself in /proc."""


@lru_cache(maxsize=16)
def rights(read_only: tuple[Path, ...], hidden: tuple[Path, ...]) -> tuple[list[str], list[str]]:
    """Return what can be listed with all below it, and what can be read with all below it."""
    folders = (Path("/usr"), *(path for name in system_files.LINKS if not (path := Path("/", name)).is_symlink()))
    visible = [*folders, *system_files.PROCESSORS, *read_only]
    visible += [Path("/etc", name) for name in system_files.SETTINGS]
    out_of_sight = [path.resolve() for path in hidden]
    found = [one for path in visible if path.exists() for one in _visible(path.resolve(), out_of_sight)]
    proc = [f"/proc/{name}" for name in system_files.HARMLESS_PROC] + [f"/proc/self/{name}" for name in _OWN_PROC]
    return [str(path) for path, whole in found if not whole], [str(path) for path, whole in found if whole] + proc


def _visible(path: Path, hidden: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield real paths, and whether all below them is visible."""
    if any(path.is_relative_to(one) for one in hidden):
        return
    whole = not any(one.is_relative_to(path) for one in hidden)
    yield path, whole
    if not whole:
        for child in path.iterdir():
            if not child.is_symlink():  # where it leads is visible in its own right, or not at all
                yield from _visible(child, hidden)


def for_everybody(paths: Iterable[Path]) -> bool:
    """Return whether any user can come as far as `paths`."""
    folders = {folder for path in paths for folder in path.resolve().parents}
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def bare(argv: Sequence[str], folder: Path, control: int, python: str) -> list[str]:
    """Return the command that runs the trusted program `argv`, in `folder`, for as long as its starter lives.

    `control`: as in `bubblewrap.wrap`.
    """
    plan: dict[str, Any] = {
        "ends_with_starter": True,
        "proc": False,
        "copy": None,
        "user": None,
        "forks": True,
        "directory": str(folder),
        "resources": {},
        "filter": None,
        "control": control,
        "sockets": os.curdir,
    }
    return launching(plan, argv, python)
