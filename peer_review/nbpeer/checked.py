"""What the checks found in a work, for who reviews it: as anonymous as the copy of the work."""

from collections.abc import Mapping
from dataclasses import dataclass

from nbcohort.api import Acting, CheckResult, checks_of
from nbpeer.actions import my_task, review_copy
from nbpeer.scrub import Names
from nbpeer.scrub.encoded import replace_in_text


@dataclass(frozen=True)
class CheckedFinding:
    """A test, a cell of a check, or a cell that stopped with an error; `notebook` is its name in the copy."""

    what: str
    notebook: str
    check: str | None
    cell: int | None
    passed: bool
    message: str | None
    hint: str | None


@dataclass(frozen=True)
class Checked:
    """What was found, without what tells when, where, or how fast it was run."""

    passed: bool
    trouble: str | None
    findings: tuple[CheckedFinding, ...]


def checks_of_task(acting: Acting, task_id: str) -> Checked | None:
    """Return what the checks found in the work of one of the acting member's tasks; None if it was not checked."""
    task = my_task(acting, task_id)
    found = checks_of(acting.session, task.work.submission)
    if found is None:
        return None
    copy = review_copy(acting, task_id)
    return scrubbed(found, copy.names, {original: clean for clean, original in copy.originals().items()})


def scrubbed(found: CheckResult, names: Names | None, clean: Mapping[str, str]) -> Checked:
    """Return a result with names replaced. Pure.

    Args:
        found: as it is stored; it names notebooks as they were handed in, and quotes errors.
        names: what is replaced; None: nothing is.
        clean: path in the submission -> path in the copy.
    """

    def said(text: str) -> str:
        return text if names is None else replace_in_text(text, names)

    def maybe(text: str | None) -> str | None:
        return None if text is None else said(text)

    return Checked(
        passed=found.passed,
        trouble=maybe(found.trouble),
        findings=tuple(
            CheckedFinding(
                what=said(one.what),
                notebook=clean.get(one.where.notebook) or said(one.where.notebook),
                check=one.where.check,
                cell=one.where.cell,
                passed=one.passed,
                message=maybe(one.message),
                hint=maybe(one.hint),
            )
            for one in found.findings
        ),
    )
