"""Copies of a test that expect something else, and so must fail.

Whoever passes them passes whatever is asked: with an object that equals everything, with a helper that was replaced,
by reading the test, by answering in the kernel's place. How it is done does not matter.

Only what is expected is changed, in one comparison of the test, and only in one that the test is certain to make: not
in a branch, nor where an exception is caught. So an answer that deserves its points fails them.
"""

import ast
import copy
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

_FAR = 7 * 10**9
"""Expected numbers become about this: far away even where a comparison is tolerant."""
_OF_UNITTEST = frozenset(
    f"assert{kind}Equal" for kind in ("", "Almost", "Sequence", "List", "Tuple", "Set", "Dict", "Count", "MultiLine")
)
_OF_LIBRARIES = frozenset(
    {"assert_allclose", "assert_array_equal", "assert_almost_equal", "assert_array_almost_equal"}
    | {"assert_approx_equal", "assert_frame_equal", "assert_series_equal", "assert_index_equal"}
)
_UNITS = "wasSuccessful"
"""Who asks that has run test cases of `unittest`."""
_HARMLESS = frozenset({"catch_warnings", "errstate", "option_context", "redirect_stdout", "subTest", "printoptions"})
"""Contexts in which what is raised is raised."""
_MADE_OF_FIRST = frozenset(
    {"array", "asarray", "Series", "DataFrame", "Index", "set", "frozenset", "list", "tuple", "sorted", "Counter"}
    | {"dict", "OrderedDict", "deque", "Decimal"}
)
"""What gives something else for each other first argument."""
_SAME = frozenset({"allclose", "isclose", "array_equal", "array_equiv"})
"""Functions that say whether their first two arguments are the same."""
_EXPECTED = frozenset({"desired", "expected", "right", "second"})
"""What helpers call the argument that says what is expected."""
_DISTANCES = frozenset({"abs", "fabs", "absolute"})
_CERTAIN = (
    "lambda v: v if (v == v if isinstance(v, (int, float, complex)) else v.size > 0 and (v == v).all()) else 1 / 0"
)
"""Lets numbers and arrays of them pass, and raises otherwise."""
_LITERALS = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr, ast.UnaryOp)

Put = Callable[[ast.expr], None]
"""Puts an expression in the place of another one."""


@dataclass(frozen=True)
class Mutant:
    """A test that must fail."""

    place: str
    """What is expected in the comparison in which something else is expected now."""
    sources: tuple[str, str]
    """Two, which expect different things: one may be right by chance, in arithmetic modulo something."""


@lru_cache(256)  # a whole cohort has the same tests
def count(source: str) -> int:
    """Return in how many places of a test something else can be expected; 0 if it is not plain Python."""
    try:
        return sum(1 for _place in _all_places(ast.parse(source), source))
    except (SyntaxError, ValueError, RecursionError):
        return 0


@lru_cache(1024)
def mutant(source: str, number: int) -> Mutant | None:
    """Return the mutant of a test in which the comparison with this number, from 0, expects something else.

    None for an expression that is too deep to be copied.
    """
    shift = random.SystemRandom().randrange(_FAR, _FAR + 10**9)
    sources = []
    for one in (shift, shift + 1):
        tree = ast.parse(source)
        expected, put = next(islice(_all_places(tree, source), number, None))
        try:
            place = ast.unparse(expected)
            put(_Other(one).of(copy.deepcopy(expected)))
            sources.append(ast.unparse(ast.fix_missing_locations(tree)))
        except RecursionError:
            return None
    return Mutant(place, (sources[0], sources[1]))


def _all_places(tree: ast.Module, source: str) -> Iterator[tuple[ast.expr, Put]]:
    called = _calls(tree.body) | ({_UNITS} if f".{_UNITS}()" in source else set())
    return (place for place in _places(tree.body, called) if _can_be_other(place[0]))


def _places(body: list[ast.stmt], called: frozenset[str]) -> Iterator[tuple[ast.expr, Put]]:
    """Yield what is expected in each comparison, and how something else is put there; `called`: functions that are."""
    for statement in body:
        if isinstance(statement, ast.Assert):
            for part in _conjuncts(statement.test):
                yield from _asserted(part)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            if _raises_unless_same(statement.value):
                yield from _arguments(statement.value)
        elif isinstance(statement, ast.If):
            yield from _raised(statement)
        elif isinstance(statement, ast.For):
            yield from _looped(statement, body, called)
        elif _is_run(statement, called):
            yield from _places(getattr(statement, "body", []), called)


def _is_run(statement: ast.stmt, called: frozenset[str]) -> bool:
    """Return whether the body of a statement is run, and what it raises is raised."""
    if isinstance(statement, ast.With):
        calls = [one.context_expr for one in statement.items]
        return all(isinstance(one, ast.Call) and _called(one) in _HARMLESS for one in calls)
    if isinstance(statement, ast.ClassDef):
        return _UNITS in called
    if isinstance(statement, ast.FunctionDef):
        return statement.name in called or (_UNITS in called and statement.name.startswith("test"))
    return False


def _looped(loop: ast.For, beside: list[ast.stmt], called: frozenset[str]) -> Iterator[tuple[ast.expr, Put]]:
    """Yield the same of a loop's body; a loop that has nothing to do must not pass, either."""

    def putting(put: Put) -> Put:
        def do(new: ast.expr) -> None:
            put(new)
            name = f"_{secrets.token_hex(12)}"
            loop.body.insert(0, ast.Assign([ast.Name(name, ast.Store())], ast.Constant(True)))
            beside.insert(beside.index(loop) + 1, ast.Assert(ast.Name(name, ast.Load())))

        return do

    if not any(isinstance(node, ast.Break | ast.Continue | ast.Return) for node in ast.walk(loop)):
        for expected, put in _places(loop.body, called):
            yield expected, putting(put)


