"""An instructor's check notebooks: a learner's notebook with other parameters, and then the check's own cells.

The cell tagged `parameters` of a check assigns plain values. Papermill puts them below the cell tagged `parameters` of
the learner's notebook. The other cells of the check follow the learner's, in the same kernel.

The learner's code shares that kernel, so it can read the check's cells while they run. Nothing that it says then
reaches the learner: a finding has the words that the instructor wrote (Markdown, and messages of assertions, with … for
values) and the names of Python's own errors. What gets out is one bit for each cell, whether it passed.
"""

import ast
import builtins
import copy
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution
from papermill.parameterize import parameterize_notebook

from nbcohort.checks.findings import error_of
from nbcohort.checks.results import Finding, Where, line, prose
from nbcohort.checks.runner import ENGINE, kernel_of
from nbcohort.errors import Invalid
from nbcohort.grading.prepare import read_notebook
from nbcohort.i18n import _
from nbcohort.parsing import parse

PARAMETERS = "parameters"
LARGEST = 20 << 20
"""Bytes of a notebook that is read."""
_FRAME = re.compile(r"Cell In\[(\d+)\], line (\d+)")
_ENDS = {
    "CellTimeoutError": _("It took too long."),
    "KeyboardInterrupt": _("It took too long."),
    "DeadKernelError": _("The kernel ended."),
    "NotRunError": _("It could not run, as the kernel had ended."),
}


@dataclass(frozen=True)
class CheckCell:
    """A code cell of a check, with the words for who fails it."""

    number: int
    """Among all cells of the check, from 1."""
    source: str
    title: str
    hint: str | None
    messages: Mapping[int, str] = field(default_factory=dict)
    """The number of each line of an assertion that has a message -> the message as it is written."""


@dataclass(frozen=True)
class Check:
    """A check notebook."""

    name: str
    parameters: Mapping[str, Any]
    cells: tuple[CheckCell, ...]

    def is_for(self, notebook: str, among: Sequence[str]) -> bool:
        """Return whether it checks the notebook `notebook`, of those that are checked."""
        return len(among) == 1 or self.name.startswith(f"{notebook}.")


def read_checks(folder: Path) -> tuple[Check, ...]:
    """Return the checks in a folder, by name; none if there is no such folder. `Invalid` says what is wrong."""
    return tuple(_read(path) for path in sorted(folder.glob("*.ipynb")))


def _read(path: Path) -> Check:
    notebook, _repairs = read_notebook(path, LARGEST)
    parameters: dict[str, Any] = {}
    cells = []
    words: list[str] = []
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            words = [text.strip() for text in cell.source.strip().splitlines() if text.strip()]
        elif cell.cell_type == "code" and PARAMETERS in tags_of(cell):
            parameters |= _values(cell.source, path.name)
            words = []
        elif cell.cell_type == "code" and cell.source.strip():
            title = (
                words[0].lstrip("# ") if words else _("{check}, cell {number}").format(check=path.stem, number=number)
            )
            advice = prose("\n".join(words[1:])) or None
            cells.append(CheckCell(number, cell.source, line(title), advice, _messages(cell.source)))
            words = []
    return Check(path.stem, parameters, tuple(cells))


def _values(source: str, name: str) -> dict[str, Any]:
    """Return what the cell of parameters assigns."""
    found = {}
    try:
        for statement in parse(source).body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=target)], value=value):
                    found[target] = _plain(ast.literal_eval(value))
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value):
                    found[target] = _plain(ast.literal_eval(value))
                case _:
                    raise ValueError(ast.unparse(statement))
    except (ValueError, TypeError, SyntaxError) as error:
        raise Invalid(
            _(
                "{check}: the cell tagged `parameters` may only assign plain values (numbers, text, true or false,"
                " lists, dictionaries), one on a line, such as `seed = 7`."
            ).format(check=name)
        ) from error
    return found


