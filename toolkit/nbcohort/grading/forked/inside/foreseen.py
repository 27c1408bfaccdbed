"""What IPython will ask of cells that are about to come in many notebooks, found out once.

Only digests of the cells are kept, and they are read in a fork: among them are tests, which nobody shall read before
they run, and what a process has read stays in its memory, and in that of all its forks.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import inspect
import json
import warnings
from collections.abc import Iterable
from typing import Any

import ipykernel.compiler

from .forks import in_fork

_SHORT = 10_000
"""Characters of cells that may have been foreseen."""


class Foreseen:
    """What is known, by the cells' digests."""

    def __init__(self) -> None:
        self._plain: set[str] = set()
        self._hashes: dict[str, int] = {}

    def read(self, shell: Any, cells: int) -> None:
        """Prepare for cells; `cells` is an open file with a JSON list of them. They are not run."""

        def work() -> list[tuple[str, str, int]]:
            with open(cells, encoding="utf-8", closefd=False) as file:
                return _look_at(shell, json.load(file))

        for plain, cell, hashed in in_fork(work) or ():
            self._plain.add(plain)
            self._hashes[cell] = hashed

    def is_plain(self, cell: str) -> bool:
        """Return whether a cell is known to be nothing but Python that awaits nothing."""
        return bool(self._plain) and len(cell) <= _SHORT and _digest(ended(cell)) in self._plain

    def hash_of(self, cell: str, seed: int) -> int | None:
        """Return the hash that a cell's file is named after, if it is known."""
        known = bool(self._hashes) and len(cell) <= _SHORT and seed == ipykernel.compiler.get_tmp_hash_seed()
        return self._hashes.get(_digest(cell)) if known else None


FORESEEN = Foreseen()
"""That of this process, and of those that are forked from it."""


def ended(cell: str) -> str:
    """Return a cell whose last line has an end, as IPython's transformers leave it."""
    return cell if cell.endswith("\n") else f"{cell}\n"


def _look_at(shell: Any, cells: Iterable[str]) -> list[tuple[str, str, int]]:
    """Return the digest of each cell with its end and as it is, and its hash.

    Cells with IPython's own syntax are left out, and those that Python warns of: it does so each time that it is asked.
    """
    found = []
    for cell in cells:
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("error")
            code = compile(ended(cell), "<>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            if not code.co_flags & inspect.CO_COROUTINE and shell.transform_cell(cell) == ended(cell):
                hashed: Any = ipykernel.compiler.murmur2_x86(cell, ipykernel.compiler.get_tmp_hash_seed())
                found.append((_digest(ended(cell)), _digest(cell), hashed))
    return found


def _digest(cell: str) -> str:
    return hashlib.blake2b(cell.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
