"""Who changed what, when: a row for every change, written in the transaction of the change and never altered."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, Session, mapped_column

from nbcohort.store.base import Base


class AuditRow(Base):
    """One change. Members are named by public id: names live in one table, which forgetting a person empties."""

    __tablename__ = "audit"

    pk: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    cohort: Mapped[str | None] = mapped_column(index=True)
    actor: Mapped[str]
    """Public id of the acting member, or `course room`, `admin`, `service`."""
    action: Mapped[str]
    subject: Mapped[str]
    """Public id of what was changed."""
    detail: Mapped[dict[str, Any]]


def record_audit(
    session: Session, *, at: datetime, cohort: str | None, actor: str, action: str, subject: str, **detail: Any
) -> None:
    """Write an audit row in `session`'s transaction. `detail` holds JSON values, before and after where it matters."""
    session.add(AuditRow(at=at, cohort=cohort, actor=actor, action=action, subject=subject, detail=detail))
