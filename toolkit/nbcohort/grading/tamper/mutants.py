"""Mutated copies of a test's assertions: if the test has passed, each of them must fail.

A test that passes whatever it is compared with says nothing about the answer. So each assertion is repeated with one
side replaced by an object that equals nothing, or with the comparison turned round. Those that pass are evidence: of an
answer that equals everything, of a helper that was replaced, of assertions that are taken out on their way.

Nothing is claimed where honest answers could pass a mutant, too: when the assertion itself does not hold a second time
(an iterator is used up, numbers are random), when it is meant to fail (`pytest.raises`), or when the test uses objects
that equal everything itself (`mock.ANY`).
"""

import ast
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbcohort.i18n import _

_TWO_ARE_SAME = re.compile(r"assert_?(?!.*not)(\w*_)?\w*(equals?|almost\w*|all_?close|close)$", re.IGNORECASE)
"""Helpers that raise unless their first two arguments are the same, such as `numpy.testing.assert_allclose`."""
_SAYS_SAME = frozenset({"allclose", "isclose", "array_equal", "array_equiv", "equals"})
"""Functions and methods that say whether two things are the same."""
_EQUAL_TO_EVERYTHING = re.compile(r"\bANY\b|\bMagicMock\b")
_EXPECTS_ERROR = re.compile(r"raises|warns|assertLogs|suppress", re.IGNORECASE)

_TURNED_ROUND: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclass(frozen=True)
class Experiment:
    """A test whose assertions are replaced by their mutants, to be run where it can do no harm."""

    source: str
    """It ends with an `AssertionError` of two arguments: `token`, and a dict whose keys are the claims that hold."""
    token: str
    claims: tuple[str, ...]
    """What it means that a mutant has passed: a sentence for a person."""

    def passed(self, evalue: str) -> tuple[str, ...] | None:
        """Return the claims that hold, given the text of the error it ended with; None if it ended otherwise."""
        found = re.fullmatch(rf"\('{self.token}', \{{(?P<numbers>[^{{}}]*)\}}\)", evalue)
        if not found:
            return None
        numbers = {int(number) for number in re.findall(r"(\d+): True", found["numbers"])}
        return tuple(claim for number, claim in enumerate(self.claims) if number in numbers)


def experiment(source: str) -> Experiment | None:
    """Return the experiment for a test that has passed; None if there is nothing to mutate.

    `source` is plain Python: IPython's own syntax is translated before.
    """
    if _EQUAL_TO_EVERYTHING.search(source):
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    token = secrets.token_hex(8)
    mutator = _Mutator(f"_{token}")
    try:
        tree = mutator.visit(tree)
        body = ast.unparse(ast.fix_missing_locations(tree))
    except RecursionError:
        return None
    if not mutator.claims:
        return None
    future, rest = _after_future_imports(body)
    name = f"_{token}"
    source = f"{future}{name}n = object()\n{name}p = {{}}\n{rest}\nraise AssertionError('{token}', {name}p)\n"
    return Experiment(source, token, tuple(mutator.claims))


def _after_future_imports(body: str) -> tuple[str, str]:
    lines = body.splitlines(keepends=True)
    future = [line for line in lines if line.startswith("from __future__ ")]
    return "".join(future), "".join(line for line in lines if not line.startswith("from __future__ "))


