"""Hidden tests stay hidden in the learner's feedback.

nbgrader takes them out of what it releases, and puts them back to grade; its feedback then shows the cell with them,
and the traceback of the one that failed. Here the feedback shows the cell as it was released, with a sentence in the
place of the hidden part, and of the outputs what cannot come from it:

- A test that fails in its hidden part shows a sentence.
- One that fails in its visible part shows its traceback, without the hidden lines that IPython quotes around it.
- What a cell prints after its hidden part may have begun is not shown.
- No output of any cell may quote a hidden line.

A learner's code runs in the same process as the tests. What it is called with by hidden tests it can keep, and print it
in a later cell in any disguise: no filter finds that.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from nbconvert.filters import strip_ansi
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade
from traitlets import Bool
from traitlets.config import Config

from nbcohort.i18n import _
from nbcohort.parsing import parse

_FRAME = re.compile(r"Cell In\[(\d+)\], line (\d+)")
_QUOTED = re.compile(r"\s*(?:-+>)?\s*(\d+)(?:\s|$)")
"""What IPython puts before a line of code that it quotes."""
_DISGUISE = re.compile(r"[\s\\'\"]+")
"""What differs between a line of code and its `repr`."""
_SHORTEST_SECRET = 8
"""Characters of a hidden line that must not be quoted; what is shorter stands in other places by chance."""


class HiddenTests(Preprocessor):
    """Takes hidden tests, and what could tell of them, out of the feedback."""

    enabled = Bool(True).tag(config=True)
    in_feedback = Bool(
        False, help="Show hidden tests, and all outputs of cells that have them, in the feedback that learners get."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Change `nb` in place."""
        if not self.in_feedback:
            settings = ClearHiddenTests(config=Config(ClearHiddenTests=self.config.ClearHiddenTests))
            delimiters = Delimiters(settings.begin_test_delimeter, settings.end_test_delimeter)
            hide(nb, _masters(resources["nbgrader"]), delimiters)
        return nb, resources


def _masters(about: Mapping[str, str]) -> dict[str, str]:
    """Return the sources of the master's cells by name, from the gradebook."""
    with Gradebook(about["db_url"]) as gradebook:
        try:
            cells = gradebook.find_notebook(about["notebook"], about["assignment"]).source_cells
        except MissingEntry:
            return {}
        return {cell.name: cell.source or "" for cell in cells}


@dataclass(frozen=True)
class Delimiters:
    """What the lines around hidden tests contain: the settings of nbgrader's `ClearHiddenTests`."""

    begin: str = "BEGIN HIDDEN TESTS"
    end: str = "END HIDDEN TESTS"


@dataclass(frozen=True)
class Parts:
    """A cell's source, taken apart."""

    released: str
    """The visible part, with a sentence where something is missing."""
    hidden: Mapping[int, str]
    """The hidden lines by their number, from 1."""
    delimiters: frozenset[int] = frozenset()
    """The numbers of the lines around them."""

    def has(self, number: int) -> bool:
        """Return whether a line is not shown."""
        return number in self.hidden or number in self.delimiters


def split(source: str, delimiters: Delimiters) -> Parts:
    """Take a cell's source apart as `ClearHiddenTests` does; what has no end is hidden to the end."""
    released, hidden, around = [], {}, set()
    inside = False
    for number, line in enumerate(source.split("\n"), start=1):
        if delimiters.begin in line and not inside:
            inside = True
            around.add(number)
            released.append(line.replace(delimiters.begin, _("Hidden tests: they are not shown here.")))
        elif delimiters.end in line:
            inside = False
            around.add(number)
        elif inside:
            hidden[number] = line
        else:
            released.append(line)
    return Parts("\n".join(released), hidden, frozenset(around))


