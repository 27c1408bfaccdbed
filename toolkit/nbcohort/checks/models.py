"""The table of results. Rows are added, never altered, but for the words of people who were forgotten."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from nbcohort.store.base import Base


class CheckResult(Base):
    """What the checks of a submission found; the newest version counts."""

    __tablename__ = "check_result"
    __table_args__ = (
        UniqueConstraint("submission", "version"),
        Index("ix_check_result_cohort_assignment", "cohort", "assignment"),
    )

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    cohort: Mapped[str]
    submission: Mapped[str]
    """Public id."""
    assignment: Mapped[str]
    version: Mapped[int]
    """From 1."""
    checked_at: Mapped[datetime]
    passed: Mapped[bool]
    result: Mapped[dict[str, Any]]
    """In the shape of `nbcohort.checks.results.Result`."""
