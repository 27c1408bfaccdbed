"""The starter's end of a notebook's wire: frames from a process that may be hostile."""

import json
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbcohort.grading.forked.inside.wire import LENGTH, LONGEST_HEAD, frame

_PARTS = 1 << 10


class Nonsense(Exception):
    """What came over the wire is no frame."""


@dataclass(frozen=True)
class Message:
    """A frame, taken apart."""

    kind: str
    parent: str
    size: int
    """Of its body, in bytes."""
    content: dict[str, Any] | None
    """None for a body that was over the limit and passed over."""
    metadata: dict[str, Any] = field(default_factory=dict)
    buffers: tuple[bytes, ...] = ()


class Link:
    """Reads frames as their bytes arrive, never more than `limit` bytes of one body, and sends frames."""

    def __init__(self, end: socket.socket, limit: int) -> None:
        self.end = end
        self._limit = limit
        self._arrived = bytearray()
        self._head: dict[str, Any] | None = None
        self._left_out = 0
        """Bytes of a body that are still to be passed over."""

    def send(self, kind: str, parent: str = "", parts: Sequence[bytes] = (), **more: Any) -> None:
        """Send a frame."""
        self.end.sendall(frame({"kind": kind, "parent": parent, **more}, parts))

    def read(self) -> bool:
        """Take what has arrived; return False when the other end is closed."""
        try:
            piece = self.end.recv(1 << 18)
        except ConnectionError:
            piece = b""
        self.take(piece)
        return bool(piece)

    def take(self, piece: bytes) -> None:
        """Take bytes that have arrived."""
        if self._left_out:
            passed = min(self._left_out, len(piece))
            self._left_out -= passed
            piece = piece[passed:]
        self._arrived += piece

    def messages(self) -> Iterator[Message]:
        """Yield the frames that have arrived completely."""
        while True:
            if self._head is None:
                self._head = self._next_head()
                if self._head is None:
                    return
            head, size = self._head, sum(self._head["sizes"])
            if size > self._limit:
                passed = min(size, len(self._arrived))
                del self._arrived[:passed]
                self._left_out = size - passed
                self._head = None
                yield Message(head["kind"], head["parent"], size, None)
                continue
            if len(self._arrived) < size:
                return
            self._head = None
            yield self._whole(head, size)

    @property
    def in_the_middle(self) -> bool:
        """Return whether a frame has begun to arrive, and has not ended."""
        return bool(self._left_out or self._arrived or self._head is not None)

    def _next_head(self) -> dict[str, Any] | None:
        if len(self._arrived) < LENGTH.size:
            return None
        length = LENGTH.unpack_from(self._arrived)[0]
        if length > LONGEST_HEAD:
            raise Nonsense
        if len(self._arrived) < LENGTH.size + length:
            return None
        raw = bytes(self._arrived[LENGTH.size : LENGTH.size + length])
        del self._arrived[: LENGTH.size + length]
        head = _json(raw)
        sizes = head.get("sizes")
        if (
            not isinstance(head.get("kind"), str)
            or not isinstance(head.get("parent"), str)
            or not isinstance(sizes, list)
            or not 1 <= len(sizes) <= _PARTS
            or not all(type(size) is int and size >= 0 for size in sizes)
        ):
            raise Nonsense
        return head

    def _whole(self, head: dict[str, Any], size: int) -> Message:
        body = memoryview(bytes(self._arrived[:size]))
        del self._arrived[:size]
        parts, start = [], 0
        for length in head["sizes"]:
            parts.append(body[start : start + length])
            start += length
        packed = _json(bytes(parts[0]))
        content, metadata = packed.get("content", {}), packed.get("metadata", {})
        if not isinstance(content, dict) or not isinstance(metadata, dict):
            raise Nonsense
        return Message(head["kind"], head["parent"], size, content, metadata, tuple(map(bytes, parts[1:])))


def _json(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw.decode("utf-8", "replace"))
        if b"\\ud" in raw or b"\\uD" in raw:  # escapes for halves of characters, which no file could hold
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise Nonsense from error
    if not isinstance(value, dict):
        raise Nonsense
    return value
