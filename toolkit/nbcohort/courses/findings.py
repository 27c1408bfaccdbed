"""What a check finds: how bad, where, and the sentence that says what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
"""An error stops `nbcohort apply` and harms learners; a warning may be meant."""


@dataclass(frozen=True)
class Finding:
    """One thing an instructor may have got wrong."""

    severity: Severity
    where: str
    """The file, or the key in a settings file, such as ``course.toml: assignments.tidy-tables.due``."""
    sentence: str


def error(where: str, sentence: str) -> Finding:
    """Return a finding that has to be mended."""
    return Finding("error", where, sentence)


def warning(where: str, sentence: str) -> Finding:
    """Return a finding that may be meant."""
    return Finding("warning", where, sentence)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether something has to be mended."""
    return any(finding.severity == "error" for finding in findings)