def _calls(body: list[ast.stmt]) -> frozenset[str]:
    """Return the names of the functions that are called as statements, in loops, too."""
    found = {_called(one.value) for one in body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)}
    return frozenset(found).union(*(_calls(one.body) for one in body if isinstance(one, ast.For)))


def _raises_unless_same(call: ast.Call) -> bool:
    """Return whether a helper raises unless its first two arguments are the same; of a course's own, nobody knows."""
    name = _called(call)
    if isinstance(call.func, ast.Attribute) and name in {"assert_equal", *_OF_UNITTEST}:
        return True
    return name in _OF_LIBRARIES


def _raised(statement: ast.If) -> Iterator[tuple[ast.expr, Put]]:
    """Yield what is expected where something is raised if two things are not the same."""
    test = statement.test
    raises = isinstance(statement.body[-1], ast.Raise) and not statement.orelse
    if raises and isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.NotEq):
        left = lambda new: setattr(test, "left", new)  # noqa: E731
        yield from _sides(test.left, test.comparators[0], left, _into(test.comparators, 0))


def _conjuncts(test: ast.expr) -> Iterator[ast.expr]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from _conjuncts(value)
    else:
        yield test


def _asserted(test: ast.expr) -> Iterator[tuple[ast.expr, Put]]:
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        yield from _compared(test)
    elif isinstance(test, ast.Call):
        function = test.func
        if isinstance(function, ast.Attribute) and function.attr == "all" and isinstance(function.value, ast.Compare):
            yield from _asserted(function.value)
        elif _called(test) == "all" and len(test.args) == 1 and isinstance(test.args[0], ast.Compare):
            yield from _asserted(test.args[0])
        elif _called(test) in _SAME:
            yield from _arguments(test)
        elif _called(test) == "equals" and len(test.args) == 1:
            yield test.args[0], _into(test.args, 0)


def _compared(test: ast.Compare) -> Iterator[tuple[ast.expr, Put]]:
    left, right = test.left, test.comparators[0]
    if isinstance(test.ops[0], ast.Eq):
        yield from _sides(left, right, lambda new: setattr(test, "left", new), _into(test.comparators, 0))
    elif isinstance(test.ops[0], ast.Lt | ast.LtE) and isinstance(left, ast.Call) and _called(left) in _DISTANCES:
        away = left.args[0] if len(left.args) == 1 else None
        if isinstance(away, ast.BinOp) and isinstance(away.op, ast.Sub):
            yield from _sides(
                away.left,
                away.right,
                lambda new: setattr(away, "left", new),
                lambda new: setattr(away, "right", new),
            )


def _arguments(call: ast.Call) -> Iterator[tuple[ast.expr, Put]]:
    """Yield what is expected among the arguments of a helper."""
    if len(call.args) >= 2 and not any(isinstance(one, ast.Starred) for one in call.args[:2]):
        yield from _sides(call.args[0], call.args[1], _into(call.args, 0), _into(call.args, 1))
        return
    for keyword in call.keywords:
        if keyword.arg in _EXPECTED:
            yield keyword.value, lambda new, keyword=keyword: setattr(keyword, "value", new)  # type: ignore[misc]
            return


def _sides(left: ast.expr, right: ast.expr, put_left: Put, put_right: Put) -> Iterator[tuple[ast.expr, Put]]:
    """Yield what may say what is expected of two sides: what is written out, or else both."""
    if _is_written_out(right) or not _is_written_out(left):
        yield _in_approx(right, put_right)
    if not _is_written_out(right):
        yield _in_approx(left, put_left)


def _in_approx(expected: ast.expr, put: Put) -> tuple[ast.expr, Put]:
    """Look into `pytest.approx(...)`."""
    if isinstance(expected, ast.Call) and _called(expected) == "approx" and expected.args:
        return expected.args[0], _into(expected.args, 0)
    return expected, put


def _is_written_out(side: ast.expr | None = None) -> bool:
    is_approx = isinstance(side, ast.Call) and _called(side) == "approx"
    return is_approx or isinstance(side, _LITERALS)


def _into(many: list[ast.expr], position: int) -> Put:
    return lambda new: many.__setitem__(position, new)


def _called(call: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _can_be_other(expected: ast.expr) -> bool:
    """Return whether something else can be expected for certain: nothing is, where what is expected is empty."""
    if isinstance(expected, ast.Call) and _called(expected) in _MADE_OF_FIRST and _is_written_out(*expected.args[:1]):
        return _can_be_other(expected.args[0])
    if isinstance(expected, ast.List | ast.Tuple | ast.Set):
        return bool(expected.elts) and _can_be_other(expected.elts[0])
    if isinstance(expected, ast.Dict):
        return bool(expected.values) and expected.keys[0] is not None and _can_be_other(expected.values[0])
    return not isinstance(expected, ast.Starred)


@dataclass(frozen=True)
class _Other:
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
        if (
            isinstance(expected, ast.Call)
            and _called(expected) in _MADE_OF_FIRST
            and _is_written_out(*expected.args[:1])
        ):
            expected.args[0] = self.of(expected.args[0])
            return expected
        # Infinity must become something else, too; what is empty or no number (NaN) cannot.
        other = ast.BinOp(ast.Constant(self.shift), ast.Sub(), expected)
        return ast.Call(ast.parse(_CERTAIN, mode="eval").body, [other], [])

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
