"""What is kept of what a notebook sends: outputs that are some, and not all that a program prints without end.

Printing too much is no mistake that a score should show, so output over the limit is thrown away with a note. But
scores are read off outputs: a graded cell's first error, anything on stderr, and its result are kept, shortened,
whatever the limit. What is kept after the limit is itself bounded: three shortened outputs a cell.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from nbcohort.i18n import _

_KEPT = 2000
"""Characters of each text that are kept when there is no room any more."""

_UNREAD: dict[str, Any] = {"ename": "Error", "evalue": "", "traceback": [], "data": {}, "execution_count": None}
"""What is known of a message that was not read: nothing."""


_DISPLAYED = frozenset({"display_data", "execute_result", "update_display_data"})
_JSON = re.compile(r"application/(.*\+)?json")
_FIELDS = {
    "display_data": ("output_type", "data", "metadata"),
    "error": ("output_type", "ename", "evalue", "traceback"),
    "execute_result": ("output_type", "data", "metadata", "execution_count"),
    "stream": ("output_type", "name", "text"),
}
"""What each type of output has, and nothing else."""


def is_whole(kind: str, content: Mapping[str, Any]) -> bool:
    """Return whether a message of `kind` is what nbclient takes it for, so that the notebook stays one (nbformat 4.5).

    The schema would say so, too, of the whole notebook, when it is too late to know what to leave out.
    """
    count = content.get("execution_count")
    if not (count is None or (type(count) is int and count >= 0)):
        return False
    if kind == "stream":
        return isinstance(content.get("name"), str) and isinstance(content.get("text"), str)
    if kind == "error":
        words = (content.get("ename"), content.get("evalue"))
        return all(isinstance(one, str) for one in words) and _are_lines(content.get("traceback"))
    if kind in _DISPLAYED:
        if kind == "execute_result" and "execution_count" not in content:
            return False
        return _is_bundle(content.get("data")) and isinstance(content.get("metadata"), Mapping)
    if kind.startswith("comm_"):
        data = content.get("data")
        state = data.get("state", {}) if isinstance(data, Mapping) else None
        return isinstance(content.get("comm_id"), str) and isinstance(state, Mapping)
    return True


def _is_bundle(data: Any) -> bool:
    return isinstance(data, Mapping) and all(
        isinstance(value, str) or _are_lines(value) or _JSON.fullmatch(kind) for kind, value in data.items()
    )


def _are_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def without_surplus(output: NotebookNode) -> NotebookNode:
    """Return an output with nothing but what its type has: an update can have reached one of another type."""
    return NotebookNode({name: output[name] for name in _FIELDS[output.output_type]})


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
