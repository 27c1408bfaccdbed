"""What sandbox this system can give: found by trying, never guessed."""

import functools
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from nbcohort.i18n import _
from nbcohort.sandbox import inside, trials
from nbcohort.sandbox.bubblewrap import starter_environment, wrap
from nbcohort.sandbox.errors import SandboxUnavailable
from nbcohort.sandbox.fork_plan import plan_of
from nbcohort.sandbox.landlock import for_everybody
from nbcohort.sandbox.limits import Limits
from nbcohort.sandbox.policy import Policy, python_environment
from nbcohort.sandbox.process import find_bubblewrap, processes_elsewhere
from nbcohort.sandbox.seccomp import can_filter
from nbcohort.sandbox.throwaway import throwaway
from nbcohort.sandbox.tier import Kind, Tier

FORCED = "NBCOHORT_SANDBOX"
"""The environment variable that says which kind of sandbox is to be used, and no other."""

_PROCESSES = 6
_INSIDE = Path(inside.__file__)


def guess() -> Tier:
    """Return the tier that `probe` tries first, without trying it, where that takes time."""
    if kinds(os.environ)[0] == "namespaces" and shutil.which("bwrap"):
        return candidates(os.geteuid(), filtered=can_filter())[0]
    return probe()


@functools.cache
def probe(kind: Kind | None = None) -> Tier:
    """Return the best tier that works here, remembered for as long as this process lives.

    With `kind`, no other is thought of; programs that are not notebooks need `namespaces`. Raises `SandboxUnavailable`
    with the reasons and what to install or allow.
    """
    reasons = []
    for one in (kind,) if kind else kinds(os.environ):
        found = look(one)
        if isinstance(found, Tier):
            return found
        reasons.append(found)
    raise SandboxUnavailable(_("There is no sandbox. {reasons}").format(reasons=" ".join(reasons)))


def kinds(environment: Mapping[str, str]) -> Sequence[Kind]:
    """Return the kinds to try, best first. Raises `SandboxUnavailable` if the environment asks for an unknown one."""
    known: tuple[Kind, ...] = get_args(Kind)
    forced = environment.get(FORCED)
    chosen = tuple(one for one in known if one == forced) if forced else known
    if not chosen:
        raise SandboxUnavailable(
            _("{variable} is {value}; it can be {known}.").format(
                variable=FORCED, value=forced, known=_(" or ").join(known)
            )
        )
    return chosen


def look(kind: Kind) -> Tier | str:
    """Return the best tier of this kind that works here, or a sentence why there is none."""
    return _look_for_namespaces() if kind == "namespaces" else _look_for_landlock()


def _look_for_namespaces() -> Tier | str:
    try:
        bwrap = find_bubblewrap()
    except SandboxUnavailable as reason:
        return str(reason)
    complaint = None
    for tier in candidates(os.geteuid(), filtered=can_filter()):
        complaint = _try(bwrap, tier)
        if complaint is None:
            return tier
    return _(
        "bubblewrap is installed but does not work here ({reason}). The system must let this account make user"
        " namespaces; in a container, run it with a seccomp profile that allows them."
    ).format(reason=complaint)


def _look_for_landlock() -> Tier | str:
    if not inside.landlock_version():
        return _(
            "This kernel has no Landlock. It takes Linux 5.13 with `landlock` in its list of security modules (`lsm=`"
            " on the kernel's command line)."
        )
    if not can_filter():
        return _(
            "Landlock is not enough without libseccomp, which is not installed (apt-get install libseccomp2) or does"
            " not know this processor: x86-64 and ARM64 are supported."
        )
    complaints = []
    for tier in landlock_candidates(os.geteuid()):
        complaint = _try_alone(tier)
        if complaint is None:
            return tier
        complaints.append(complaint)
    sentence = _("Landlock does not work here ({reason}).")
    if not for_everybody(python_environment()):
        sentence += " " + _("Install Python where every user of this machine can read it.")
    return sentence.format(reason="; ".join(complaints))


def candidates(user: int, *, filtered: bool = True) -> Sequence[Tier]:
    """Return the tiers with namespaces to try for a numeric user, best first."""
    ordinary = tuple(Tier(privileged=False, proc=proc, filtered=filtered) for proc in (True, False))
    if user != 0:
        return ordinary
    return tuple(replace(tier, privileged=True) for tier in ordinary) + ordinary


def landlock_candidates(user: int) -> Sequence[Tier]:
    """Return the tiers without namespaces to try for a numeric user, best first."""
    ordinary = Tier(privileged=False, proc=False, kind="landlock")
    return (ordinary,) if user != 0 else (replace(ordinary, privileged=True), ordinary)


@functools.cache
def why_no_forks(tier: Tier) -> str | None:
    """Return None if notebooks can be forked from one process in this tier, otherwise the complaint.

    Some systems let bubblewrap make namespaces, but nobody in there (AppArmor's profile for it in newer Ubuntus).
    """
    if tier.kind == "landlock":
        return None
    policy = Policy(python_environment(_INSIDE), forks=True)
    argv = [sys.executable, "-I", "-S", "-c", trials.FORK, str(_INSIDE), json.dumps(plan_of(policy, tier))]
    return _complaint(wrap(argv, policy, tier, bwrap=find_bubblewrap()), starter_environment(policy))


def _try(bwrap: str, tier: Tier) -> str | None:
    """Run a small program in a sandbox; return None if all is as it must be, otherwise the complaint."""
    trial = trials.RUN.format(privileged=tier.privileged, proc=tier.proc, filtered=tier.filtered)
    policy = Policy(python_environment(), limits=replace(Limits(), processes=_PROCESSES))
    elsewhere = processes_elsewhere(tier, platform.release())
    argv = [sys.executable, "-I", "-S", "-c", trial]
    command = wrap(argv, policy, tier, bwrap=bwrap, processes_elsewhere=elsewhere)
    return _complaint(command, starter_environment(policy))


def _try_alone(tier: Tier) -> str | None:
    """Run a small program that confines itself; as `_try`."""
    policy = Policy(python_environment(_INSIDE), limits=replace(Limits(), processes=_PROCESSES))
    with throwaway() as folder, throwaway() as elsewhere:
        secret = elsewhere / "secret"
        secret.touch()
        plan = json.dumps(plan_of(policy, tier, folder))
        argv = [sys.executable, "-I", "-S", "-c", trials.ALONE, str(_INSIDE), plan, str(secret)]
        return _complaint(argv, starter_environment(policy))


def _complaint(command: Sequence[str], environment: Mapping[str, str]) -> str | None:
    try:
        result = subprocess.run(
            command,
            env=dict(environment),
            capture_output=True,
            timeout=30,
            check=False,
            text=True,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return "it hangs"
    if result.returncode == 0:
        return None
    return (result.stderr.strip().splitlines() or [f"status {result.returncode}"])[-1]
