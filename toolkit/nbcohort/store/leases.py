"""A lease: for a while, one holder only does a named piece of work, whoever else runs the service."""

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from nbcohort.store.base import Base
from nbcohort.store.database import insert_missing

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Lease(Base):
    """Who may do the work `name`, until when."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]


def take_lease(session: Session, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Take or renew the lease `name` for `holder`; return False while another one holds it.

    One that ends later than any lease of this `length` can was taken before the clock was put back: it is free.
    """
    insert_missing(session, Lease, ["name"], {"name": name, "holder": "", "until": EPOCH})
    free = or_(Lease.holder == holder, Lease.until <= now, Lease.until > now + 2 * length)
    taken = session.execute(update(Lease).where(Lease.name == name, free).values(holder=holder, until=now + length))
    return isinstance(taken, CursorResult) and taken.rowcount == 1
