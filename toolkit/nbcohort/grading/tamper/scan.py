"""What is odd about the sources of a notebook: names that answers do not need, and set-up that an answer undoes."""

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from nbcohort.grading.master import MasterNotebook
from nbcohort.grading.tamper.flags import Flag
from nbcohort.grading.tamper.guard import is_test, name_of
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
_LINES_OF_IPYTHON = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)


def scan(notebook: NotebookNode, master: MasterNotebook) -> tuple[Flag, ...]:
    """Return what is odd, cell by cell; what the instructor has written is not."""
    found = []
    fixed = _set_up(master)
    given = _names_in(*(cell.source for cell in master.cells if cell.cell_type == "code"))
    by_name, sources = master.by_name, {cell.source for cell in master.cells}
    for cell in notebook.cells:
        known = by_name.get(name_of(cell))
        if cell.cell_type != "code" or is_test(cell) or (known and known.locked) or cell.source in sources:
            continue
        later = _functions(cell.source)
        names = sorted((_names_in(later) & _NAMES) - given)
        if names or (_reads_history(later) and _HISTORY not in given):
            evidence = tuple(names or [f"{_HISTORY}[...]"])
            found.append(Flag(name_of(cell), "names", _("It names what an answer does not need."), evidence))
        undone = sorted(fixed.keys() & dict(_assigned(cell.source)).keys())
        if undone:
            sentence = _("It changes what the set-up of the notebook says.")
            found.append(Flag(name_of(cell), "names", sentence, tuple(undone)))
    return tuple(found)


def _set_up(master: MasterNotebook) -> dict[str, object]:
    """Return the constants that locked cells define and no answer of the instructor's changes."""
    locked = [cell for cell in master.cells if cell.cell_type == "code" and cell.locked and not cell.grade]
    answers = [cell for cell in master.cells if cell.cell_type == "code" and cell.solution]
    changed = {name for cell in answers for name, _value in _assigned(cell.source)}
    constants = {name: value for cell in locked for name, value in _assigned(cell.source)}
    return {name: value for name, value in constants.items() if name not in changed and value is not None}


def _assigned(source: str) -> Iterator[tuple[str, object]]:
    """Yield the names that a cell assigns to at its top level, each with the constant, or None for anything else."""
    for node in getattr(_parsed(source), "body", ()):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign):
                yield target.id, value.value if isinstance(value, ast.Constant) else None


def _names_in(*sources: str) -> frozenset[str]:
    """Return names, attributes, and strings that could be names."""
    found = set()
    for source in sources:
        for node in ast.walk(_parsed(source)):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                found.add(node.value)
    return frozenset(found)


def _reads_history(source: str) -> bool:
    return any(
        isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == _HISTORY
        for node in ast.walk(_parsed(source))
    )


def _functions(source: str) -> str:
    """Return the functions and classes of a cell: what else it does has been done when a test runs."""
    nodes = getattr(_parsed(source), "body", [])
    inner = [node for top in nodes for node in ast.walk(top) if isinstance(node, _CALLED_LATER)]
    return "\n".join(ast.unparse(node) for node in inner)


def _parsed(source: str) -> ast.AST:
    plain = _LINES_OF_IPYTHON.sub(r"\1pass", source)
    try:
        return ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])
