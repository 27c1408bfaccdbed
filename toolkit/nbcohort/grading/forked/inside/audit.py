"""What the notebook does that Python tells audit hooks of: looking at frames, at all objects, into memory.

An audit hook cannot be taken away. Only what the notebook's own code does counts: libraries look at frames, too.
"""

from __future__ import annotations

import sys
from typing import Any

from .pristine import is_installed

_ALWAYS = frozenset(
    {
        "sys.addaudithook",
        "sys._current_frames",
        "ctypes.cdata",
        "ctypes.dlsym",
        "ctypes.dlsym/handle",
    }
)
_IN_TESTS = frozenset(
    {
        "sys._getframe",
        "sys.settrace",
        "sys.setprofile",
        "gc.get_objects",
        "gc.get_referrers",
        "gc.get_referents",
    }
)
_ATTRIBUTES = frozenset({"tb_frame", "gi_frame", "cr_frame", "ag_frame", "f_code"})
_BODIES = frozenset({"__code__", "__defaults__", "__kwdefaults__"})
_CLIMBED = ("/inspect.py", "/traceback.py")
_MOST = 20
_WATCHED = _ALWAYS | _IN_TESTS | {"object.__getattr__", "object.__setattr__"}


class Audit:
    """Collects what the notebook's code does."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], None] = {}
        self.codes_were_replaced = False
        """Whether any function was given another body, or other defaults, by whomever."""
        self._testing = False
        self._busy = False

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if event in _WATCHED:  # nearly all events are others, `id()` is one
                self._hear(event, arguments)

        # A function: Python looks for an attribute of the hook each time, which takes long for a method.
        sys.addaudithook(hook)

    def begin_test(self) -> None:
        """From now on also collect what only matters while a test runs."""
        self._testing = True

    def take(self, own: str) -> list[str]:
        """Return the events that were collected, without those of code in the file `own`, and forget them."""
        self._testing = False
        found = [event for event, filename in self._found if filename != own]
        self._found.clear()
        return list(dict.fromkeys(found))

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._busy:
            return
        if event == "object.__getattr__":
            if not self._testing or arguments[1] not in _ATTRIBUTES:
                return
            event = str(arguments[1])
        elif event == "object.__setattr__":
            if arguments[1] not in _BODIES:
                return
            self.codes_were_replaced = True
            if arguments[1] != "__code__":  # courses teach what defaults are
                return
            event = "__code__"
        elif event not in _ALWAYS and not (self._testing and event in _IN_TESTS):
            return
        self._busy = True
        try:
            filename = _file_of_who_looks(sys._getframe(2), event)
            if not is_installed(filename) and len(self._found) < _MOST:
                self._found[event, filename] = None
        finally:
            self._busy = False


def _file_of_who_looks(frame: Any, event: str) -> str:
    """Return the file of the code that looks, also by `inspect` and `traceback`."""
    while frame is not None and frame.f_code.co_filename.endswith(_CLIMBED):
        if frame.f_code.co_name == "__init__" and event in ("tb_frame", "f_code"):
            break  # it formats an error, and gives no frame away
        frame = frame.f_back
    return frame.f_code.co_filename if frame is not None else "<frozen >"
