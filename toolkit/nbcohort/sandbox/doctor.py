"""What this machine can do to run code that nobody has read, and what to do about what it cannot."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from nbcohort.i18n import _
from nbcohort.sandbox.errors import SandboxUnavailable
from nbcohort.sandbox.inside import landlock_version
from nbcohort.sandbox.landlock import for_everybody
from nbcohort.sandbox.limits import GIBIBYTE, MEBIBYTE, Limits
from nbcohort.sandbox.policy import python_environment
from nbcohort.sandbox.probe import FORCED, kinds, look, why_no_forks
from nbcohort.sandbox.process import find_bubblewrap
from nbcohort.sandbox.seccomp import libseccomp
from nbcohort.sandbox.tier import Kind, Tier

Verdict = Literal["good", "weak", "missing"]

_NEWEST_BUBBLEWRAP = (0, 8)
_SCOPES = 6
"""The version of Landlock that keeps signals and abstract sockets in."""


@dataclass(frozen=True)
class Finding:
    """One line of what was found."""

    name: str
    verdict: Verdict
    value: str
    advice: str = ""
    """What to do about it; empty if there is nothing to do."""


@dataclass(frozen=True)
class Report:
    """What was found."""

    tier: str | None
    """What is recorded with grades (`Tier.name`), None if there is no sandbox."""
    findings: tuple[Finding, ...]


def examine() -> Report:
    """Look at everything; takes about a second."""
    tier, sandbox = _sandbox()
    findings = [
        *sandbox,
        _bubblewrap(),
        _libseccomp(),
        _landlock(tier),
        _kernel(),
        _user(),
        _python(tier),
        *_limits(tier),
    ]
    return Report(tier.name if tier else None, tuple(findings))


def _sandbox() -> tuple[Tier | None, list[Finding]]:
    """Return the sandbox that notebooks get, and what is to be said of it and of better ones."""
    try:
        wanted = kinds(os.environ)
    except SandboxUnavailable as error:
        return None, [Finding(_("sandbox"), "missing", _("none"), str(error))]
    found = {kind: look(kind) for kind in get_args(Kind)}
    tier = next((tier for kind in wanted if isinstance(tier := found[kind], Tier)), None)
    reasons = " ".join(dict.fromkeys(reason for reason in found.values() if isinstance(reason, str)))
    if tier is None:
        return None, [Finding(_("sandbox"), "missing", _("none"), reasons)]
    best = next(one for one in found.values() if isinstance(one, Tier))
    advice = _forced(tier) if tier != best else reasons if tier.kind != "namespaces" else ""
    return tier, [
        Finding(_("sandbox"), "weak" if advice or not tier.filtered else "good", tier.name, advice),
        _servers(found["namespaces"]),
        _forks(tier),
    ]


def _servers(namespaces: Tier | str) -> Finding:
    if isinstance(namespaces, Tier):
        return Finding(_("servers"), "good", _("each in a sandbox of its own"))
    return Finding(
        _("servers"),
        "missing",
        _("all as one user"),
        _("Servers that the Hub starts on this machine need namespaces; elsewhere, use another spawner."),
    )


def _forced(tier: Tier) -> str:
    return _("{variable} asks for {kind}; unset it for the best there is.").format(variable=FORCED, kind=tier.kind)


def _forks(tier: Tier) -> Finding:
    complaint = why_no_forks(tier)
    if complaint is None:
        return Finding(_("notebooks"), "good", _("forked from one process, in milliseconds"))
    return Finding(
        _("notebooks"),
        "weak",
        _("each in a kernel that is started for it, in seconds"),
        _("Programs in the sandbox may not make namespaces ({reason}).").format(reason=complaint)
        + " "
        + _("If that is AppArmor, load a profile for bwrap that does not forbid it (docs/sandbox.md)."),
    )


def _bubblewrap() -> Finding:
    name = "bubblewrap"
    try:
        told = subprocess.run([find_bubblewrap(), "--version"], capture_output=True, text=True, check=True).stdout
    except SandboxUnavailable:
        return Finding(name, "missing", _("not installed"), "apt-get install bubblewrap")
    except (OSError, subprocess.CalledProcessError) as error:
        return Finding(name, "missing", str(error))
    version = tuple(map(int, re.findall(r"\d+", told)[:2]))
    if version < _NEWEST_BUBBLEWRAP:
        return Finding(name, "weak", told.split()[-1], _("Install version 0.8 or later."))
    return Finding(name, "good", told.split()[-1])


def _libseccomp() -> Finding:
    library = libseccomp()
    if library:
        return Finding("libseccomp", "good", library.version)
    return Finding("libseccomp", "missing", _("not installed"), "apt-get install libseccomp2")


def _landlock(tier: Tier | None) -> Finding:
    version = landlock_version()
    value = _("version {version}").format(version=version) if version else _("none")
    if version >= _SCOPES:
        return Finding("Landlock", "good", value)
    if tier and tier.kind == "namespaces":
        return Finding("Landlock", "good", _("{value}; namespaces do without").format(value=value))
    if version:
        return Finding("Landlock", "weak", value, _("A newer kernel has a better one: Linux 6.12 has version 6."))
    return Finding(
        "Landlock", "missing", value, _("Linux 5.13 or later has it, if `lsm=` on its command line has `landlock`.")
    )


def _kernel() -> Finding:
    return Finding(_("kernel"), "good", f"Linux {platform.release()}, {platform.machine()}")


def _user() -> Finding:
    if os.geteuid() == 0:
        return Finding(_("user"), "good", _("root, who becomes another user for each notebook"))
    return Finding(_("user"), "good", _("number {user}").format(user=os.geteuid()))


def _python(tier: Tier | None) -> Finding:
    value = f"{platform.python_version()}, {sys.prefix}"
    if tier and tier.kind == "landlock" and tier.privileged and not for_everybody(python_environment()):
        return Finding(
            _("environment"),
            "weak",
            value,
            _("Other users cannot come that far, so notebooks read on root's behalf; install Python for everybody."),
        )
    return Finding(_("environment"), "good", value)


def _limits(tier: Tier | None) -> Iterator[Finding]:
    limits = Limits()
    yield Finding(
        _("limits"),
        "good",
        _(
            "for each notebook {memory} of memory, {processes} processes and threads, {cpu} s of processor time each,"
            " {disk} of disk, files up to {file}"
        ).format(
            memory=_size(limits.memory),
            processes=limits.processes,
            cpu=limits.cpu_seconds,
            disk=_size(limits.disk),
            file=_size(limits.file_size),
        ),
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    cores = len(os.sched_getaffinity(0))
    advice = ""
    if memory < cores * limits.memory:
        advice = _("As many notebooks as processors may want more than there is: grade fewer at a time.")
    yield Finding(
        _("machine"),
        "weak" if advice else "good",
        _("{cores} processors, {memory} of memory").format(cores=cores, memory=_size(memory)),
        advice,
    )
    if tier and tier.kind == "landlock" and not tier.privileged:
        yield Finding(
            _("processes"),
            "weak",
            _("counted together with those of your account"),
            _("A notebook that starts many can keep others from starting any; namespaces, or root, count them apart."),
        )


def _size(size: int) -> str:
    return f"{size / GIBIBYTE:.3g} GB" if size >= GIBIBYTE else f"{size // MEBIBYTE} MB"
