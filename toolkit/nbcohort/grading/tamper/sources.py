"""What the sources of cells say."""

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from nbcohort.parsing import parse

_LINES_OF_IPYTHON = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
_LOOPS = (ast.For, ast.comprehension)
_MANY = (ast.List, ast.Tuple, ast.Set, ast.Dict)


def parsed(source: str) -> ast.Module:
    """Return a cell, without lines that are IPython's; nothing if it is no Python."""
    plain = _LINES_OF_IPYTHON.sub(r"\1pass", source)
    try:
        return parse(plain)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def children_of(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes right below a node that a parser has made; `ast.iter_child_nodes` takes three times as long."""
    for value in vars(node).values():
        if isinstance(value, ast.AST):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, ast.AST))


def nodes_of(*tops: ast.AST) -> list[ast.AST]:
    """Return the nodes of trees, their tops first."""
    found = list(tops)
    for node in found:  # which grows meanwhile
        found.extend(children_of(node))
    return found


def stored(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names that get a meaning, or lose it, each time that they do."""
    return (node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))


@lru_cache(256)  # a whole cohort has the same tests
def builtins_of(source: str) -> tuple[str, ...]:
    """Return the builtins that a test calls."""
    names = [node for node in ast.walk(parsed(source)) if isinstance(node, ast.Name)]
    used = {node.id for node in names} - set(stored(names))
    return tuple(sorted(used & vars(builtins).keys()))


@lru_cache(256)
def names_in(source: str) -> frozenset[str]:
    """Return the names that a cell uses."""
    return frozenset(node.id for node in ast.walk(parsed(source)) if isinstance(node, ast.Name))


@lru_cache(32)
def fixed(set_up: tuple[str, ...], tests: tuple[str, ...]) -> dict[str, str]:
    """Return what the instructor's cells say once and for all: the source of each value, by its name.

    Lists and the like count only where a test goes through them: others may be there to be changed.
    """
    nodes = [node for source in (*set_up, *tests) for node in ast.walk(parsed(source))]
    times = Counter(stored(nodes))
    gone_through = {node.iter.id for node in nodes if isinstance(node, _LOOPS) and isinstance(node.iter, ast.Name)}
    found = {}
    for node in (node for source in set_up for node in parsed(source).body):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            may_change = isinstance(node.value, _MANY) and name not in gone_through
            if times[name] == 1 and not may_change and _is_literal(node.value):
                found[name] = ast.unparse(node.value)
    return found


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError):
        return False
    return True


@lru_cache(256)
def names_put(source: str) -> tuple[str, ...]:
    """Return the names of attributes that a cell assigns to, with what they are of, such as `builtins.print`."""
    found = set()
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(ast.unparse(node))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setattr" and len(node.args) == 3:
            thing, name, _value = node.args
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                found.add(f"{ast.unparse(thing)}.{name.value}")
    return tuple(sorted(".".join(name.split(".")[-2:]) for name in found))
