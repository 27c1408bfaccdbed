"""The kernel of one notebook, as seen by its starter."""

import codecs
import contextlib
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from nbclient.exceptions import DeadKernelError

from nbcohort.errors import NbcohortError
from nbcohort.grading.cells import Exceeded
from nbcohort.grading.forked.link import Link, Message, Nonsense
from nbcohort.grading.forked.zygote import Zygote
from nbcohort.i18n import _
from nbcohort.sandbox import Limits
from nbcohort.sandbox.process import descendants, memory_of, number_of
from nbcohort.sandbox.throwaway import larger_than

_START_SECONDS = 60
_LOOK = 0.1
"""Seconds between two looks at how much memory a notebook uses."""
_CREDENTIALS = struct.Struct("3i")


class ForkFailed(NbcohortError):
    """A notebook's process did not get as far as running anything."""

    status = 500
    slug = "fork-failed"


@dataclass(frozen=True)
class File:
    """A regular file that the notebook finds beside itself."""

    name: str
    """A relative path with forward slashes."""
    mode: int
    content: bytes


class ForkedKernel:
    """A kernel forked from a zygote; belongs to one thread."""

    def __init__(
        self,
        zygote: Zygote,
        files: Iterable[File],
        variables: Mapping[str, str],
        limits: Limits,
        *,
        folder: Path | None = None,
    ) -> None:
        """Fork it and give it its files; without namespaces, it works in `folder`.

        Raises `OSError` if the zygote has ended, and `ForkFailed` if the new process could not prepare itself.
        """
        self.exceeded: Exceeded | None = None
        self.pid = 0
        self._nonsense = False
        self._zygote = zygote
        self._apart = zygote.namespaces
        self._folder = folder
        self._limits = limits
        self._ends = time.monotonic() + limits.wall_seconds
        self._looked = time.monotonic()
        self._fork = zygote.fork(variables, limits, folder)
        self._closed = False
        self._first: int | None = None
        self.work, self._process = -1, -1
        self._texts = {
            self._fork.out: ("stdout", codecs.getincrementaldecoder("utf-8")("replace")),
            self._fork.err: ("stderr", codecs.getincrementaldecoder("utf-8")("replace")),
        }
        self._link = Link(self._fork.wire, limits.output + (1 << 20))
        try:
            self._begin(files)
        except BaseException:
            self.close()
            raise
        self._poll = select.poll()
        for number in (self._fork.wire.fileno(), self._fork.out, self._fork.err, self._process):
            self._poll.register(number, select.POLLIN)
        for number in (self._fork.out, self._fork.err):
            os.set_blocking(number, False)

    def _begin(self, files: Iterable[File]) -> None:
        wire = self._fork.wire
        wire.settimeout(_START_SECONDS)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            for file in files:
                self._link.send("file", "", [file.content], name=file.name, mode=file.mode)
            self._link.send("begin", "", [b""])
            room = socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(8)
            piece, ancillary, _flags, _address = wire.recvmsg(1 << 12, room, socket.MSG_CMSG_CLOEXEC)
        except (ConnectionError, TimeoutError) as error:
            raise ForkFailed(_("The notebook's process did not start: {why}").format(why=self._complaint())) from error
        received = {kind: data for _level, kind, data in ancillary}
        self._link.take(piece)
        if [message.kind for message in self._link.messages()] != ["ready"] or socket.SCM_RIGHTS not in received:
            raise ForkFailed(_("The notebook's process did not start: {why}").format(why=self._complaint()))
        self.pid = _CREDENTIALS.unpack(received[socket.SCM_CREDENTIALS][: _CREDENTIALS.size])[0]
        self._first = number_of(self._fork.whole) if self._apart else None  # orphans hang below it
        self._process, self.work = struct.unpack("2i", received[socket.SCM_RIGHTS][:8])
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        wire.settimeout(None)

    def _complaint(self) -> str:
        with contextlib.suppress(OSError):
            os.set_blocking(self._fork.err, False)
            lines = os.read(self._fork.err, 1 << 16).decode(errors="replace").strip().splitlines()
            if lines:
                return lines[-1]
        return _("it gives no reason")

    def request(self, kind: str, parent_id: str, packed: bytes) -> None:
        """Send a request. Raises `DeadKernelError`."""
        try:
            self._link.send(kind, parent_id, [packed])
        except OSError as error:
            raise DeadKernelError("Kernel died") from error

    def receive(self, current: str, deadline: float | None) -> list[Message] | None:
        """Return what has arrived, at least one message; None when the time is up.

        `current` is the request that text which is written straight to the standard output belongs to. `deadline` is an
        instant of the monotonic clock. Raises `DeadKernelError` when the notebook's process has ended, and ends it when
        it sends nonsense or uses more than it may.
        """
        while True:
            left = self._left(deadline)
            if left <= 0:
                return None
            ready = {number for number, _event in self._poll.poll(min(left, _LOOK) * 1000 + 1)}
            self._look()  # whatever has come: who prints without a pause is looked at, too
            found = [*self._written(ready, current), *self._said(ready)]
            if found:
                return found
            if self._process in ready:
                raise DeadKernelError("Kernel died")

    @property
    def seconds_left(self) -> float:
        """How long it may go on, all in all."""
        return self._ends - time.monotonic()

    def rest(self, current: str) -> list[Message]:
        """Return what has been written straight to the standard output so far."""
        return list(self._written({self._fork.out, self._fork.err}, current))

    def _left(self, deadline: float | None) -> float:
        now = time.monotonic()
        if now > self._ends:
            self._end("time")
        return min(self._ends, deadline if deadline is not None else self._ends) - now + 0.001

    def _written(self, ready: Iterable[int], current: str) -> Iterator[Message]:
        for number in [number for number in self._texts if number in ready]:
            name, decoder = self._texts[number]
            try:
                piece = os.read(number, 1 << 16)
            except BlockingIOError:
                continue
            if not piece:
                self._poll.unregister(number)
                del self._texts[number]
            text = decoder.decode(piece, final=not piece)
            if text:
                yield Message("stream", current, len(piece), {"name": name, "text": text})

    def _said(self, ready: Iterable[int]) -> list[Message]:
        if self._fork.wire.fileno() not in ready:
            return []
        try:
            open_still = self._link.read()
            found = list(self._link.messages())
        except Nonsense:
            self._nonsense = True
            self.kill()
            raise DeadKernelError("Kernel died") from None
        if not found and not open_still:
            raise DeadKernelError("Kernel died")
        return found

    def _look(self) -> None:
        """End a notebook whose processes use more memory than it may, together, or more of our disk."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        if self._memory(shared=False) > self._limits.memory and self._memory(shared=True) > self._limits.memory:
            self._end("memory")
        if self._folder and larger_than(self._folder, self._limits.disk):
            self._end("disk")

    @property
    def sent_nonsense(self) -> bool:
        """Return whether it sent something that is no message, or was waited for in the middle of one."""
        if self._nonsense or not self._link.in_the_middle:
            return self._nonsense
        return self.exceeded == "time" or (self.exceeded is None and not self._has_ended())

    def _has_ended(self) -> bool:
        ended = select.poll()
        ended.register(self._process, select.POLLIN)
        return bool(ended.poll(0))

    def _end(self, exceeded: Exceeded) -> NoReturn:
        self.exceeded = exceeded
        self.kill()
        raise DeadKernelError("Kernel died")

    def _memory(self, *, shared: bool) -> int:
        """Return the bytes that all its processes use; `shared` counts pages that forks have in common once, slowly."""
        pids = {self.pid, *descendants(self.pid), *(descendants(self._first) if self._first else ())}
        return sum(memory_of(pid, shared=shared) for pid in pids)

    def interrupt(self) -> None:
        """Interrupt what it does, as Ctrl-C would."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGINT)

    def kill(self) -> None:
        """End it, and all that it has started, and wait for that."""
        if self.pid and not self._apart:  # nothing else ends with it than its group
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fork.whole, signal.SIGKILL)
        ended = select.poll()
        ended.register(self._fork.whole, select.POLLIN)
        ended.poll(10_000)

    def close(self) -> None:
        """End it and let go of it, `work` included."""
        if self._closed:
            return
        self._closed = True
        self.kill()
        self._zygote.ended()
        self._fork.close()
        for number in (self._process, self.work):
            if number >= 0:
                os.close(number)
