"""A policy becomes the arguments of bubblewrap, <https://github.com/containers/bubblewrap> (0.8 or later)."""

import os
import secrets
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from nbcohort.i18n import _
from nbcohort.sandbox import system_files
from nbcohort.sandbox.errors import SandboxFailed
from nbcohort.sandbox.launcher import launching
from nbcohort.sandbox.policy import HOME, SOCKETS, WORK, Policy
from nbcohort.sandbox.seccomp import in_text, program
from nbcohort.sandbox.system_calls import Filter
from nbcohort.sandbox.tier import Tier

_INPUT = Path("/run/nbcohort/input")
SHARED_MEMORY = 256 << 20
"""How large /dev/shm is, or as large as the disk, if that is smaller."""

_FOR_FORKS = {
    True: ("CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_KILL"),
    False: ("CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETFCAP"),
}
"""What a program needs to isolate and confine its forks, by `Tier.privileged`.

CAP_SETFCAP lets a user be the sandbox's root in a namespace below, CAP_NET_ADMIN raises the loopback.
"""


def wrap(
    argv: Sequence[str],
    policy: Policy,
    tier: Tier,
    *,
    bwrap: str = "bwrap",
    python: str = sys.executable,
    control: int | None = None,
    processes_elsewhere: int = 0,
) -> list[str]:
    """Return the command that runs `argv` under `policy`.

    `control`: the number of an inherited unix socket over which two folders are handed out, see `process.start`.
    `processes_elsewhere`: see `Limits.resources`. Raises `SandboxFailed` if the tier has no namespaces.
    """
    if tier.kind != "namespaces":
        raise SandboxFailed(without_namespaces())
    plan = {
        "ends_with_starter": False,  # bubblewrap sees to that
        "proc": _mounts_whole_proc(policy, tier),
        "copy": [str(_INPUT), str(WORK)] if policy.folder else None,
        "user": _user(policy, tier),
        "forks": policy.forks,
        "directory": str(policy.home or WORK),
        "resources": policy.limits.resources(processes_elsewhere) if policy.limits and not policy.forks else {},
        "filter": _filter(policy, tier),
        "control": control,
        "sockets": str(SOCKETS),
    }
    return [
        bwrap,
        *_namespaces(policy, tier),
        *_environment(policy),
        *_system(policy),
        *_proc(policy, tier),
        *_scratch(policy),
        *_own_files(policy),
        "--remount-ro",
        "/",
        *("--chdir", "/", "--", *launching(plan, argv, python)),
    ]


def without_namespaces() -> str:
    """Return why a program cannot be run."""
    return _(
        "Only notebooks for the Python that runs nbcohort can be run here: other programs need a sandbox with"
        " namespaces, and there is none (`nbcohort doctor` says why)."
    )


def _filter(policy: Policy, tier: Tier) -> str | None:
    """Return which system calls a run may make; a server may make sandboxes, and whoever forks filters the forks."""
    if policy.home or policy.nestable or policy.forks or not tier.filtered:
        return None
    return in_text(program(Filter(network=policy.network)))


def _user(policy: Policy, tier: Tier) -> int | None:
    """Return the user to become: a new one for each run, so that no two share a process limit."""
    if not tier.privileged or policy.forks:
        return None
    return policy.user if policy.user is not None else unused_user(Path("/proc/self/uid_map").read_text("ascii"))


