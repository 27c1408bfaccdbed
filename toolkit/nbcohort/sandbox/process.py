"""A program in a sandbox: start it, signal it, watch what it uses, end it."""

import contextlib
import os
import platform
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from nbcohort.i18n import _
from nbcohort.sandbox.bubblewrap import environment, starter_environment, without_namespaces, wrap
from nbcohort.sandbox.errors import SandboxFailed, SandboxUnavailable
from nbcohort.sandbox.landlock import bare
from nbcohort.sandbox.limits import Limits
from nbcohort.sandbox.policy import Policy
from nbcohort.sandbox.throwaway import throwaway
from nbcohort.sandbox.tier import Tier

_START_SECONDS = 30
_WATCH_INTERVAL = 0.1

Exceeded = Literal["memory", "time"]


@dataclass
class Sandboxed:
    """A program that runs in a sandbox."""

    starter: subprocess.Popen[bytes]
    """bubblewrap: ends when the last process of the sandbox has ended."""
    pid: int
    """The program itself, as seen from here."""
    init: int | None
    """Process 1 of the sandbox, as seen from here; with it everything in there dies."""
    sockets: int
    """`policy.SOCKETS`, open: the program's unix sockets are at /proc/self/fd/<sockets>/<name>."""
    work: int
    """The folder that the program started in, open; it lasts as long as this does, even when the program has ended."""
    undo: ExitStack
    """What is left to do when it has ended."""

    def signal_group(self, number: int) -> None:
        """Send a signal to the program and the processes in its group, as a terminal would."""
        if self.starter.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def kill(self) -> None:
        """End every process of the sandbox, and wait until they have ended."""
        if self.starter.poll() is None and self.init is not None:
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.kill(self.init, signal.SIGKILL)
                self.starter.wait(timeout=10)
        if self.starter.poll() is None:
            self.starter.kill()
        self.starter.wait()

    def close(self) -> None:
        """End it and let go of its files."""
        self.kill()
        for opened in (self.sockets, self.work):
            if opened >= 0:
                os.close(opened)
        self.sockets = self.work = -1
        self.undo.close()


