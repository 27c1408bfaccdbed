"""Something else than what a test expects: far away from it, and of the same kind, or what fails."""

import ast
from dataclasses import dataclass
from typing import Any

from nbcohort.parsing import parse_expression

FAR = 7 * 10**9
"""Expected numbers become about this: far away even where a comparison is tolerant."""
_MADE_OF_FIRST = frozenset(
    {"array", "asarray", "Series", "DataFrame", "Index", "set", "frozenset", "list", "tuple", "sorted", "Counter"}
    | {"dict", "OrderedDict", "deque", "Decimal"}
)
"""What gives something else for each other first argument."""
_CERTAIN = (
    "lambda v: v if (v == v if isinstance(v, (int, float, complex)) else v.size > 0 and (v == v).all()) else 1 / 0"
)
"""Lets numbers and arrays of them pass, and raises otherwise."""
_LITERALS = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr, ast.UnaryOp)


def is_written_out(side: ast.expr) -> bool:
    """Return whether an expression says what it is: a number, a list, a tolerance around them."""
    is_approx = isinstance(side, ast.Call) and called(side) == "approx"
    return is_approx or isinstance(side, _LITERALS)


def called(call: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_made_of_written(expected: ast.expr) -> bool:
    """Return whether an array, say, is made of a list that is written out."""
    return (
        isinstance(expected, ast.Call)
        and called(expected) in _MADE_OF_FIRST
        and any(is_written_out(one) for one in expected.args[:1])
    )


def can_be_other(expected: ast.expr) -> bool:
    """Return whether something else can be expected for certain: nothing is, where what is expected is empty."""
    if isinstance(expected, ast.Call) and _is_made_of_written(expected):
        return can_be_other(expected.args[0])
    if isinstance(expected, ast.List | ast.Tuple | ast.Set):
        return bool(expected.elts) and can_be_other(expected.elts[0])
    if isinstance(expected, ast.Dict):
        return bool(expected.values) and expected.keys[0] is not None and can_be_other(expected.values[0])
    return not isinstance(expected, ast.Starred)


@dataclass(frozen=True)
class Other:
    """Makes something else of what is expected."""

    shift: int

    def of(self, expected: ast.expr) -> ast.expr:
        """Return an expression for something else of the same kind, or one that fails."""
        if isinstance(expected, ast.Constant):
            return ast.Constant(self._constant(expected.value))
        if isinstance(expected, ast.JoinedStr):
            return ast.BinOp(expected, ast.Add(), ast.Constant(f"?{self.shift}"))
        if isinstance(expected, ast.List | ast.Tuple | ast.Set):
            expected.elts[0] = self.of(expected.elts[0])
            return expected
        if isinstance(expected, ast.Dict):
            expected.values[0] = self.of(expected.values[0])
            return expected
        if isinstance(expected, ast.UnaryOp) and isinstance(expected.op, ast.Not):
            return expected.operand
        if isinstance(expected, ast.Call) and _is_made_of_written(expected):
            expected.args[0] = self.of(expected.args[0])
            return expected
        # Infinity must become something else, too; what is empty or no number (NaN) cannot.
        other = ast.BinOp(ast.Constant(self.shift), ast.Sub(), expected)
        return ast.Call(parse_expression(_CERTAIN).body, [other], [])

    def _constant(self, value: object) -> Any:
        if isinstance(value, bool):
            return not value
        if isinstance(value, str):
            return f"{value}?{self.shift}"
        if isinstance(value, bytes):
            return value + b"?%d" % self.shift
        if isinstance(value, int | float | complex):
            return self.shift - value
        return self.shift
