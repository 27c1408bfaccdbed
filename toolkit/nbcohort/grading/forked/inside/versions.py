"""Whether a dictionary has been changed, without touching what is in it.

Python numbers the changes of all dictionaries (PEP 509). In a fork, each thing that is touched is a page of memory to
be copied, which takes longer than to compare it. Where the number is not where it was (it goes in a later Python), a
dictionary counts as changed, and is compared.
"""

from __future__ import annotations

import ctypes
import gc
import types
from typing import Any

_OFFSET = 24
"""Bytes from the beginning of a dictionary to its number."""


class Watched:
    """A dictionary, or that of a class, that is looked at again and again."""

    def __init__(self, dictionary: dict[str, Any] | types.MappingProxyType[str, Any]) -> None:
        if isinstance(dictionary, types.MappingProxyType):
            dictionary = gc.get_referents(dictionary)[0]
        self._number = ctypes.c_uint64.from_address(id(dictionary) + _OFFSET) if _IS_NUMBERED else None
        self._dictionary = dictionary  # or its memory might become another's
        self._seen: int | None = None

    def may_have_changed(self) -> bool:
        """Return whether it may have been changed since it was last `seen`."""
        return self._number is None or self._number.value != self._seen

    def seen(self) -> None:
        """Take it as it is now."""
        self._seen = self._number.value if self._number is not None else None


def _is_numbered() -> bool:
    """Return whether this Python numbers changes, and where we look for that."""
    some = {"a": 1}
    number = ctypes.c_uint64.from_address(id(some) + _OFFSET)
    seen = [number.value]
    for change in (lambda: some.update(b=2), lambda: some.update(a=3), lambda: some.pop("b")):
        change()
        seen.append(number.value)
    return len(set(seen)) == len(seen) and number.value == seen[-1]


_IS_NUMBERED = _is_numbered()
