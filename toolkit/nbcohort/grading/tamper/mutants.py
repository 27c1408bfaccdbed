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

from nbcohort.grading.tamper import points
from nbcohort.grading.tamper.other import FAR, Other, called, can_be_other, is_written_out
from nbcohort.grading.tamper.sources import parsed, stored
from nbcohort.parsing import parse, parse_expression

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
_SAME = frozenset({"allclose", "isclose", "array_equal", "array_equiv"})
"""Functions that say whether their first two arguments are the same."""
_EXPECTED = frozenset({"desired", "expected", "right", "second"})
"""What helpers call the argument that says what is expected."""
_ENDS = (ast.Return, ast.Yield, ast.YieldFrom)
_DISTANCES = frozenset({"abs", "fabs", "absolute"})
Put = Callable[[ast.expr], None]
"""Puts an expression in the place of another one."""
Helpers = tuple[tuple[str, int, int], ...]
"""Functions of a course's own, and which two of their arguments must be the same."""


@dataclass(frozen=True)
class Mutant:
    """A test that must fail."""

    place: str
    """What is expected where something else is expected now; of a test that computes points, its last line."""
    sources: tuple[str, str]
    """Two, which expect different things: one may be right by chance, in arithmetic modulo something."""


@lru_cache(256)  # a whole cohort has the same tests
def count(source: str, helpers: Helpers = ()) -> int:
    """Return in how many places of a test something else can be expected; 0 if it is not plain Python."""
    try:
        tree = parse(source)
        return sum(1 for _place in _all_places(tree, source, helpers)) or int(bool(points.changed(tree, _Asked(FAR))))
    except (SyntaxError, ValueError, RecursionError):
        return 0


@lru_cache(1024)
def mutant(source: str, number: int, helpers: Helpers = ()) -> Mutant | None:
    """Return the mutant of a test in which the comparison with this number, from 0, expects something else.

    None for an expression that is too deep to be copied.
    """
    shift = random.SystemRandom().randrange(FAR, FAR + 10**9)
    sources = []
    for one in (shift, shift + 1):
        tree = parse(source)
        try:
            chosen = next(islice(_all_places(tree, source, helpers), number, None), None)
            if chosen is None:
                place = ast.unparse(tree.body[-1])
                sources.append(points.changed(tree, _Asked(one)) or "")
            else:
                expected, put = chosen
                place = ast.unparse(expected)
                put(Other(one).of(copy.deepcopy(expected)))
                sources.append(ast.unparse(ast.fix_missing_locations(tree)))
        except RecursionError:
            return None
    return Mutant(place, (sources[0], sources[1]))


@dataclass(frozen=True)
class _Known:
    """What is known of functions."""

    called: frozenset[str] = frozenset()
    """Those that the test calls."""
    helpers: Helpers = ()


@lru_cache(32)
def helpers_of(set_up: tuple[str, ...]) -> Helpers:
    """Return the functions of an instructor's cells that raise unless two of their arguments are the same."""
    found = []
    for source in set_up:
        for function in (one for one in parsed(source).body if isinstance(one, ast.FunctionDef)):
            names = [one.arg for one in function.args.args]
            nodes = list(ast.walk(function))
            may_not_raise = function.decorator_list or any(isinstance(node, _ENDS) for node in nodes)
            compared = {getattr(side, "id", "") for side, _put in _places(function.body, _Known())} - {*stored(nodes)}
            positions = [number for number, name in enumerate(names) if name in compared]
            if len(positions) == 2 and not may_not_raise:
                found.append((function.name, positions[0], positions[1]))
    return tuple(found)


def _given(call: ast.Call, helpers: Helpers) -> Iterator[tuple[ast.expr, Put]]:
    """Yield what is expected among the arguments of one of these helpers."""
    for name, one, other in helpers:
        is_plain = isinstance(call.func, ast.Name) and not any(isinstance(each, ast.Starred) for each in call.args)
        if is_plain and called(call) == name and other < len(call.args):
            yield from _sides(call.args[one], call.args[other], _into(call.args, one), _into(call.args, other))


def _all_places(tree: ast.Module, source: str, helpers: Helpers) -> Iterator[tuple[ast.expr, Put]]:
    names = _calls(tree.body) | ({_UNITS} if f".{_UNITS}()" in source else set())
    return (place for place in _places(tree.body, _Known(names, helpers)) if can_be_other(place[0]))


def _places(body: list[ast.stmt], known: _Known) -> Iterator[tuple[ast.expr, Put]]:
    """Yield what is expected in each comparison, and how something else is put there; `known`: functions."""
    for statement in body:
        if isinstance(statement, ast.Assert):
            for part in _conjuncts(statement.test):
                yield from _asserted(part)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            if _raises_unless_same(statement.value):
                yield from _arguments(statement.value)
            else:
                yield from _given(statement.value, known.helpers)
        elif isinstance(statement, ast.If):
            yield from _raised(statement)
        elif isinstance(statement, ast.For):
            yield from _looped(statement, body, known)
        elif _is_run(statement, known):
            yield from _places(getattr(statement, "body", []), known)


