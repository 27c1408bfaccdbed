"""Where people work in the demo: programs run as an account, in its home, as they would in a terminal of its server."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _
from nbcohort.sandbox import Policy, Tier, shipped_solutions, wrap
from nbcohort.sandbox.bubblewrap import unused_user
from nbcohort.spawner import CONFIGURATION, COURSE_ROOM_PREFIX, home_name, make_home, tier_here, visible_paths

SECONDS = 600
"""How long a program may take."""


class CommandFailed(NbcohortError):
    """A program that somebody in the story runs did not do its work; the sentence has what it said."""

    def __init__(self, account: str, argv: Sequence[str], output: str) -> None:
        lines = [line for line in output.strip().splitlines() if line.strip()]
        super().__init__(
            _("{account}: {command} failed: {reason}").format(
                account=account, command=" ".join(argv), reason="\n".join(lines[-12:]) or _("it said nothing")
            )
        )
        self.output = output


@dataclass
class Desks:
    """Everybody's place to work.

    Args:
        homes: the folder that the Hub's spawner keeps homes in.
        environment: what all programs get: where Hub and service are.
        token_of: returns an account's own Hub token.
    """

    homes: Path
    environment: dict[str, str]
    token_of: Callable[[str], str]
    _running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def home(self, account: str) -> Path:
        """Return the home of an account."""
        return self.homes.resolve() / home_name(account)

    def run(self, account: str, *argv: str, stdin: str = "", folder: str = ".") -> str:
        """Run a program as `account`, in its own sandbox, and return what it wrote (stdout, then stderr).

        Args:
            account: whose home and whose token.
            argv: the program and its arguments; programs of this Python environment are found by name.
            stdin: what it reads.
            folder: where, relative to the home; in a course room, to the course folder.

        Raises:
            CommandFailed: it ended with another status than 0, or not at all.
        """
        home, inside = self.home(account), self._inside(account)
        process = self._start(account, ["/usr/bin/env", f"--chdir={home / inside / folder}", *argv], home, inside)
        try:
            out, err = process.communicate(stdin.encode(), timeout=SECONDS)
        except subprocess.TimeoutExpired:
            _kill(process)
            process.communicate()
            raise CommandFailed(account, argv, _("it took longer than {n} s").format(n=SECONDS)) from None
        finally:
            with self._lock:
                self._running.pop(process.pid, None)
        if process.returncode != 0:
            raise CommandFailed(account, argv, (out + b"\n" + err).decode("utf-8", "replace"))
        return (out + err).decode("utf-8", "replace")

    def close(self) -> None:
        """End the programs that still run, by their own process groups; no new ones are started."""
        with self._lock:
            self._closed = True
            running = list(self._running.values())
        for process in running:
            _kill(process)

    def _start(self, account: str, argv: list[str], home: Path, inside: str) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise CommandFailed(account, argv, _("the demo is ending"))
            process = subprocess.Popen(
                self._sandboxed(argv, home, inside),
                env=self._environment(account),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._running[process.pid] = process
        return process

    @staticmethod
    def _inside(account: str) -> str:
        return "course" if account.startswith(COURSE_ROOM_PREFIX) else "."

    @staticmethod
    def _sandboxed(argv: list[str], home: Path, inside: str) -> list[str]:
        """Return the command as the spawner would start a server with it."""
        tier = tier_here()
        if not isinstance(tier, Tier):
            make_home(home, inside, None)
            return argv
        new_user = unused_user(Path("/proc/self/uid_map").read_text("ascii")) if tier.privileged else None
        user = make_home(home, inside, new_user)
        teaches = inside == "course"
        policy = Policy(
            (*visible_paths(), *(shipped_solutions() if teaches else ())),
            () if teaches else shipped_solutions(),
            home=home,
            network=True,
            environment=None,
            limits=None,
            nestable=True,
            user=user,
        )
        return wrap(argv, policy, tier)

    def _environment(self, account: str) -> dict[str, str]:
        """Return the environment of a terminal on the account's server."""
        room = account.startswith(COURSE_ROOM_PREFIX)
        parts = ["course_room", "everyone"] if room else ["everyone"]
        environment = {
            **self.environment,
            "HOME": str(self.home(account)),
            "JUPYTERHUB_API_TOKEN": self.token_of(account),
            "JUPYTERHUB_USER": account,
            "JUPYTER_CONFIG_PATH": os.pathsep.join(str(CONFIGURATION / part) for part in parts),
            "LANG": "C.UTF-8",
            "LOGNAME": account,
            "PATH": os.pathsep.join([str(Path(sys.prefix, "bin")), os.environ.get("PATH", os.defpath)]),
            "SHELL": "/bin/bash",
            "USER": account,
        }
        if room:
            environment["NBCOHORT_COHORT"] = account.removeprefix(COURSE_ROOM_PREFIX)
        if isinstance(tier_here(), Tier):
            environment["JUPYTER_RUNTIME_DIR"] = "/tmp/jupyter"  # noqa: S108 - the sandbox's own
        return environment


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
