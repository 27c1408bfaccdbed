"""Forgetting a person: the words of their errors go from results, and what they called their notebooks."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from nbcohort.checks.models import CheckResult
from nbcohort.checks.results import Finding, Result
from nbcohort.submissions import work


def forget_words(session: Session, member: str) -> None:
    """Erase a member's words from the results of what they handed in, alone or with others."""
    for row in session.scalars(select(CheckResult).where(CheckResult.submission.in_(work.ids_of(member)))):
        found = Result.model_validate(row.result)
        trouble = None if found.trouble is None else "(erased)"
        kept = found.model_copy(
            update={"trouble": trouble, "findings": tuple(_without_words(one) for one in found.findings)}
        )
        row.result = kept.model_dump(mode="json")


def _without_words(finding: Finding) -> Finding:
    where = finding.where.model_copy(update={"notebook": "(erased)"})
    return finding.model_copy(update={"what": "(erased)", "where": where, "message": None, "hint": None})
