"""Copies of a test that computes points, in which every answer is compared with something else: it must give fewer.

Such a test asserts nothing: its last expression is a number, made of what is asked (`sum([double(1) == 2, ...]) / 3`).
Only where it is made of questions, numbers and arithmetic, and of nothing else, is it certain what an answer that
deserves its points gets there: what is left when no question is answered.
"""

import ast
import secrets
from collections.abc import Callable, Iterator

from nbcohort.parsing import parse

Ask = Callable[[ast.expr], ast.expr | None]
"""Returns a question with something else expected; None for an expression that is none."""

_ARITHMETIC = frozenset({"sum", "float", "int", "round", "min", "max", "bool", "all", "any", "len", "print"})
_GIVES = frozenset({"zip", "range", "enumerate"})


def changed(tree: ast.Module, ask: Ask) -> str | None:
    """Return a cell that fails for who deserves the points of the test `tree`; None if nobody can say."""
    if not tree.body or not isinstance(tree.body[-1], ast.Expr) or not all(map(_is_plain, tree.body)):
        return None
    others, nothing = _Replaced(ask), _Replaced(lambda node: ast.Constant(False) if _is_question(node) else None)
    names = [f"_{secrets.token_hex(12)}" for _number in range(2)]
    bodies: list[ast.stmt] = []
    for replaced, name in zip((others, nothing), names, strict=True):
        copy = parse(ast.unparse(tree))
        replaced.visit(copy)
        *before, last = copy.body
        assert isinstance(last, ast.Expr)  # noqa: S101 - for types
        bodies += [*before, ast.Assign([ast.Name(name, ast.Store())], last.value)]
    if not others.found:
        return None
    more = ast.Compare(ast.Name(names[0], ast.Load()), [ast.Gt()], [ast.Name(names[1], ast.Load())])
    return ast.unparse(ast.fix_missing_locations(ast.Module([*bodies, ast.Assert(more)], [])))


class _Replaced(ast.NodeTransformer):
    """Puts something in the place of each question."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.found = False
        """Whether anything was put anywhere."""

    def visit(self, node: ast.AST) -> ast.AST:
        """Replace a question; what stands in it is left, as is an answer that gets a name."""
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _is_question(node.value):
            return node
        if not isinstance(node, ast.expr) or not _is_question(node):
            self.generic_visit(node)
            return node
        other = self._ask(node)
        self.found |= other is not None
        return ast.Constant(False) if other is None else other


def _is_question(node: ast.AST) -> bool:
    """Return whether an expression says whether an answer is right: a comparison, or a call of who compares."""
    if isinstance(node, ast.Call):
        return not (isinstance(node.func, ast.Name) and node.func.id in _ARITHMETIC | _GIVES)
    return isinstance(node, ast.Compare)


def _is_plain(node: ast.stmt) -> bool:
    """Return whether a statement does nothing but compute points."""
    if isinstance(node, ast.If):
        return _is_number(node.test) and all(map(_is_plain, [*node.body, *node.orelse]))
    if isinstance(node, ast.Try):
        handled = [one for handler in node.handlers for one in handler.body]
        return all(map(_is_plain, node.body)) and not (node.orelse or node.finalbody) and all(map(_is_idle, handled))
    if isinstance(node, ast.Assign):
        return all(isinstance(one, ast.Name) for one in node.targets) and _is_number(node.value)
    if isinstance(node, ast.AugAssign):
        return isinstance(node.target, ast.Name) and _is_number(node.value)
    return _is_idle(node) or (isinstance(node, ast.Expr) and _is_number(node.value))


def _is_idle(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return getattr(node.value.func, "id", "") == "print"
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _is_number(node: ast.expr) -> bool:
    """Return whether an expression is made of questions, numbers and arithmetic."""
    if _is_question(node) or isinstance(node, ast.Constant | ast.Name):
        return True
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        parts = [node.elt, *(test for one in node.generators for test in one.ifs)]
        return all(map(_is_number, parts)) and all(_is_list(one.iter) for one in node.generators)
    if isinstance(node, ast.BinOp | ast.UnaryOp | ast.BoolOp | ast.IfExp | ast.List | ast.Tuple):
        return all(map(_is_number, _expressions(node)))
    return isinstance(node, ast.Call) and not node.keywords and all(map(_is_number, node.args))


def _is_list(node: ast.expr) -> bool:
    """Return whether an expression is written out, a name, or made of these."""
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", "") in _GIVES and all(map(_is_list, node.args))
    return isinstance(node, ast.Constant | ast.Name) or (
        isinstance(node, ast.List | ast.Tuple | ast.UnaryOp | ast.Dict) and all(map(_is_list, _expressions(node)))
    )


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    return (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
