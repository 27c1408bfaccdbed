"""What travels between a notebook's process and its starter: frames on a stream socket.

A frame is the length of its head (four bytes, big-endian), the head (JSON), and a body. The head says what it is
(`kind`), what it belongs to (`parent`), and how long the parts of the body are (`sizes`): first the content (JSON for
messages, bytes for files), then the binary buffers of widgets. So a reader can pass over a body that is too large, and
still know what it was.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import threading
from collections.abc import Sequence
from typing import Any

LENGTH = struct.Struct("!I")
LONGEST_HEAD = 1 << 16


def frame(head: dict[str, Any], parts: Sequence[bytes | memoryview]) -> bytes:
    """Return a frame as bytes."""
    top = json.dumps({**head, "sizes": [len(part) for part in parts]}).encode()
    return b"".join((LENGTH.pack(len(top)), top, *parts))


class Wire:
    """The notebook's end of the socket: whole frames or none, from whichever thread."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self.pid = os.getpid()
        self._lock = threading.Lock()
        self._kept = b""

    def send(self, kind: str, parent: str, content: bytes, buffers: Sequence[bytes | memoryview] = ()) -> None:
        """Send a frame; in a process that the notebook forked off, do nothing: the wire is not its.

        That a cell begins goes with what comes of it: who reads it would be woken up twice.
        """
        if os.getpid() != self.pid:
            return
        data = frame({"kind": kind, "parent": parent}, [content, *buffers])
        # An interrupt between two pieces of a frame would make nonsense of all that follow.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            with self._lock:
                if kind == "execute_input":
                    self._kept += data
                else:
                    kept, self._kept = self._kept, b""
                    self.end.sendall(kept + data)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def receive(self) -> tuple[dict[str, Any], list[bytes]] | None:
        """Return the next frame's head and parts; None when the starter has hung up."""
        length = self._exactly(LENGTH.size)
        if length is None:
            return None
        top = self._exactly(LENGTH.unpack(length)[0])
        if top is None:
            return None
        head: dict[str, Any] = json.loads(top)
        parts = []
        for size in head["sizes"]:
            part = self._exactly(size)
            if part is None:
                return None
            parts.append(part)
        return head, parts

    def _exactly(self, size: int) -> bytes | None:
        pieces = bytearray()
        while len(pieces) < size:
            piece = self.end.recv(min(size - len(pieces), 1 << 20))
            if not piece:
                return None
            pieces += piece
        return bytes(pieces)
