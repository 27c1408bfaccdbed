"""What an instructor can get wrong in notebooks, found by reading them; nothing is run."""

import ast
import json
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nbcohort.courses.findings import Finding, error, warning
from nbcohort.courses.mistakes import suggestion
from nbcohort.errors import Invalid
from nbcohort.grading.tamper.isolated import isolation
from nbcohort.i18n import _
from nbcohort.parsing import parse

Notebook = dict[str, Any]
"""A notebook as JSON."""

_ABSOLUTE = re.compile(r"(/(home|Users|root|content|mnt|media|Volumes)/|[A-Za-z]:[\\/]|~/)\S")
_READERS = re.compile(r"read_(csv|table|fwf|excel|json|parquet|feather)|open|loadtxt|genfromtxt|imread")
_MAGIC = re.compile(r"^\s*[%!?].*$", re.MULTILINE)


def read_notebook(path: Path) -> Notebook:
    """Return the notebook at `path` as JSON; ValueError, with the sentence, if it is none (format 4)."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ValueError(_("this notebook is not UTF-8 text")) from None
    except json.JSONDecodeError as problem:
        raise ValueError(
            _(
                "this notebook is not valid JSON (line {line}: {reason}); was it edited by hand, or left in conflict?"
            ).format(line=problem.lineno, reason=problem.msg)
        ) from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list) or notebook.get("nbformat") != 4:
        raise ValueError(_("this is not a notebook of format 4; open and save it in JupyterLab"))
    return notebook


def check_notebook(path: Path, where: str, kernels: Iterable[str] | None) -> list[Finding]:
    """Return what is wrong in the notebook at `path`.

    `where` is its name in findings; `kernels` are the installed ones, None if that cannot be known.
    """
    try:
        notebook = read_notebook(path)
    except ValueError as problem:
        return [error(where, str(problem))]
    return [
        *_kernel(notebook, where, kernels),
        *_grading(notebook, where),
        *_nbgrader(path, where),
        *_paths(notebook, where, path.parent),
    ]


def load_notebook(path: Path) -> Any:
    """Return the notebook at `path` as nbformat has it, which mends cell ids without a word."""
    import nbformat

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nbformat.read(path, as_version=4)


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _marks(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    marks = cell.get("metadata", {}).get("nbgrader", {})
    return marks if isinstance(marks, Mapping) else {}


def _kernel(notebook: Notebook, where: str, kernels: Iterable[str] | None) -> Iterator[Finding]:
    name = notebook.get("metadata", {}).get("kernelspec", {}).get("name")
    if not name:
        yield error(
            where, _("no kernel is named in its metadata, so it cannot be run; choose one in JupyterLab and save")
        )
    elif kernels is not None and name not in kernels:
        yield warning(where, _('its kernel "{name}" is not installed here').format(name=name))


def _grading(notebook: Notebook, where: str) -> Iterator[Finding]:
    seen: set[str] = set()
    points = 0.0
    for number, cell in enumerate(notebook["cells"], 1):
        marks = _marks(cell)
        if not (marks.get("grade") or marks.get("solution") or marks.get("locked")):
            continue
        name = marks.get("grade_id")
        if not name:
            yield error(where, _("cell {number} is marked for nbgrader, but has no grade id").format(number=number))
        elif name in seen:
            yield error(where, _('two cells have the grade id "{name}"; each needs its own').format(name=name))
        else:
            seen.add(name)
        if marks.get("grade") and cell.get("cell_type") == "code":
            try:
                isolation(_source(cell))
            except Invalid as problem:
                yield error(where, _("the test {name}: {problem}").format(name=name or number, problem=problem))
        if marks.get("grade"):
            worth = marks.get("points")
            if isinstance(worth, bool) or not isinstance(worth, int | float):
                yield error(where, _('the graded cell "{name}" has no points').format(name=name or number))
            else:
                points += worth
    if not points:
        yield warning(where, _("no cell of this notebook gives points"))


def _nbgrader(path: Path, where: str) -> Iterator[Finding]:
    """Ask nbgrader's own validator, where nbgrader is installed."""
    try:
        import nbformat
        from nbgrader.nbgraderformat import MetadataValidator
        from nbgrader.nbgraderformat.common import SchemaTooNewError, SchemaTooOldError, ValidationError
    except ImportError:
        return
    try:
        MetadataValidator().validate_nb(load_notebook(path))
    except (SchemaTooOldError, SchemaTooNewError) as problem:
        yield error(where, _("nbgrader cannot read its metadata: {reason}").format(reason=_first_line(problem)))
    except (ValidationError, nbformat.ValidationError, KeyError) as problem:
        reason = _first_line(problem)
        if not reason.startswith(("Duplicate grade id", "grade_id is empty")) and "does not have" not in reason:
            yield error(where, _("nbgrader refuses it: {reason}").format(reason=reason))


def _first_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]


def _paths(notebook: Notebook, where: str, folder: Path) -> Iterator[Finding]:
    trees = [tree for cell in notebook["cells"] if cell.get("cell_type") == "code" and (tree := _parse(_source(cell)))]
    texts = {text for tree in trees for text in _texts(tree)}
    for text in sorted(texts):
        if _ABSOLUTE.match(text):
            yield warning(
                where, _('the path "{path}" exists on one machine only; use a relative one').format(path=text)
            )
    read, elsewhere = set[str](), set[str]()
    for tree in trees:
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            (read if _reads(call) else elsewhere).update(_first_text(call))
    for name in sorted(read - elsewhere):
        if _is_local(name) and not (folder / name).exists():
            there = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
            yield warning(
                where,
                _('it reads "{name}", which is not in the assignment\'s folder{suggestion}').format(
                    name=name, suggestion=suggestion(name, there)
                ),
            )


def _parse(source: str) -> ast.Module | None:
    try:
        return parse(_MAGIC.sub("", source))
    except (SyntaxError, ValueError):
        return None


def _texts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _first_text(call: ast.Call) -> Iterator[str]:
    if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
        yield call.args[0].value


def _reads(call: ast.Call) -> bool:
    """Tell whether a call reads the file that is its first argument; `open` for writing does not."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if not _READERS.fullmatch(name):
        return False
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return name != "open" or not any(isinstance(mode, ast.Constant) and "r" not in str(mode.value) for mode in modes)


def _is_local(name: str) -> bool:
    return bool(name) and "\n" not in name and "://" not in name and not _ABSOLUTE.match(name) and name[0] not in "/{["
