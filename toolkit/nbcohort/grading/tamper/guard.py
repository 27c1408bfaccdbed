"""Before and after each test of a notebook: what is put back, what must fail, and what that shows."""

from collections.abc import Callable, Iterator, Mapping
from textwrap import indent
from typing import Any

from nbformat import NotebookNode

from nbcohort.grading.roles import is_grade, is_locked, is_solution, name_of
from nbcohort.grading.tamper.flags import Flag, Kind
from nbcohort.grading.tamper.mutants import helpers_of
from nbcohort.grading.tamper.sources import builtins_of, fixed, names_in
from nbcohort.i18n import _

_SECONDS = 10.0
"""How long the kernel may take to answer."""

Ask = Callable[[str, Mapping[str, Any], float], dict[str, Any] | None]
"""Sends a request of a kind to the kernel; returns its answer, None if there is none in these seconds."""


def is_test(cell: NotebookNode) -> bool:
    """Return whether a cell is one that gives points by itself."""
    return bool(cell.cell_type == "code" and is_grade(cell) and not is_solution(cell))


def to_come(notebook: NotebookNode) -> Iterator[str]:
    """Yield what is run of a notebook that is the same in all of its assignment: locked cells, and what must fail."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_locked(cell):
            yield cell.source
            if is_test(cell):
                yield _canary(cell.source)


class Guard:
    """Watches over the tests of one run of a notebook."""

    def __init__(self, ask: Ask, notebook: NotebookNode) -> None:
        """Args: `notebook`: its locked cells say what constants and what helpers there are."""
        self.flags: list[Flag] = []
        locked = [cell for cell in notebook.cells if cell.cell_type == "code" and is_locked(cell)]
        set_up = tuple(cell.source for cell in locked if not is_grade(cell))
        self._fixed = fixed(set_up, tuple(cell.source for cell in locked if is_grade(cell)))
        self.helpers = helpers_of(set_up)
        self._ask = ask

    def flag(self, cell: NotebookNode, kind: Kind, sentence: str, *evidence: str) -> None:
        """Write something down, once."""
        found = Flag(name_of(cell), kind, sentence, tuple(evidence))
        if found not in self.flags:
            self.flags.append(found)

    def before(self, cell: NotebookNode) -> None:
        """Put back what the notebook has replaced."""
        known = {name: text for name, text in self._fixed.items() if name in names_in(cell.source)}
        answer = self._ask("begin_test", {"builtins": builtins_of(cell.source), "fixed": known}, _SECONDS)
        if answer is None:
            self.flag(cell, "messages", _("Before the test, the kernel did not answer."))
            return
        if self._is_in_trouble(cell, answer):
            return
        replaced = _names(answer, "replaced")
        if replaced:
            self.flag(cell, "replaced", _("What tests rely on was replaced, and was put back."), *replaced)
        changed = _names(answer, "changed")
        if changed:
            self.flag(cell, "names", _("What the set-up of the notebook says was changed."), *changed)
        covered = _names(answer, "covered")
        if covered:
            sentence = _("The test calls functions of the notebook's in the place of Python's.")
            self.flag(cell, "covered", sentence, *covered)

    def after(self, cell: NotebookNode, *, passed: bool) -> None:
        """See whether what must fail after this test does."""
        canary = _canary(cell.source) if passed else None
        wanted = {"test": cell.source, "canary": canary, "result": _has_result(cell)}
        answer = self._ask("end_test", wanted, _SECONDS)
        if answer is not None:
            if not self._is_in_trouble(cell, answer):
                self._judge(cell, answer)
        elif passed:
            self.flag(cell, "messages", _("After the test had passed, the kernel did not answer any more."))

    def _is_in_trouble(self, cell: NotebookNode, answer: Mapping[str, Any]) -> bool:
        trouble = answer.get("trouble")
        if trouble is not None:
            sentence = _("What belongs to a test could not be done: the notebook has broken something of the kernel's.")
            self.flag(cell, "messages", sentence, str(trouble)[:100])
        return trouble is not None

    def _judge(self, cell: NotebookNode, answer: dict[str, Any]) -> None:
        seen = _names(answer, "seen")
        if seen:
            self.flag(cell, "looks", _("The notebook's code looks at what calls it, or into memory."), *seen)
        if answer.get("failed") is not True:
            self.flag(cell, "assertions", _("After the test, an assertion that must fail did not."), "assert 1 == 2")
        claims = list(_claims(answer.get("held")))
        if claims:
            self.flag(cell, "equal", _("The test passes whatever is compared."), *claims)
        if answer.get("own_result") is True:
            self.flag(cell, "result", _("The test's result is an object of the notebook's making."))


def _claims(held: Any) -> Iterator[str]:
    sentences = {
        "left": _("{test} holds with anything in the place of what stands on the left"),
        "right": _("{test} holds with anything in the place of what stands on the right"),
        "opposite": _("{test} holds, and so does its opposite"),
    }
    for one in held[:10] if isinstance(held, list) else ():
        if isinstance(one, list) and len(one) == 2 and one[1] in sentences:
            yield sentences[one[1]].format(test=f"`{str(one[0])[:100]}`")


def _canary(source: str) -> str:
    """Return a cell that must fail, and looks like the test to whoever looks for the test."""
    return f"if False:\n{indent(source, '    ')}\n    pass\nassert 1 == 2\n"


def _names(answer: Mapping[str, Any], key: str) -> list[str]:
    names = answer.get(key)
    return [str(one)[:100] for one in names[:10]] if isinstance(names, list) else []


def _has_result(cell: NotebookNode) -> bool:
    return any(output.output_type == "execute_result" for output in cell.outputs)
