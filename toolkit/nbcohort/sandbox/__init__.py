"""Run untrusted code: no network, empty environment, throwaway home, limits.

`probe()` finds what this system can do; `start(argv, policy, tier)` runs a program and holds on to it;
`wrap(argv, policy, tier)` is the command alone, for those who start processes themselves (a spawner).
"""

from nbcohort.sandbox.bubblewrap import wrap
from nbcohort.sandbox.errors import SandboxFailed, SandboxUnavailable
from nbcohort.sandbox.limits import Limits
from nbcohort.sandbox.policy import HOME, SOCKETS, WORK, Policy, python_environment, shipped_solutions
from nbcohort.sandbox.probe import probe
from nbcohort.sandbox.process import Sandboxed, Watch, start
from nbcohort.sandbox.tier import Tier

__all__ = [
    "HOME",
    "SOCKETS",
    "WORK",
    "Limits",
    "Policy",
    "SandboxFailed",
    "SandboxUnavailable",
    "Sandboxed",
    "Tier",
    "Watch",
    "probe",
    "python_environment",
    "shipped_solutions",
    "start",
    "wrap",
]
