"""Before and after each test of a notebook: what is put back, what must fail, and what that shows."""

import ast
import builtins
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import indent
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution

from nbcohort.grading.tamper.flags import Flag, Kind
from nbcohort.grading.tamper.mutants import Experiment, experiment
from nbcohort.i18n import _

_SHARE = 0.2
"""Of the time that a notebook takes, what is spent on copies of its process at most, but for `_LEAST`."""
_LEAST = 0.25
_LONGEST = 5.0

Ask = Callable[[str, Mapping[str, Any], float], dict[str, Any] | None]
"""Sends a request of a kind to the kernel; returns its answer, None if there is none in these seconds."""


def is_test(cell: NotebookNode) -> bool:
    """Return whether a cell is one that gives points by itself."""
    return bool(cell.cell_type == "code" and is_grade(cell) and not is_solution(cell))


@dataclass
class _Time:
    """How much there is for experiments."""

    began: float
    spent: float = 0.0

    def left(self, now: float) -> float:
        """Return the seconds that the next experiment may take."""
        return min(_LONGEST, max(_LEAST, _SHARE * (now - self.began - self.spent) - self.spent))


class Guard:
    """Watches over the tests of one run of a notebook."""

    def __init__(
        self, ask: Ask, *, copies: bool, experiments: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Args: `copies`: whether the process can be copied; `experiments`: whether a copy can be kept from writing."""
        self.flags: list[Flag] = []
        self._ask, self._copies, self._experiments, self._clock = ask, copies, experiments, clock
        self._time = _Time(clock())
        self._put_off: list[tuple[NotebookNode, Experiment]] = []

    def flag(self, cell: NotebookNode, kind: Kind, sentence: str, *evidence: str) -> None:
        """Write something down, once."""
        found = Flag(name_of(cell), kind, sentence, tuple(evidence))
        if found not in self.flags:
            self.flags.append(found)

    def before(self, cell: NotebookNode) -> None:
        """Put back what the notebook has replaced."""
        answer = self._ask("restore", {"builtins": builtins_of(cell.source)}, _LONGEST)
        if answer is None:
            return
        replaced = _names(answer, "replaced")
        if replaced:
            self.flag(cell, "replaced", _("What tests rely on was replaced, and was put back."), *replaced)
        covered = _names(answer, "covered")
        if covered:
            self.flag(
                cell, "covered", _("The test calls functions of the notebook's in the place of Python's."), *covered
            )

    def after(self, cell: NotebookNode, *, passed: bool) -> None:
        """See whether what must fail after this test does."""
        started = self._clock()
        found = experiment(cell.source) if passed and self._experiments else None
        if found and not self._copies:
            self._put_off.append((cell, found))
            found = None
        cells = [_canary(cell.source), *([found.source] if found else [])]
        seconds = self._time.left(started)
        wanted = {"test": cell.source, "cells": cells if passed else [], "copy": self._copies, "seconds": seconds}
        answer = self._ask("probe", wanted, seconds + _LONGEST)
        self._time.spent += self._clock() - started
        if answer is None:
            if passed:
                self.flag(cell, "messages", _("After the test had passed, the kernel did not answer any more."))
            return
        self._judge(cell, answer, found)

    def finish(self) -> None:
        """Run the experiments that had to wait for the end, as they could not be run in a copy."""
        if not self._put_off:
            return
        seconds = self._time.left(self._clock())
        cells = [found.source for _cell, found in self._put_off]
        answer = self._ask("last", {"cells": cells}, seconds)
        ended = [one for one in (answer or {}).get("ended") or () if isinstance(one, dict)]
        for (cell, found), one in zip(self._put_off, ended, strict=False):
            self._judge_experiment(cell, found, one)

    def _judge_experiment(self, cell: NotebookNode, found: Experiment, ended: Mapping[str, Any]) -> None:
        if ended.get("status") != "error":
            self.flag(cell, "assertions", _("After the test, an error that must come did not."))
        claims = found.passed(str(ended.get("evalue")))
        if claims:
            self.flag(cell, "equal", _("The test passes whatever is compared."), *claims)

    def _judge(self, cell: NotebookNode, answer: dict[str, Any], found: Experiment | None) -> None:
        seen = _names(answer, "seen")
        if seen:
            self.flag(cell, "looks", _("The notebook's code looks at what calls it, or into memory."), *seen)
        ended = [one for one in answer.get("ended") or () if isinstance(one, dict)]
        if ended and ended[0].get("status") != "error":
            self.flag(cell, "assertions", _("After the test, an assertion that must fail did not."), "assert 1 == 2")
        if found and len(ended) > 1:
            self._judge_experiment(cell, found, ended[1])
        if answer.get("own_result") is True and _has_result(cell):
            self.flag(cell, "result", _("The test's result is an object of the notebook's making."))


def name_of(cell: NotebookNode) -> str:
    """Return the name that nbgrader gives a cell, or empty."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def builtins_of(source: str) -> list[str]:
    """Return the builtins that a test calls."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):
        return []
    names = [node for node in nodes if isinstance(node, ast.Name)]
    stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    used = {node.id for node in names if isinstance(node.ctx, ast.Load)} - stored
    return sorted(used & vars(builtins).keys())


def _canary(source: str) -> str:
    """Return a cell that must fail, and looks like the test to whoever looks for the test."""
    return f"if False:\n{indent(source, '    ')}\n    pass\nassert 1 == 2\n"


def _names(answer: Mapping[str, Any], key: str) -> list[str]:
    names = answer.get(key)
    return [str(one)[:100] for one in names[:10]] if isinstance(names, list) else []


def _has_result(cell: NotebookNode) -> bool:
    return any(output.output_type == "execute_result" for output in cell.outputs)
