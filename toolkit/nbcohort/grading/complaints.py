"""Why a submission cannot be graded, in a sentence."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from nbformat.reader import NotJSONError
from nbgrader.nbgraderformat import SchemaTooNewError, SchemaTooOldError, ValidationError

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _


def refuse_links(folder: Path) -> str | None:
    """Return why a submission must not even be copied: nbgrader follows links, wherever they lead."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            return _("{name} is a link or a device, not a file.").format(name=path.relative_to(folder))
    return None


def explain(failure: BaseException | None, folder: Path, notebooks: Iterable[str]) -> str:
    """Return the sentence for `failure`, which grading the submission in `folder` ended with.

    `notebooks`: the names of the notebooks that the assignment has.
    """
    if isinstance(failure, NbcohortError):
        return str(failure)
    there = sorted(path.name for path in folder.glob("*.ipynb"))
    if not {f"{name}.ipynb" for name in notebooks} & set(there):
        return _("{wanted} is missing; the submission has {there}.").format(
            wanted=", ".join(f"{name}.ipynb" for name in notebooks), there=", ".join(there) or _("no notebook")
        )
    for name in there:
        complaint = _about_notebook(folder / name)
        if complaint:
            return complaint
    if isinstance(failure, (SchemaTooOldError, SchemaTooNewError, ValidationError)):
        return _("The nbgrader metadata of the notebook is damaged.")
    if isinstance(failure, NotJSONError):
        return _("The notebook is not valid JSON.")
    words = str(failure).strip().splitlines() or [""]
    return f"{type(failure).__name__}: {words[0]}" if failure else _("nbgrader gives no reason.")


def _about_notebook(path: Path) -> str | None:
    try:
        cells = json.loads(path.read_bytes())["cells"]
        names = [cell["metadata"]["nbgrader"]["grade_id"] for cell in cells if _matters(cell)]
    except (ValueError, RecursionError):
        return _("{name} is not valid JSON, so it is no notebook.").format(name=path.name)
    except (LookupError, TypeError, AttributeError):
        return None
    twice = [str(name) for name, count in Counter(map(str, names)).items() if count > 1]
    if not twice:
        return None
    return _("{name} has the cell {cells} more than once: the copies must be removed.").format(
        name=path.name, cells=", ".join(sorted(twice))
    )


def _matters(cell: dict[str, dict[str, dict[str, object]]]) -> bool:
    kind = cell["metadata"].get("nbgrader") or {}
    return any(kind.get(key) for key in ("grade", "solution", "locked", "task")) and "grade_id" in kind