def start(argv: Sequence[str], policy: Policy, tier: Tier, *, inherit: Sequence[int] = ()) -> Sandboxed:
    """Start `argv` under `policy`; returns when it is about to run, with its sockets and working folders open.

    `inherit`: open files that the program gets under the same numbers.
    Without namespaces it has to be a trusted program that confines its forks (`Policy.forks`).

    Raises `SandboxFailed` with the reason when the sandbox or the copying of files fails. The caller owns the result
    and calls `close`.
    """
    ours, theirs = socket.socketpair()
    with ExitStack() as undo, ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        ours.settimeout(_START_SECONDS)
        if tier.kind == "namespaces":
            folder, variables = None, starter_environment(policy)
            command = wrap(
                argv,
                policy,
                tier,
                bwrap=find_bubblewrap(),
                control=theirs.fileno(),
                processes_elsewhere=processes_elsewhere(tier, platform.release()),
            )
        else:
            if not policy.forks:
                raise SandboxFailed(without_namespaces())
            folder = undo.enter_context(throwaway())
            variables = environment(folder, folder) | dict(policy.environment or {})
            command = bare(argv, folder, theirs.fileno(), sys.executable)
        starter = (
            _lasting_thread(os.getpid())
            .submit(
                subprocess.Popen,
                command,
                env=variables,
                pass_fds=[theirs.fileno(), *inherit],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            .result()
        )
        theirs.close()
        try:
            pid, sockets, work = _receive(ours)
        except (OSError, ValueError) as error:
            starter.kill()
            _out, complaint = starter.communicate()
            why = complaint.decode(errors="replace").strip().splitlines()
            raise SandboxFailed(_("The sandbox did not start: {why}").format(why=why[-1] if why else error)) from error
        if starter.stderr:
            starter.stderr.close()
        init = parent(pid) if tier.kind == "namespaces" else None
        return Sandboxed(starter, pid, init, sockets, work, undo.pop_all())


@cache
def _lasting_thread(_process: int) -> ThreadPoolExecutor:
    """Return a thread of this process that lasts: a sandbox ends with the thread that has started it."""
    return ThreadPoolExecutor(1, "sandbox-starter")


def _receive(channel: socket.socket) -> tuple[int, int, int]:
    """Return who sent, by process id, and the two folders that came along, open."""
    room = socket.CMSG_SPACE(12) + socket.CMSG_SPACE(8)
    message, ancillary, _flags, _address = channel.recvmsg(16, room, socket.MSG_CMSG_CLOEXEC)
    received = {kind: data for _level, kind, data in ancillary}
    if message != b"ready" or socket.SCM_RIGHTS not in received:
        raise ValueError("no answer")
    (pid,) = struct.unpack_from("i", received[socket.SCM_CREDENTIALS])
    sockets, work = struct.unpack_from("ii", received[socket.SCM_RIGHTS])
    return pid, sockets, work


def find_bubblewrap() -> str:
    """Return the path of bubblewrap; raise `SandboxUnavailable` if it is not installed."""
    found = shutil.which("bwrap")
    if not found:
        raise SandboxUnavailable(_("bubblewrap is not installed (apt-get install bubblewrap)."))
    return found


def processes_elsewhere(tier: Tier, release: str) -> int:
    """Return how many threads our user runs, if the kernel counts them against the sandbox's process limit.

    Linux before 5.14 counts a user's processes over all user namespaces; later ones count those of the sandbox.
    Without a namespace of its own, what it runs is the user's.
    """
    version = tuple(int(part) for part in re.findall(r"\d+", release)[:2])
    if tier.privileged or (tier.kind == "namespaces" and version >= (5, 14)):
        return 0
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == os.getuid():
                count += len(list((folder / "task").iterdir()))
        except OSError:
            continue
    return count


def parent(pid: int) -> int | None:
    """Return the parent of a process, None if it cannot be seen."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r"^PPid:\s+([1-9]\d*)$", status, re.MULTILINE)
    return int(found[1]) if found else None


def number_of(process: int) -> int | None:
    """Return the number of the process that a pidfd stands for, None if it has ended or cannot be seen."""
    try:
        known = Path(f"/proc/self/fdinfo/{process}").read_text("ascii")
    except OSError:
        return None
    found = re.search(r"^Pid:\s+([1-9]\d*)$", known, re.MULTILINE)
    return int(found[1]) if found else None


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes below `pid`; orphans in a sandbox hang below its process 1."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - notebooks are looked at ten times a second
    except OSError:  # it ends just now
        return
    for task in tasks:
        try:
            with open(f"/proc/{pid}/task/{task}/children", "rb") as file:  # noqa: PTH123
                children = file.read().split()
        except OSError:
            continue
        for child in children:
            yield int(child)
            yield from descendants(int(child))


def command_of(pid: int) -> bytes:
    """Return the command line of a process, with NUL after each argument; nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def memory_of(pid: int, *, shared: bool) -> int:
    """Return the bytes of memory in use by `pid`: all pages, or with `shared` its share of those it has in common."""
    try:
        if shared:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
            found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
            return int(found[1]) * 1024 if found else 0
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError):
        return 0


class Watch(threading.Thread):
    """Ends a sandbox that takes more time or, over all its processes, more memory than its limits say."""

    def __init__(self, program: Sandboxed, limits: Limits) -> None:
        super().__init__(name="sandbox-watch", daemon=True)
        self.exceeded: Exceeded | None = None
        self._program = program
        self._limits = limits
        self._deadline = time.monotonic() + limits.wall_seconds
        self._finished = threading.Event()

    def run(self) -> None:
        """Look ten times a second until stopped, or until there is nothing left to watch."""
        while not self._finished.wait(_WATCH_INTERVAL) and self._program.starter.poll() is None:
            self.exceeded = self._look()
            if self.exceeded:
                self._program.kill()
                return

    def _look(self) -> Exceeded | None:
        if time.monotonic() > self._deadline:
            return "time"
        pids = list(descendants(self._program.starter.pid))
        if sum(memory_of(pid, shared=False) for pid in pids) <= self._limits.memory:
            return None
        # Forked processes share pages: only now is it worth finding out what is really used.
        return "memory" if sum(memory_of(pid, shared=True) for pid in pids) > self._limits.memory else None

    def stop(self) -> None:
        """Stop watching."""
        self._finished.set()
        self.join()
