"""What is kept of a program that prints without end.

Printing too much is no mistake that a score should show, so output over the limit is thrown away with a note. But
scores are read off outputs: a graded cell's first error, anything on stderr, and its result are kept, shortened,
whatever the limit. What is kept after the limit is itself bounded: three shortened outputs a cell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbcohort.i18n import _

_KEPT = 2000
"""Characters of each text that are kept when there is no room any more."""

_UNREAD: dict[str, Any] = {"ename": "Error", "evalue": "", "traceback": [], "data": {}, "execution_count": None}
"""What is known of a message that was not read: nothing."""


def size_of(content: Any) -> int:
    """Return roughly how many bytes a message's content (JSON) takes; never too little by much."""
    if isinstance(content, str):
        return len(content.encode("utf-8", "replace"))
    if isinstance(content, Mapping):
        return sum(len(str(key)) + size_of(value) for key, value in content.items()) + 64
    if isinstance(content, (list, tuple)):
        return sum(size_of(item) for item in content) + 16
    return 16


@dataclass
class Room:
    """How much output of one notebook there is still room for."""

    left: int
    _kept_in_cell: dict[int, set[str]] = field(default_factory=dict)

    def admit(
        self, kind: str, content: dict[str, Any] | None, cell: int, size: int | None = None
    ) -> dict[str, Any] | None:
        """Return the content to keep of a message of `kind` that cell number `cell` sent, or None for nothing.

        `content` is None if it was so large that it was not even read. `size`: in bytes, if that is known.
        """
        size = size_of(content) if size is None else size
        if content is not None and size <= self.left:
            self.left -= size
            return content
        self.left = 0
        kept = self._kept_in_cell.setdefault(cell, set())
        what = str((content or {}).get("name", "")) if kind == "stream" else kind
        if what in kept:
            return None
        kept.add(what)
        return self._shortened(what, content if content is not None else _UNREAD)

    def _shortened(self, what: str, content: dict[str, Any]) -> dict[str, Any] | None:
        note = _("[the rest of the output was over the limit and is not kept]")
        if what == "stdout":
            return {"name": "stdout", "text": f"\n{note}\n"}
        if what == "stderr":
            return {"name": "stderr", "text": f"{str(content['text'])[:_KEPT]}\n{note}\n"}
        if what == "error":
            traceback = [line[:_KEPT] for line in content["traceback"][-5:]]
            return {"ename": content["ename"][:_KEPT], "evalue": content["evalue"][:_KEPT], "traceback": traceback}
        if what == "execute_result":
            text = str(content["data"].get("text/plain", note))[:_KEPT]
            return {**content, "data": {"text/plain": text}, "metadata": {}}
        return None
