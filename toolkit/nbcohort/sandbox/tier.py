"""How this system makes a sandbox."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["namespaces", "landlock"]
"""What keeps things apart: a private root and processes of its own, or else permissions alone."""


@dataclass(frozen=True)
class Tier:
    """How this system makes a sandbox: found by trying (`probe`), recorded with every grade."""

    privileged: bool
    """Started by root, who becomes another user inside; otherwise an ordinary user, in a user namespace if possible."""
    proc: bool
    """Whether the sandbox has a /proc of its own; inside another container it may be refused, then there is none."""
    kind: Kind = "namespaces"
    filtered: bool = True
    """Whether system calls are filtered; Landlock is not used without."""

    @property
    def name(self) -> str:
        """Return what is recorded: `namespaces` or `landlock`, with what is special about it."""
        special = ["root" if self.privileged else "user"]
        if self.kind == "namespaces" and not self.proc:
            special.append("without /proc")
        if not self.filtered:
            special.append("without seccomp")
        return f"{self.kind} ({', '.join(special)})"
