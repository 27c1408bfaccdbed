"""What a test compares, kept while it runs, and then compared with something else.

A test that passes whatever it is compared with says nothing about the answer. So the operands of each comparison that
held are compared again, one of them replaced by an object that equals nothing, or the other way round: none of these
mutants may hold. Those that do are evidence, of an answer that equals everything or of a helper that was replaced.
Nothing of the notebook is run a second time for that: it is the very objects that the test has compared.
"""

from __future__ import annotations

import ast
import builtins
import operator
import re
import secrets
from collections.abc import Callable
from typing import Any

_MADE_TO_EQUAL = re.compile(r"mock|\bANY\b", re.IGNORECASE)
"""What stands in a test that compares with objects that are made to equal anything."""
_TWO_ARE_SAME = re.compile(r"assert_?(?!.*not)(\w*_)?\w*(equals?|almost\w*|all_?close|close)$", re.IGNORECASE)
"""Helpers that raise unless their first two arguments are the same, such as `numpy.testing.assert_allclose`."""
_SAYS_SAME = frozenset({"allclose", "isclose", "array_equal", "array_equiv", "equals"})
"""Functions and methods that say whether two things are the same."""
_MOST = 20
"""How many comparisons are kept of one place in a test: loops have many."""
_FUNCTION = -1
_BASES: tuple[Any, ...] = (int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
_MISSING = object()


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


class _Place:
    """A comparison in a test."""

    def __init__(self, node: ast.expr, operators: list[type[ast.cmpop]] | None, *, raises: bool = False) -> None:
        self._node = node
        self.operators = operators
        self.raises = raises
        self.kept: list[dict[int, Any]] = []

    def text(self, source: str) -> str:
        """Return what stands there in the test `source`, at most 80 characters."""
        text = " ".join((ast.get_source_segment(source, self._node) or "a comparison").split())
        return text if len(text) <= 80 else text[:77] + "..."


class Operands(ast.NodeTransformer):
    """An AST transformer that is IPython's while a test runs."""

    def __init__(self) -> None:
        self._places: list[_Place] = []
        self._asserting = 0
        self._active = False
        self._name = ""
        """What compared values go through in tests; it gives back what it is given. Each notebook has another one."""

    def begin(self, shell: Any) -> None:
        """The next cell is a test."""
        self._places.clear()
        self._active = True
        if not self._name:
            self._name = f"_{secrets.token_hex(12)}"
            setattr(builtins, self._name, self._keep)  # for good: functions that a test defines may be called later
        shell.ast_transformers.append(self)

    def end(self, shell: Any, source: str) -> list[list[str]]:
        """The test `source` is over; return the comparisons of which a mutant holds, and what was replaced in each."""
        self._active = False
        shell.ast_transformers[:] = [one for one in shell.ast_transformers if one is not self]
        mocks = bool(_MADE_TO_EQUAL.search(source))
        found = [[place.text(source), which] for place in self._places for which in dict.fromkeys(_held(place, mocks))]
        self._places.clear()
        return found

    def _keep(self, number: int, position: int, value: Any) -> Any:
        if self._active and number < len(self._places):
            kept = self._places[number].kept
            goes_on = position > 0 or (position == 0 and bool(kept) and kept[-1].keys() == {_FUNCTION})
            if not goes_on and len(kept) < _MOST:
                kept.append({})
            if kept and position not in kept[-1]:
                kept[-1][position] = value
        return value

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """Look at what is asserted, not at the message."""
        self._asserting += 1
        node.test = self.visit(node.test)
        self._asserting -= 1
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Keep what is compared."""
        self.generic_visit(node)
        if self._asserting and any(type(one) in _OPERATORS for one in node.ops):
            number = self._place(_Place(node, [type(one) for one in node.ops]))
            node.left = self._kept(number, 0, node.left)
            node.comparators = [self._kept(number, position, one) for position, one in enumerate(node.comparators, 1)]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Keep the arguments of what says that two things are the same."""
        self.generic_visit(node)
        if self._asserting and _called(node) in _SAYS_SAME:
            return self._call(node, _Place(node, None))
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """Keep the arguments of helpers."""
        self.generic_visit(node)
        call = node.value
        if isinstance(call, ast.Call) and _TWO_ARE_SAME.match(_called(call)) and len(call.args) >= 2:
            node.value = self._call(call, _Place(call, None, raises=True))
        return node

    def _call(self, node: ast.Call, place: _Place) -> ast.Call:
        first = node.args[:2]
        if first and not any(isinstance(one, ast.Starred) for one in first):
            number = self._place(place)
            node.func = self._kept(number, _FUNCTION, node.func)
            node.args[:2] = [self._kept(number, position, one) for position, one in enumerate(first)]
        return node

    def _kept(self, number: int, position: int, value: ast.expr) -> ast.expr:
        arguments: list[ast.expr] = [ast.Constant(number), ast.Constant(position), value]
        call = ast.Call(ast.Name(self._name, ast.Load()), arguments, [])
        return ast.fix_missing_locations(ast.copy_location(call, value))

    def _place(self, place: _Place) -> int:
        self._places.append(place)
        return len(self._places) - 1


def _called(call: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


class _Nothing:
    """Equals nothing but itself."""

    __slots__ = ()


def _held(place: _Place, mocks: bool) -> list[str]:
    """Return which mutants of a comparison hold; that it is with a mock says nothing in a test that names `mocks`."""
    found: list[str] = []
    for kept in place.kept:
        if mocks and any(type(value).__module__ == "unittest.mock" for value in kept.values()):
            continue
        if place.operators is None:
            found += _same(kept, raises=place.raises)
        else:
            for position, operator_ in enumerate(place.operators):
                left, right = kept.get(position, _MISSING), kept.get(position + 1, _MISSING)
                if left is not _MISSING and right is not _MISSING and operator_ in _OPERATORS:
                    found += _compared(operator_, left, right)
    return found


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


def _same(kept: dict[int, Any], *, raises: bool) -> list[str]:
    function = kept.get(_FUNCTION, _MISSING)
    values = [kept[position] for position in (0, 1) if position in kept]
    found = []
    for position, side in ((0, "left"), (1, "right")):
        if position < len(values):
            mutated = [_Nothing() if number == position else value for number, value in enumerate(values)]
            try:
                result = function(*mutated)
                if raises or bool(result):
                    found.append(side)
            except BaseException:  # noqa: BLE001, S112 - as it should be
                continue
    return found


def _is_true(holds: Callable[[Any, Any], Any], left: Any, right: Any) -> bool:
    try:
        return bool(holds(left, right))
    except BaseException:  # noqa: BLE001
        return False