class _Mutator(ast.NodeTransformer):
    """Replaces assertions; names that begin with `name` are its own."""

    def __init__(self, name: str) -> None:
        self.claims: list[str] = []
        self._name = name
        self._nothing = ast.Name(f"{name}n", ast.Load())

    def visit(self, node: ast.AST) -> Any:
        """Leave alone what somebody catches the errors of, or what is meant to fail."""
        if isinstance(node, ast.Try | ast.TryStar) and node.handlers:
            return node
        if isinstance(node, ast.With | ast.AsyncWith) and any(
            _EXPECTS_ERROR.search(ast.unparse(item.context_expr)) for item in node.items
        ):
            return node
        return super().visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Look into the methods of test cases only: what other classes assert is their own affair."""
        if any("TestCase" in ast.unparse(base) for base in node.bases):
            return self.generic_visit(node)
        return node

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        """Replace an assertion."""
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            return self._comparison(node, test)
        if isinstance(test, ast.Call) and _called(test) in _SAYS_SAME:
            return [*self._same(node, test), *self._negation(node)]
        return self._negation(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        """Replace the call of a helper that raises unless two things are the same."""
        call = node.value
        if isinstance(call, ast.Call) and _TWO_ARE_SAME.match(_called(call)) and _plain(call.args[:2]) == 2:
            return self._helper(node, call)
        return node

    def _comparison(self, node: ast.Assert, test: ast.Compare) -> list[ast.stmt]:
        left, right = self._variable("l"), self._variable("r")
        operator = type(test.ops[0])
        mutants: list[ast.stmt] = []
        if operator is ast.Eq:
            mutants += self._asserting(ast.Compare(left, [ast.Eq()], [self._nothing]), self._when_replaced(node, 1))
            mutants += self._asserting(ast.Compare(self._nothing, [ast.Eq()], [right]), self._when_replaced(node, 0))
        mutants += self._asserting(
            ast.Compare(left, [_TURNED_ROUND[operator]()], [right]), self._when_turned_round(node)
        )
        if operator is ast.In:
            mutants += self._asserting(ast.Compare(self._nothing, [ast.In()], [right]), self._when_replaced(node, 0))
        holds = ast.Compare(left, [operator()], [right])
        assigned = [self._assign("l", test.left), self._assign("r", test.comparators[0])]
        if operator in (ast.In, ast.NotIn):  # asking uses an iterator up
            return [*assigned, *mutants]
        return [*assigned, ast.If(holds, mutants, [])]

    def _negation(self, node: ast.Assert) -> list[ast.stmt]:
        test, value = node.test, self._variable("l")
        turned: ast.expr = ast.UnaryOp(ast.Not(), value)
        holds: ast.expr = value
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, turned, holds = test.operand, value, turned
        mutants = self._asserting(turned, self._when_turned_round(node))
        return [self._assign("l", test), ast.If(holds, mutants, [])]

    def _same(self, node: ast.Assert, call: ast.Call) -> list[ast.stmt]:
        """Return mutants of `assert same(a, b)` and `assert a.same(b)`."""
        mutants: list[ast.stmt] = []
        for position in range(min(len(call.args), 2)):
            if _plain(call.args[: position + 1]) == position + 1:
                mutants += self._asserting(self._with_nothing(call, position), self._when_replaced(node, position))
        return mutants

    def _helper(self, node: ast.Expr, call: ast.Call) -> list[ast.stmt]:
        mutants: list[ast.stmt] = []
        for position in (0, 1):
            mutants += self._trying(ast.Expr(self._with_nothing(call, position)), self._when_replaced(node, position))
        return mutants

    def _with_nothing(self, call: ast.Call, position: int) -> ast.Call:
        arguments = list(call.args)
        arguments[position] = self._nothing
        return ast.Call(call.func, arguments, call.keywords)

    def _asserting(self, test: ast.expr, claim: str) -> list[ast.stmt]:
        return self._trying(ast.Assert(test, None), claim)

    def _trying(self, statement: ast.stmt, claim: str) -> list[ast.stmt]:
        """Return code that writes down that `claim` holds, unless the statement raises."""
        self.claims.append(claim)
        passed = ast.Subscript(
            ast.Name(f"{self._name}p", ast.Load()), ast.Constant(len(self.claims) - 1), ctx=ast.Store()
        )
        failed = ast.ExceptHandler(ast.Name("BaseException", ast.Load()), None, [ast.Pass()])
        return [ast.Try([statement], [failed], [ast.Assign([passed], ast.Constant(True))], [])]

    def _variable(self, which: str) -> ast.Name:
        return ast.Name(f"{self._name}{which}", ast.Load())

    def _assign(self, which: str, value: ast.expr) -> ast.Assign:
        return ast.Assign([ast.Name(f"{self._name}{which}", ast.Store())], value)

    def _when_replaced(self, node: ast.stmt, position: int) -> str:
        sentence = (
            _("{test} passes with anything in the place of what stands on the right")
            if position
            else _("{test} passes with anything in the place of what stands on the left")
        )
        return sentence.format(test=_shown(node))

    def _when_turned_round(self, node: ast.stmt) -> str:
        return _("{test} passes, and so does its opposite").format(test=_shown(node))


def _called(call: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _plain(arguments: Sequence[ast.expr]) -> int:
    """Return how many arguments there are, up to the first one with a star."""
    starred = (number for number, one in enumerate(arguments) if isinstance(one, ast.Starred))
    return next(starred, len(arguments))


def _shown(node: ast.stmt) -> str:
    text = ast.unparse(node)
    return f"`{text if len(text) <= 80 else text[:77] + '...'}`"
