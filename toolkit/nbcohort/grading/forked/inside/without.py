"""Importing something without a part of it that takes long and is not needed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

GRAMMAR = "rfc3987_syntax"
"""Of internationalised addresses. jsonschema, on which nbformat builds, compiles it when it is imported, which takes
longer than all the rest of nbgrader; no notebook has anything to be checked by it."""
DEBUGGER = "debugpy"
"""Of which ipykernel would start a thread, and notebooks that nobody looks at have no use."""


@contextmanager
def without(module: str) -> Iterator[None]:
    """Let imports of a module fail meanwhile, unless it has been imported."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
