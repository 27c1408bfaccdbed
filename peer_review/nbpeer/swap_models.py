"""Tables of what the swap has to mind beyond works and tasks."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from nbpeer.models import Base

__all__ = ["Base", "DeclaredConflict"]


class DeclaredConflict(Base):
    """That two members shall not review each other, in no round that is to come."""

    __tablename__ = "review_conflict"
    __table_args__ = (Index("ix_review_conflict_cohort", "cohort"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    cohort: Mapped[str]
    member: Mapped[str] = mapped_column(index=True)
    """Whose conflict it is; public ids, as all members'."""
    other: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str]
    """Erased with the person who declared it, or whom it is about."""
    declared_at: Mapped[datetime]
    declared_by: Mapped[str]
    """A member's public id, or a role that is no person."""
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
