"""What is odd about the sources of a notebook: names that answers do not need, and set-up that an answer undoes."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from nbformat import NotebookNode

from nbcohort.grading.master import MasterNotebook
from nbcohort.grading.roles import name_of
from nbcohort.grading.tamper.flags import Flag
from nbcohort.grading.tamper.guard import is_test
from nbcohort.grading.tamper.sources import children_of, nodes_of, parsed, stored
from nbcohort.i18n import _

_NAMES = frozenset(
    {
        "_ih",
        "_i",
        "_ii",
        "_iii",
        "ast_transformers",
        "input_transformers_post",
        "input_transformers_cleanup",
        "input_hist_raw",
        "input_hist_parsed",
        "history_manager",
        "shell_stream",
        "iopub_socket",
        "set_custom_exc",
        "f_back",
        "f_locals",
        "f_globals",
        "tb_frame",
        "gi_frame",
        "cr_frame",
        "co_consts",
    }
)
"""Ways to what runs a cell, and to what calls a function."""
_HISTORY = "In"
_CALLED_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_OF_THEIR_OWN = (*_CALLED_LATER, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
"""Have names that are not the module's."""


def scan(notebook: NotebookNode, master: MasterNotebook) -> tuple[Flag, ...]:
    """Return what is odd, cell by cell; what the instructor has written is not."""
    found = []
    fixed, given, sources = _of_instructor(master)
    said = _statements(master)
    for cell in notebook.cells:
        known = master.by_name.get(name_of(cell))
        if cell.cell_type != "code" or is_test(cell) or (known and known.locked) or cell.source in sources:
            continue
        tree = parsed(cell.source)
        later = _called_later(tree)
        names = sorted((_names_in(later) & _NAMES) - given - frozenset(stored(later)))
        if names or (_reads_history(later) and _HISTORY not in given):
            evidence = tuple(names or [f"{_HISTORY}[...]"])
            found.append(Flag(name_of(cell), "names", _("It names what an answer does not need."), evidence))
        undone = fixed & _bound(tree) and sorted(fixed & _bound(_without(tree, said)))
        if undone:
            sentence = _("It changes what the set-up of the notebook says.")
            found.append(Flag(name_of(cell), "names", sentence, tuple(undone)))
    return tuple(found)


def unasked(flags: Iterable[Flag], master: MasterNotebook) -> tuple[Flag, ...]:
    """Return the flags without those for what the instructor's own cells do as well.

    A test may define a `print` of its own, "write `sum`" is a task, and a solution may add to a list of the set-up's.
    """
    asked = {"covered": _bound_by_instructor(master), "names": _named_in_answers(master)}
    found = []
    for flag in flags:
        left = tuple(name for name in flag.evidence if name not in asked.get(flag.kind, ()))
        if left or not flag.evidence:
            found.append(replace(flag, evidence=left))
    return tuple(found)


@lru_cache(8)
def _bound_by_instructor(master: MasterNotebook) -> frozenset[str]:
    return frozenset(name for cell in master.cells if cell.cell_type == "code" for name in _bound(parsed(cell.source)))


@lru_cache(8)
def _named_in_answers(master: MasterNotebook) -> frozenset[str]:
    """Return the names whose values the instructor's answers may change."""
    answers = [parsed(cell.source) for cell in master.cells if cell.cell_type == "code" and not cell.locked]
    found = {name for tree in answers for name in _bound(tree)}
    for node in nodes_of(*answers):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.value, ast.Name):
            found.add(node.value.id)
    return frozenset(found)


@lru_cache(8)  # it is the same for a whole cohort
def _of_instructor(master: MasterNotebook) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the constants of the set-up, all names that the instructor uses, and the sources of all cells."""
    given = _names_in(nodes_of(*(parsed(cell.source) for cell in master.cells if cell.cell_type == "code")))
    return frozenset(_set_up(master)), given, frozenset(cell.source for cell in master.cells)


@lru_cache(8)
def _statements(master: MasterNotebook) -> frozenset[str]:
    """Return the statements of locked cells: who says them again changes nothing."""
    locked = [parsed(cell.source) for cell in master.cells if cell.cell_type == "code" and cell.locked]
    return frozenset(ast.dump(node) for tree in locked for node in tree.body)


def _without(tree: ast.Module, said: frozenset[str]) -> ast.Module:
    return ast.Module([node for node in tree.body if ast.dump(node) not in said], [])


def _set_up(master: MasterNotebook) -> set[str]:
    """Return the names that locked cells define for good, and no answer of the instructor's changes.

    These are constants, functions, classes and imported modules that tests, or functions of the set-up, use; a table,
    say, is there to be changed.
    """
    code = [(cell, parsed(cell.source)) for cell in master.cells if cell.cell_type == "code"]
    locked = [tree for cell, tree in code if cell.locked and not cell.grade]
    changed = {name for cell, tree in code if cell.solution for name in _bound(tree)}
    asked = {node.id for cell, tree in code if cell.grade for node in nodes_of(tree) if isinstance(node, ast.Name)}
    functions = [node for tree in locked for node in nodes_of(tree) if isinstance(node, _CALLED_LATER)]
    asked |= {name for function in functions for name in _asked_for(function)}
    return {name for tree in locked for name in (*_constants(tree), *_defined(tree))} & asked - changed


def _asked_for(function: ast.AST) -> set[str]:
    """Return the names that a function uses and does not give a meaning itself."""
    nodes = nodes_of(function)
    names = [node for node in nodes if isinstance(node, ast.Name)]
    own = {*stored(names)} | {node.arg for node in nodes if isinstance(node, ast.arg)}
    return {node.id for node in names} - own


def _constants(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a cell gives constants to at its top level."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            yield from (one.id for one in targets if isinstance(one, ast.Name))


def _defined(tree: ast.Module) -> Iterator[str]:
    """Yield the names of functions, classes and modules that a cell defines at its top level."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import):
            yield from (one.asname or one.name.partition(".")[0] for one in node.names)


def _bound(tree: ast.Module) -> set[str]:
    """Return the names that a cell gives another meaning, at its top level or as `global`, other than by an import."""
    found: set[str] = set()
    for node in _of_module(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
    return found | {name for node in nodes_of(tree) if isinstance(node, ast.Global) for name in node.names}


def _of_module(tree: ast.AST) -> list[ast.AST]:
    """Return the nodes of a cell whose names are the module's: none in functions, classes and comprehensions."""
    found = [tree]
    for node in found:  # which grows meanwhile
        if not isinstance(node, _OF_THEIR_OWN):
            found.extend(children_of(node))
    return found


def _names_in(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Return names, attributes, and strings that could be names."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            found.add(node.value)
    return frozenset(found)


def _reads_history(nodes: Iterable[ast.AST]) -> bool:
    return any(
        isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == _HISTORY
        for node in nodes
    )


def _called_later(tree: ast.AST) -> list[ast.AST]:
    """Return the nodes of a cell's functions and classes: what else it does has been done when a test runs."""
    tops: list[ast.AST] = []
    others = [tree]
    for node in others:  # which grows meanwhile
        for child in children_of(node):
            (tops if isinstance(child, _CALLED_LATER) else others).append(child)
    return nodes_of(*tops)