def _is_run(statement: ast.stmt, known: _Known) -> bool:
    """Return whether the body of a statement is run, and what it raises is raised."""
    if isinstance(statement, ast.With):
        calls = [one.context_expr for one in statement.items]
        return all(isinstance(one, ast.Call) and called(one) in _HARMLESS for one in calls)
    if getattr(statement, "decorator_list", []):  # such as one that skips a test, or expects it to fail
        return False
    if isinstance(statement, ast.ClassDef):
        return _UNITS in known.called
    if isinstance(statement, ast.FunctionDef):
        return statement.name in known.called or (_UNITS in known.called and statement.name.startswith("test"))
    return False


def _looped(loop: ast.For, beside: list[ast.stmt], known: _Known) -> Iterator[tuple[ast.expr, Put]]:
    """Yield the same of a loop's body; a loop that has nothing to do must not pass, either."""

    def putting(put: Put) -> Put:
        def do(new: ast.expr) -> None:
            put(new)
            name = f"_{secrets.token_hex(12)}"
            loop.body.insert(0, ast.Assign([ast.Name(name, ast.Store())], ast.Constant(True)))
            beside.insert(beside.index(loop) + 1, ast.Assert(ast.Name(name, ast.Load())))

        return do

    if not any(isinstance(node, ast.Break | ast.Continue | ast.Return) for node in ast.walk(loop)):
        for expected, put in _places(loop.body, known):
            yield expected, putting(put)


def _calls(body: list[ast.stmt]) -> frozenset[str]:
    """Return the names of the functions that are called as statements, in loops, too."""
    found = {called(one.value) for one in body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)}
    return frozenset(found).union(*(_calls(one.body) for one in body if isinstance(one, ast.For)))


def _raises_unless_same(call: ast.Call) -> bool:
    """Return whether a helper raises unless its first two arguments are the same; of a course's own, nobody knows."""
    name = called(call)
    if isinstance(call.func, ast.Attribute) and name == "assert_equal":
        return len(call.args) == 2 or (_is_text(call.args[-1]) and not _is_text(call.args[0]))  # the last says why
    if isinstance(call.func, ast.Attribute) and name in _OF_UNITTEST:
        return True
    return name in _OF_LIBRARIES


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


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
        elif called(test) == "all" and len(test.args) == 1 and isinstance(test.args[0], ast.Compare):
            yield from _asserted(test.args[0])
        elif called(test) == "all" and len(test.args) == 1 and isinstance(test.args[0], ast.GeneratorExp):
            yield from _each_asserted(test)
        elif called(test) in _SAME:
            yield from _arguments(test)
        elif called(test) == "equals" and len(test.args) == 1:
            yield test.args[0], _into(test.args, 0)


def _each_asserted(test: ast.Call) -> Iterator[tuple[ast.expr, Put]]:
    """Yield the same of what is asserted of each of many; of none, everything holds, which is nobody's fault."""
    of_each = test.args[0]
    assert isinstance(of_each, ast.GeneratorExp)  # noqa: S101 - for types

    def putting(put: Put) -> Put:
        def do(new: ast.expr) -> None:
            put(new)
            every = ast.ListComp(of_each.elt, of_each.generators)
            test.func = parse_expression("lambda many: all(many) and 1 / len(many)").body
            test.args[0] = every

        return do

    for part in _conjuncts(of_each.elt):
        for expected, put in _asserted(part):
            yield expected, putting(put)


def _compared(test: ast.Compare) -> Iterator[tuple[ast.expr, Put]]:
    left, right = test.left, test.comparators[0]
    if isinstance(test.ops[0], ast.Eq):
        yield from _sides(left, right, lambda new: setattr(test, "left", new), _into(test.comparators, 0))
    elif isinstance(test.ops[0], ast.Lt | ast.LtE) and isinstance(left, ast.Call) and called(left) in _DISTANCES:
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
    if is_written_out(right) or not is_written_out(left):
        yield _in_approx(right, put_right)
    if not is_written_out(right):
        yield _in_approx(left, put_left)


def _in_approx(expected: ast.expr, put: Put) -> tuple[ast.expr, Put]:
    """Look into `pytest.approx(...)`."""
    if isinstance(expected, ast.Call) and called(expected) == "approx" and expected.args:
        return expected.args[0], _into(expected.args, 0)
    return expected, put


def _into(many: list[ast.expr], position: int) -> Put:
    return lambda new: many.__setitem__(position, new)


@dataclass(frozen=True)
class _Asked:
    """Asks something else, see `points`."""

    shift: int

    def __call__(self, question: ast.expr) -> ast.expr | None:
        """Return a question with something else expected, None if nobody can say what is."""
        for expected, put in _asserted(question):
            if can_be_other(expected):
                put(Other(self.shift).of(copy.deepcopy(expected)))
                return question
        return None