def hide(notebook: NotebookNode, masters: Mapping[str, str], delimiters: Delimiters) -> None:
    """Take hidden tests out of the cells of a graded notebook and out of their outputs.

    `masters`: the sources of the master's cells by name. Cells that are not the master's any more are searched as well.
    """
    tests: dict[int, Parts] = {}
    secrets = {line for source in masters.values() for line in split(source, delimiters).hidden.values()}
    for index, cell in enumerate(notebook.cells):
        parts = split(cell.source, delimiters)
        if is_grade(cell) and parts.released != cell.source:
            tests[index] = parts
            secrets |= set(parts.hidden.values())
    counts = {
        notebook.cells[index].execution_count: parts
        for index, parts in tests.items()
        if notebook.cells[index].cell_type == "code"
    }
    sources = {index: notebook.cells[index].source for index in tests}
    for index, parts in tests.items():
        notebook.cells[index].source = parts.released
    shown = _plain("\n".join(cell.source for cell in notebook.cells))
    secret = {_plain(line) for line in secrets}
    secret = {line for line in secret if len(line) >= _SHORTEST_SECRET and line not in shown}
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            if index in tests:
                cell.outputs = _of_test(cell, sources[index], tests[index])
            cell.outputs = [_without_quotes(output, counts, secret) for output in cell.outputs]


def _of_test(cell: NotebookNode, source: str, parts: Parts) -> list[NotebookNode]:
    """Return the outputs of a test cell that do not come from its hidden part."""
    errors = [output for output in cell.outputs if output.output_type == "error"]
    lines = [line for error in errors for count, line in _frames(error) if count == cell.execution_count]
    if errors and (not lines or any(parts.has(line) for line in lines)):
        return [_failed(errors[-1].ename)]
    if not cell.outputs or (errors and not _may_have_begun(source, parts, max(lines))):
        return list(cell.outputs)
    return [_note(_("[What this test prints is not shown: hidden tests are among it.]")), *errors]


def _failed(name: str) -> NotebookNode:
    """Return the output that says that hidden tests failed; `name` is that of the exception."""
    sentences = {
        "CellTimeoutError": _("This test took too long. It has hidden tests, so no more is shown."),
        "DeadKernelError": _("The kernel died in this test. It has hidden tests, so no more is shown."),
        "NotRunError": _("This test did not run, because a cell before it ended the kernel."),
    }
    sentence = sentences.get(name, _("Hidden tests failed."))
    return new_output("error", ename="", evalue=sentence, traceback=[sentence])


def _note(sentence: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=f"{sentence}\n")


def _frames(error: NotebookNode) -> Iterator[tuple[int, int]]:
    """Yield the cells (their execution counts) and lines that a traceback goes through."""
    for match in _FRAME.finditer(strip_ansi("\n".join(error.traceback))):
        yield int(match[1]), int(match[2])


def _may_have_begun(source: str, parts: Parts, line: int) -> bool:
    """Return whether hidden lines may have run before `line` failed: above it, or in the same loop."""
    try:
        statements = parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    reached = max((one.end_lineno or line for one in statements if one.lineno <= line), default=line)
    return any(number <= reached for number, text in parts.hidden.items() if text.strip())


def _without_quotes(output: NotebookNode, tests: Mapping[int, Parts], secret: set[str]) -> NotebookNode:
    """Return an output that quotes no hidden line; `tests`: the cells with hidden tests by execution count."""
    if output.output_type == "error":
        if any(tests[count].has(line) for count, line in _frames(output) if count in tests):
            return _failed("")
        output.traceback = [_without_lines(entry, tests) for entry in output.traceback]
    words = _plain(_words(output))
    if any(line in words for line in secret):
        return _note(_("[This output quotes hidden tests, so it is not shown.]"))
    return output


def _without_lines(entry: str, tests: Mapping[int, Parts]) -> str:
    """Return an entry of a traceback, which quotes the lines around one, without those that are hidden."""
    frame = _FRAME.search(strip_ansi(entry))
    parts = tests.get(int(frame[1])) if frame else None
    if parts is None:
        return entry
    numbers = (_QUOTED.match(strip_ansi(line)) for line in entry.split("\n"))
    lines = zip(entry.split("\n"), numbers, strict=True)
    return "\n".join(line for line, number in lines if not number or not parts.has(int(number[1])))


def _words(output: NotebookNode) -> str:
    """Return what there is to read in an output."""
    if output.output_type == "error":
        return str(strip_ansi("\n".join([output.ename, output.evalue, *output.traceback])))
    if output.output_type == "stream":
        return str(strip_ansi(output.text))
    texts = [str(content) for kind, content in output.data.items() if kind not in ("image/png", "image/jpeg")]
    return "\n".join(f"{strip_ansi(text)}\n{unescape(re.sub('<[^>]*>', '', text))}" for text in texts)


def _plain(text: str) -> str:
    return _DISGUISE.sub("", text)