def unused_user(uid_map: str) -> int:
    """Return a random user id near the top of the widest range in `uid_map`, where no system puts accounts."""
    first, size = max(
        ((int(inside), int(size)) for inside, _outside, size in map(str.split, uid_map.splitlines())),
        key=lambda entry: entry[1],
    )
    size = min(size, 1 << 31)
    return first + size - 8 - secrets.randbelow(max(1, min(1 << 20, size // 16)))


def _namespaces(policy: Policy, tier: Tier) -> list[str]:
    arguments = ["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    arguments += ["--die-with-parent", "--new-session"]
    if not policy.network:
        arguments.append("--unshare-net")
    needed = []
    if tier.privileged:
        arguments += ["--cap-drop", "ALL"]
        needed = ["CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_DAC_OVERRIDE"]
    else:
        arguments.append("--unshare-user")
        if policy.forks:  # else bubblewrap makes another user namespace, from which no mounts can be made
            arguments += ["--uid", "0", "--gid", "0"]
    if policy.forks:
        needed = list(_FOR_FORKS[tier.privileged])
    elif _mounts_whole_proc(policy, tier):
        needed.append("CAP_SYS_ADMIN")
    for capability in needed:  # of the launcher alone: it gives them up when it becomes the program, unless that forks
        arguments += ["--cap-add", capability]
    return arguments


def _environment(policy: Policy) -> list[str]:
    if policy.environment is None:
        return []
    arguments = ["--clearenv"]
    needed = environment(policy.home or HOME, Path("/tmp"))  # noqa: S108 - of its own
    for name, value in (needed | dict(policy.environment)).items():
        arguments += ["--setenv", name, value]
    return arguments


def environment(home: Path, temporary: Path) -> dict[str, str]:
    """Return what every program needs."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "USER": "learner",
        "LOGNAME": "learner",
        "LANG": "C.UTF-8",
        "TMPDIR": str(temporary),
    }


def _system(policy: Policy) -> list[str]:
    arguments = ["--ro-bind", "/usr", "/usr", "--perms", "0755", "--dir", "/etc"]
    for name in system_files.LINKS:
        path = Path("/") / name
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            arguments += ["--ro-bind", str(path), str(path)]
    for path in system_files.PROCESSORS:
        arguments += [*_open_parents([path]), "--ro-bind-try", str(path), str(path)]
    for name in (*system_files.SETTINGS, *(system_files.NETWORK_SETTINGS if policy.network else ())):
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    if not policy.network:
        arguments += ["--ro-bind", str(system_files.HOSTS), "/etc/hosts"]
    return arguments


def _proc(policy: Policy, tier: Tier) -> list[str]:
    if not tier.proc:
        some = [path for name in system_files.HARMLESS_PROC if (path := f"/proc/{name}") and Path(path).exists()]
        binds = [argument for path in some for argument in ("--ro-bind", path, path)]
        return ["--tmpfs", "/proc", *binds, "--remount-ro", "/proc"]
    return ["--dir", "/proc"] if _mounts_whole_proc(policy, tier) else ["--proc", "/proc"]


def _mounts_whole_proc(policy: Policy, tier: Tier) -> bool:
    """Whether the launcher mounts /proc: bubblewrap would cover parts of it if root starts it, and only then."""
    return (policy.nestable or policy.forks) and tier.proc and tier.privileged


def _tmpfs(path: Path | str, size: int) -> list[str]:
    return ["--perms", "1777", "--size", str(size), "--tmpfs", str(path)]


def _scratch(policy: Policy) -> list[str]:
    """Return the writable file systems: all in memory, all of limited size, none on the host."""
    disk = policy.limits.disk if policy.limits else 1 << 30
    arguments = ["--dev", "/dev", *_tmpfs("/dev/shm", min(disk, SHARED_MEMORY)), "--remount-ro", "/dev"]  # noqa: S108
    arguments += [*_tmpfs("/tmp", disk), "--dir", "/var", "--symlink", "../tmp", "/var/tmp"]  # noqa: S108
    arguments += _tmpfs(SOCKETS, 1 << 20)
    if not policy.home:
        arguments += _tmpfs(HOME, disk)
    return arguments


def _own_files(policy: Policy) -> list[str]:
    arguments = _open_parents((*policy.read_only, *([policy.home] if policy.home else ())))
    for path in policy.read_only:
        arguments += ["--ro-bind", str(path), str(path)]
    for path in policy.hidden:
        if any(path.is_relative_to(visible) for visible in (*policy.read_only, Path("/usr"))):
            arguments += ["--tmpfs", str(path), "--remount-ro", str(path)]
    if policy.folder:
        arguments += ["--ro-bind", str(policy.folder), str(_INPUT)]
        for name in policy.left_out:
            path = policy.folder / name
            if path.is_file() and not path.is_symlink():  # what is put over it is a device, which is not copied
                arguments += ["--ro-bind", os.devnull, str(_INPUT / name)]
    if policy.home:
        arguments += ["--bind", str(policy.home), str(policy.home)]
    return arguments


def _open_parents(paths: Iterable[Path]) -> list[str]:
    """Return what makes the folders above `paths`, empty but for the way down; left to bubblewrap they are closed."""
    above = sorted({parent for path in paths for parent in path.parents})
    return [argument for parent in above for argument in ("--perms", "0755", "--dir", str(parent))]


def starter_environment(policy: Policy) -> dict[str, str]:
    """Return the environment to start bubblewrap itself with: it stays readable inside as that of process 1."""
    if policy.environment is None:
        return dict(os.environ)
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