def _plain(value: Any) -> Any:
    """Return a value that Papermill writes as it is; ValueError if it is none."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError(repr(value))


def _messages(source: str) -> dict[int, str]:
    """Return the messages of assertions by the numbers of the assertions' lines, with … for what is computed."""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError):  # IPython's own syntax
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and (text := _literal(node.msg)):
            lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            found.update(dict.fromkeys(lines, prose(text)))
    return found


def _literal(message: ast.expr | None) -> str | None:
    match message:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
    return None


def tags_of(cell: NotebookNode) -> list[Any]:
    """Return a cell's tags; none if what stands there are none."""
    tags = cell.metadata.get("tags")
    return list(tags) if isinstance(tags, list) else []


def has_parameters(notebook: NotebookNode) -> bool:
    """Return whether a notebook has a cell tagged `parameters`."""
    return any(PARAMETERS in tags_of(cell) for cell in notebook.cells)


def compose(notebook: NotebookNode, check: Check) -> NotebookNode:
    """Return the learner's notebook with the check's parameters, and the check's cells after its own."""
    composed = copy.deepcopy(notebook)
    for number, cell in enumerate(composed.cells, start=1):
        cell.metadata["nbcohort"] = NotebookNode(learners=number)
        cell.metadata["tags"] = [tag for tag in tags_of(cell) if tag == PARAMETERS]
    composed.metadata["papermill"] = NotebookNode()
    if check.parameters:
        composed = parameterize_notebook(
            composed, dict(check.parameters), kernel_name=kernel_of(composed), language="python", engine_name=ENGINE
        )
    for index, cell in enumerate(check.cells):
        composed.cells.append(
            NotebookNode(
                id=f"nbcohort-check-{index}",
                cell_type="code",
                metadata=NotebookNode(nbcohort=NotebookNode(checks=index)),
                source=cell.source,
                outputs=[],
                execution_count=None,
            )
        )
    return composed


def check_findings(
    ran: NotebookNode, check: Check, name: str, known: Set[int | None] = frozenset()
) -> Iterator[Finding]:
    """Yield a finding for each cell of `check`, and for each cell of the learner's that other parameters stop.

    Left out are the learner's visible tests, which are about the parameters that the notebook has by itself, and cells
    that stop with those, too, whose numbers are `known`.
    """
    for cell in ran.cells:
        if cell.cell_type != "code":
            continue
        error = error_of(cell)
        about = cell.metadata.get("nbcohort", {})
        where = Where(notebook=line(name), check=line(check.name), cell=about.get("learners"))
        if "checks" in about:
            yield _of_check(check.cells[about["checks"]], cell, error, where)
        elif error and "learners" in about and about["learners"] not in known and not _is_test(cell):
            yield Finding(
                what=_("cell {number}").format(number=about["learners"]),
                where=where,
                passed=False,
                message=_ending(error),
                hint=_("It does so with other parameters or other data; does it rely on those it was written with?"),
            )


def _is_test(cell: NotebookNode) -> bool:
    return bool(is_grade(cell) and not is_solution(cell))


def _of_check(known: CheckCell, cell: NotebookNode, error: NotebookNode | None, where: Where) -> Finding:
    where = where.model_copy(update={"cell": known.number})
    if error is None:
        return Finding(what=known.title, where=where, passed=True)
    frames = _FRAME.findall(_plain_text(error))
    lines = [int(number) for count, number in frames if count == str(cell.execution_count)]
    message = next((known.messages[number] for number in lines if number in known.messages), None)
    return Finding(what=known.title, where=where, passed=False, message=message or _ending(error), hint=known.hint)


def _plain_text(error: NotebookNode) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(map(str, error.traceback)))


def _ending(error: NotebookNode) -> str | None:
    """Return how a cell ended, in words that are none of the learner's."""
    name = str(error.ename)
    if name in _ENDS:
        return _ENDS[name]
    known = getattr(builtins, name, None)
    if name == "AssertionError" or not (isinstance(known, type) and issubclass(known, BaseException)):
        return None
    return _("It ended with {error}.").format(error=name)
