"""What sandbox this system can give: found by trying, never guessed."""

import functools
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

from nbcohort.i18n import _
from nbcohort.sandbox.bubblewrap import starter_environment, wrap
from nbcohort.sandbox.errors import SandboxUnavailable
from nbcohort.sandbox.limits import Limits
from nbcohort.sandbox.policy import Policy, python_environment
from nbcohort.sandbox.process import find_bubblewrap, processes_elsewhere
from nbcohort.sandbox.tier import Tier

_TRIAL = """
import os, signal, sys, time
if os.getuid() == 0 and {privileged}:
    sys.exit("it stays root")
if os.path.exists("/proc/self/environ") != {proc}:
    sys.exit("its /proc is not its own")
children = []
try:
    while len(children) < 16:
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        children.append(child)
except BlockingIOError:
    pass
for child in children:
    os.kill(child, signal.SIGKILL)
if len(children) == 16:
    sys.exit("the number of processes of this user cannot be limited")
"""

_PROCESSES = 6


@functools.cache
def probe() -> Tier:
    """Return the best tier that works here, remembered for as long as this process lives.

    Raises `SandboxUnavailable` with the reason and what to install or allow.
    """
    bwrap = find_bubblewrap()
    reasons = []
    for tier in candidates(os.geteuid()):
        reason = _try(bwrap, tier)
        if reason is None:
            return tier
        reasons.append(reason)
    raise SandboxUnavailable(
        _(
            "There is no sandbox: bubblewrap is installed but does not work here ({reason}). The system must let this"
            " account make user namespaces; in a container, run it with a seccomp profile that allows them."
        ).format(reason=reasons[-1])
    )


def candidates(user: int) -> Sequence[Tier]:
    """Return the tiers to try for a numeric user, best first."""
    ordinary = (Tier(privileged=False, proc=True), Tier(privileged=False, proc=False))
    if user != 0:
        return ordinary
    return (Tier(privileged=True, proc=True), Tier(privileged=True, proc=False), *ordinary)


def _try(bwrap: str, tier: Tier) -> str | None:
    """Run a small program in a sandbox; return None if all is as it must be, otherwise the complaint."""
    trial = _TRIAL.format(privileged=tier.privileged, proc=tier.proc)
    policy = Policy(python_environment(), limits=replace(Limits(), processes=_PROCESSES))
    elsewhere = processes_elsewhere(tier, os.uname().release)
    command = wrap([sys.executable, "-I", "-S", "-c", trial], policy, tier, bwrap=bwrap, processes_elsewhere=elsewhere)
    try:
        result = subprocess.run(
            command, env=starter_environment(policy), capture_output=True, timeout=30, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        return "it hangs"
    if result.returncode == 0:
        return None
    return (result.stderr.strip().splitlines() or [f"status {result.returncode}"])[-1]
