"""The ways in which the suite is run: the kind of sandbox, and who starts it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import nbcohort
from nbcohort.sandbox import Policy, SandboxUnavailable, probe, python_environment, wrap
from nbcohort.sandbox.tier import Kind

ORDINARY = 61_200 + os.getpid() % 1_000
"""A user that nobody is, another one for each process of tests: Linux counts what a user runs in all sandboxes."""


@dataclass(frozen=True)
class Way:
    """How the grader is started."""

    name: str
    sandbox: Kind
    user: int | None = None
    """Who starts it; None for whoever runs the tests."""

    @property
    def tier(self) -> str:
        """Return what is recorded with grades."""
        return f"{self.sandbox} ({'root' if self.user is None and os.geteuid() == 0 else 'user'})"

    @property
    def environment(self) -> dict[str, str]:
        """Return what is set for the grader."""
        return {"NBCOHORT_SANDBOX": self.sandbox}

    def command(self, command: Sequence[str], home: Path) -> list[str]:
        """Return what starts `command`, which reads and writes in `home`; skips the test if it is impossible here."""
        try:
            probe(self.sandbox)
        except SandboxUnavailable as reason:
            pytest.skip(str(reason))
        return list(command) if self.user is None else as_somebody_else(command, home, self.user)


def as_somebody_else(command: Sequence[str], home: Path, user: int, *, nestable: bool = True) -> list[str]:
    """Return what starts `command` in a sandbox as servers get: network, its own home, its environment.

    Our Python may be where only we can read it, which a sandbox mends. Without `user` being root this changes nobody.
    """
    tier = probe("namespaces")
    if tier.privileged:
        for path in (home, *home.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)
    toolkit = Path(nbcohort.__file__).parent.parent
    policy = Policy(
        python_environment(toolkit),
        home=home,
        network=True,
        environment=None,
        limits=None,
        nestable=nestable,
        user=user,
    )
    return wrap(command, policy, tier)


_OURSELVES = (Way("namespaces", "namespaces"), Way("landlock", "landlock"))
_ANOTHER = (Way("namespaces-user", "namespaces", ORDINARY), Way("landlock-user", "landlock", ORDINARY))
WAYS = (*_OURSELVES, *(_ANOTHER if os.geteuid() == 0 else ()))
"""Whoever is not root is an ordinary user, and cannot become another."""

EVERY_WAY = "NBCOHORT_EVERY_WAY"
"""Set, it has hostile notebooks run in all ways."""
BY_DEFAULT = WAYS if len(WAYS) == len(_OURSELVES) or os.environ.get(EVERY_WAY) else (_OURSELVES[0], _ANOTHER[1])
"""Each sandbox and each kind of user once: the other two ways would take six minutes of a processor."""
