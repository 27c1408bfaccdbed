"""Refuse what is no notebook before it is sent: Lab could not open it, and grading would stumble over it."""

import json
import warnings
from collections.abc import Iterable
from pathlib import Path

from nbcohort.errors import Invalid
from nbcohort.i18n import _
from nbcohort.submissions.manifest import Entry, shown
from nbcohort.transfer import announced


class BrokenNotebook(Invalid):
    """A file called `.ipynb` is none."""

    slug = "broken-notebook"


def check_notebooks(entries: Iterable[Entry], files: dict[str, Path]) -> None:
    """Raise `BrokenNotebook` for the first notebook that is not valid, `FileChanged` for one that is not as it was."""
    for entry in entries:
        if entry.path.endswith(".ipynb"):
            content = b"".join(announced(files[entry.path], entry))
            check_notebook(entry.path, content)


def check_notebook(path: str, content: bytes) -> None:
    """Raise `BrokenNotebook` unless `content` is JSON in UTF-8 and, where nbformat is installed, follows the format."""
    try:
        notebook = json.loads(content)
    except UnicodeDecodeError:
        raise _broken(path, _("it is not UTF-8")) from None
    except json.JSONDecodeError as error:
        raise _broken(path, _("it is not JSON from line {line} on").format(line=error.lineno)) from None
    except RecursionError:
        raise _broken(path, _("it is nested too deeply")) from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise _broken(path, _("it is JSON, but no notebook"))
    try:
        import nbformat
    except ImportError:  # without the extra `lab`, as on one's own laptop
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # missing cell ids and the like are mended when it is opened
            current = nbformat.convert(nbformat.from_dict(notebook), nbformat.current_nbformat)
            nbformat.validate(current, relax_add_props=True)
    except (nbformat.ValidationError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise _broken(path, reason[:120]) from None


def _broken(path: str, reason: str) -> BrokenNotebook:
    return BrokenNotebook(
        _("{path} is not a valid notebook: {reason}. Open it in JupyterLab, save it, and try again.").format(
            path=shown(path), reason=reason
        ),
        path=path,
    )
