"""Objects of the notebook's making that a test asserts something about, compared with something else, in a fork.

A test that passes whatever it is compared with says nothing about the answer. Whether it does, an answer of numbers,
texts, lists and tables cannot decide; an object whose class the notebook has written can. So where such an object was
compared, the comparison is made once more with one side replaced by an object that equals nothing, or the other way
round: none of these mutants may hold. It happens in a fork of the process, as comparing is the notebook's own code: it
may count, take long or never end.
"""

from __future__ import annotations

import ast
import builtins
import operator
import re
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from .forks import in_fork
from .pristine import is_of_notebook

_MADE_TO_EQUAL = re.compile(r"mock|\bANY\b", re.IGNORECASE)
"""What stands in a test that compares with objects that are made to equal anything."""
_MOST = 20
"""How many comparisons are kept of a test: loops have many."""
_BASES: tuple[Any, ...] = (int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
_PLAIN = frozenset({*_BASES, bool, type(None), type, range})
_MOCKS = "unittest.mock"


def _not_in(one: Any, many: Any) -> bool:
    return one not in many


def _in(one: Any, many: Any) -> bool:
    return one in many


_OPERATORS: dict[type[ast.cmpop], tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    ast.Eq: (operator.eq, operator.ne),
    ast.NotEq: (operator.ne, operator.eq),
    ast.Lt: (operator.lt, operator.ge),
    ast.LtE: (operator.le, operator.gt),
    ast.Gt: (operator.gt, operator.le),
    ast.GtE: (operator.ge, operator.lt),
    ast.In: (_in, _not_in),
    ast.NotIn: (_not_in, _in),
}
"""What compares, and what is its opposite; identity cannot be faked."""


_Node = TypeVar("_Node", bound=ast.AST)
_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
"""Where statements have statements in them, in the order of the source."""


class Operands:
    """An AST transformer that is IPython's while a test runs."""

    def __init__(self) -> None:
        self._places: list[ast.Compare] = []
        self._last: dict[int, Any] = {}
        """The operand before the next one, by place."""
        self._kept: list[tuple[int, int, Any, Any]] = []
        """Place, position of the operator, left and right."""
        self._active = False
        self._name = ""
        """What compared values go through in tests; it gives back what it is given. Each notebook has another one."""

    def begin(self, shell: Any) -> None:
        """The next cell is a test."""
        self._active = True
        if not self._name:
            self._name = f"_{secrets.token_hex(12)}"
            setattr(builtins, self._name, self._keep)
        shell.ast_transformers.append(self)

    def end(self, shell: Any, source: str) -> list[list[str]]:
        """The test `source` is over; return the comparisons of which a mutant holds, and what was replaced in each."""
        self._active = False
        shell.ast_transformers[:] = [one for one in shell.ast_transformers if one is not self]
        mocks = bool(_MADE_TO_EQUAL.search(source))
        kept = [one for one in self._kept if not (mocks and any(type(side).__module__ == _MOCKS for side in one[2:]))]
        found = _in_fork(lambda: self._held(kept)) if kept else []
        claims = [[_text(self._places[number], source), which] for number, which in found]
        self._places.clear()
        self._kept.clear()
        self._last.clear()
        return claims

    def _held(self, kept: list[tuple[int, int, Any, Any]]) -> list[tuple[int, str]]:
        """Return in which places a mutant holds, and which one."""
        found: dict[tuple[int, str], None] = {}
        for number, position, left, right in kept:
            for which in _compared(type(self._places[number].ops[position]), left, right):
                found[number, which] = None
        return list(found)

    def _keep(self, number: int, position: int, value: Any) -> Any:
        if self._active and number < len(self._places):
            if position and len(self._kept) < _MOST:
                left = self._last.pop(number, None)
                if _is_made(left) or _is_made(value):
                    self._kept.append((number, position - 1, left, value))
            if position < len(self._places[number].ops):
                self._last[number] = value
            else:
                self._last.pop(number, None)
        return value

    def visit(self, node: _Node) -> _Node:
        """Look at what a cell asserts, in blocks as well; return the cell.

        Functions and classes stay as they are: they may be called later, and in other processes.
        """
        if isinstance(node, ast.Assert):
            self._watch(node.test)
        elif not isinstance(node, _LATER):
            for field in _BLOCKS:
                for one in getattr(node, field, ()):
                    self.visit(one)
        return node

    def _watch(self, test: ast.expr) -> None:
        if isinstance(test, ast.BoolOp):
            for value in test.values:
                self._watch(value)
        elif isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id in ("all", "any"):
            if len(test.args) == 1 and isinstance(test.args[0], ast.GeneratorExp | ast.ListComp):
                self._watch(test.args[0].elt)
        elif isinstance(test, ast.Compare) and all(type(one) in _OPERATORS for one in test.ops):
            number = len(self._places)
            self._places.append(ast.Compare(test.left, test.ops, list(test.comparators)))
            ast.copy_location(self._places[-1], test)
            test.left = self._through(number, 0, test.left)
            test.comparators = [self._through(number, place, one) for place, one in enumerate(test.comparators, 1)]

    def _through(self, number: int, position: int, value: ast.expr) -> ast.expr:
        arguments: list[ast.expr] = [ast.Constant(number), ast.Constant(position), value]
        call = ast.Call(ast.Name(self._name, ast.Load()), arguments, [])
        return ast.fix_missing_locations(ast.copy_location(call, value))


def _in_fork(work: Callable[[], list[tuple[int, str]]]) -> list[tuple[int, str]]:
    """Return what `work` returns in a fork of this process, where the notebook may answer what it likes."""
    try:
        return [(int(number), str(which)) for number, which in in_fork(work) or ()]
    except (ValueError, TypeError):
        return []


def _text(node: ast.Compare, source: str) -> str:
    """Return what stands there in the test `source`, at most 80 characters."""
    text = " ".join((ast.get_source_segment(source, node) or "a comparison").split())
    return text if len(text) <= 80 else text[:77] + "..."


class _Nothing:
    """Equals nothing but itself."""

    __slots__ = ()


def _is_made(value: Any) -> bool:
    """Return whether something is of a class of the notebook's, or a mock."""
    kind = type(value)
    return kind not in _PLAIN and (kind.__module__ == _MOCKS or is_of_notebook(kind))


def _compared(kind: type[ast.cmpop], left: Any, right: Any) -> list[str]:
    holds, opposite = _OPERATORS[kind]
    if hasattr(right, "__next__") or not _is_true(holds, left, right):  # it is used up, or was another thing then
        return []
    found = ["opposite"] if not _inherits_opposite(kind, left) and _is_true(opposite, left, right) else []
    if kind is ast.Eq and _is_true(holds, left, _Nothing()):
        found.append("right")
    if (kind is ast.Eq or (kind is ast.In and _can_say_no(right))) and _is_true(holds, _Nothing(), right):
        found.append("left")
    return found


def _inherits_opposite(kind: type[ast.cmpop], left: Any) -> bool:
    """Return whether a class of the notebook's says what is the same, and a builtin that it derives from what is not.

    Python's own classes say both, so that who derives from `str` and forgets `__ne__` has made a mistake, no more.
    """
    own: Any = type(left)
    return kind is ast.Eq and any(own.__ne__ is base.__ne__ and own.__eq__ is not base.__eq__ for base in _BASES)


def _can_say_no(many: Any) -> bool:
    """Return whether `in` ends for something that is not there: ranges and iterators may be endless."""
    return isinstance(many, list | tuple | set | frozenset | dict) or (
        hasattr(type(many), "__contains__") and not isinstance(many, range)
    )


def _is_true(holds: Callable[[Any, Any], Any], left: Any, right: Any) -> bool:
    try:
        return bool(holds(left, right))
    except BaseException:  # noqa: BLE001
        return False
