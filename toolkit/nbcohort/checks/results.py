"""What a check found: one shape, for the terminal (`--json`), for the service, and in its database.

`docs/checks.md` shows an example. Strings are bounded, and hold nothing that a database or JSON cannot: some of the
words are a learner's code's.
"""

import platform
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nbcohort import __version__
from nbcohort.i18n import _

MOST_FINDINGS = 200
_LINE, _PROSE = 200, 1000

Line = Annotated[str, Field(max_length=_LINE, pattern=r"^[^\x00]*$")]
Prose = Annotated[str, Field(max_length=_PROSE, pattern=r"^[^\x00]*$")]
Points = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Where(_Part):
    """The place of a finding. `cell` counts all cells of the notebook, or of the instructor's check, from 1."""

    notebook: Line
    check: Line | None = None
    """The name of the instructor's check that was at work; None for the notebook as it is."""
    cell: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class Finding(_Part):
    """A test, a cell of a check, or a cell that stopped with an error."""

    what: Line
    where: Where
    passed: bool
    message: Prose | None = None
    """What went wrong, in the words of the error."""
    hint: Prose | None = None
    """What may help."""
    score: Points | None = None
    points: Points | None = None


class Versions(_Part):
    """What it was run with."""

    nbcohort: Line
    python: Line


class Result(_Part):
    """What the checks of a notebook, or of all that was handed in together, found."""

    shape: Literal[1] = 1
    """The number of this shape; another one gets another number."""
    passed: bool
    """Whether all findings passed and there was no trouble."""
    trouble: Prose | None = None
    """Why it could not be checked, or not all of it."""
    findings: Annotated[tuple[Finding, ...], Field(max_length=MOST_FINDINGS)] = ()
    tier: Line = ""
    """The sandbox; `none` without one; empty if nothing was run."""
    seconds: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = 0.0
    versions: Versions

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.passed != (self.trouble is None and all(finding.passed for finding in self.findings)):
            raise ValueError(_("passed has to be what findings and trouble say"))
        return self


def result(
    findings: Sequence[Finding] = (), *, trouble: str | None = None, tier: str = "", seconds: float = 0.0
) -> Result:
    """Return findings as a result; of too many, those that failed come first and the rest is left out."""
    kept = list(findings)
    if len(kept) > MOST_FINDINGS:
        kept = sorted(kept, key=lambda finding: finding.passed)[:MOST_FINDINGS]
    return Result(
        passed=trouble is None and all(finding.passed for finding in findings),
        trouble=None if trouble is None else prose(trouble),
        findings=tuple(kept),
        tier=tier,
        seconds=round(seconds, 3),
        versions=Versions(nbcohort=__version__, python=platform.python_version()),
    )


def line(text: str) -> str:
    """Return one line of text that may be kept and shown: nothing unseen in it, and not too long."""
    return _shown(" ".join(text.split()), _LINE)


def prose(text: str) -> str:
    """Return the same for text of several lines."""
    return _shown(text.strip(), _PROSE)


_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def _shown(text: str, most: int) -> str:
    text = text[: 2 * most]
    kept = "".join(one for one in text if one == "\n" or unicodedata.category(one) not in _UNSEEN)
    return kept if len(kept) <= most else f"{kept[: most - 1]}…"
