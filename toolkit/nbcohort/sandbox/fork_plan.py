"""A policy becomes the plan by which a fork isolates and confines itself, see `inside`."""

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbcohort.sandbox import inside, landlock
from nbcohort.sandbox.bubblewrap import SHARED_MEMORY, unused_user
from nbcohort.sandbox.policy import HOME, SOCKETS, WORK, Policy
from nbcohort.sandbox.process import processes_elsewhere
from nbcohort.sandbox.seccomp import in_text, program
from nbcohort.sandbox.system_calls import Filter
from nbcohort.sandbox.tier import Tier

_INSIDE_USER = 1000
_BYTES_PER_FILE = 4096
_ONE_PROCESS = {"JOBLIB_MULTIPROCESSING": "0"}
"""Tells libraries that there is one process, where they would warn that there cannot be more."""
_RENAMES_BETWEEN_FOLDERS = 2
"""The version of Landlock that can allow them; before, it forbids them all."""
_TRUNCATING = 3
"""The version of Landlock that covers truncate(2)."""


def plan_of(policy: Policy, tier: Tier, folder: Path | None = None) -> dict[str, Any]:
    """Return the plan for one fork, as JSON values; each fork needs a plan of its own.

    `policy` is that of the zygote: the fork sees what the zygote sees, without the files that others have written.
    `folder`: where there are no namespaces, an empty folder for this fork alone, its home (see `throwaway`). The fork
    starts in `plan["work"]`.
    """
    if not policy.limits:
        raise ValueError("untrusted code needs limits")
    common = {
        "user": unused_user(Path("/proc/self/uid_map").read_text("ascii")) if tier.privileged else None,
        "resources": policy.limits.resources(processes_elsewhere(tier, platform.release())),
    }
    if tier.kind == "namespaces":
        return common | _with_namespaces(policy.read_only, policy.limits.disk, tier)
    if folder is None:
        raise ValueError("without namespaces it needs a folder")
    return common | _with_landlock(policy, tier, folder)


def _with_namespaces(read_only: Sequence[Path], disk: int, tier: Tier) -> dict[str, Any]:
    scratch = {
        str(HOME): _memory_of_size(disk, "0755"),
        "/tmp": _memory_of_size(disk, "1777"),  # noqa: S108 - of its own
        "/dev/shm": _memory_of_size(min(disk, SHARED_MEMORY), "1777"),  # noqa: S108
        str(SOCKETS): _memory_of_size(1 << 20, "1777"),
    }
    return {
        "namespaces": True,
        "proc": tier.proc,
        "scratch": list(scratch.items()),
        "kept": [str(path) for path in read_only if any(path.is_relative_to(folder) for folder in scratch)],
        "home": str(HOME),
        "work": str(WORK),
        "temporary": "/tmp",  # noqa: S108
        "environment": {},
        "folders": [str(WORK)],
        "inside_user": _INSIDE_USER,
        "reads_everything": False,
        "landlock": _once_more() if inside.landlock_version() >= _RENAMES_BETWEEN_FOLDERS else None,
        "filter": in_text(program(Filter())) if tier.filtered else None,
    }


def _memory_of_size(size: int, mode: str) -> str:
    """Return the options of a file system in memory, whose number of files is limited, too: each costs the kernel."""
    return f"size={size},nr_inodes={max(256, size // _BYTES_PER_FILE)},mode={mode}"


def _once_more() -> dict[str, Any]:
    """Return what Landlock shall allow where namespaces have done the work: not to rely on one thing alone."""
    return {
        "lists": [],
        "read": ["/"],
        "write": [str(HOME), "/tmp", "/dev/shm", str(SOCKETS)],  # noqa: S108 - of its own
        "devices": ["/dev"],
        "own_network": True,
    }


def _with_landlock(policy: Policy, tier: Tier, folder: Path) -> dict[str, Any]:
    lists, read = landlock.rights(policy.read_only, policy.hidden)
    work, temporary = folder / "work", folder / "tmp"
    rules = {"lists": lists, "read": read, "write": [str(folder)], "devices": list(landlock.DEVICES)}
    refused = Filter(alone=True, truncate=inside.landlock_version() < _TRUNCATING)
    return {
        "namespaces": False,
        "home": str(folder),
        "work": str(work),
        "temporary": str(temporary),
        "environment": _ONE_PROCESS,
        "folders": [str(work), str(temporary)],
        "reads_everything": tier.privileged and not landlock.for_everybody(policy.read_only),
        "landlock": {**rules, "own_network": False},
        "filter": in_text(program(refused)),
    }
