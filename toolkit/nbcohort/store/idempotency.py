"""A request that is sent twice with one `Idempotency-Key` is done once and answered twice.

The key is kept in the transaction of what was done, so either both are there or neither is (the contract follows the
IETF draft "The Idempotency-Key HTTP Header Field").
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Text, UniqueConstraint, bindparam, cast, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from nbcohort.errors import Invalid
from nbcohort.i18n import _
from nbcohort.store.base import Base
from nbcohort.store.database import insert_missing


class IdempotentRequest(Base):
    """A request that was done, and its answer."""

    __tablename__ = "idempotent_request"
    __table_args__ = (UniqueConstraint("account", "key"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[dict[str, Any] | None]


_KEPT = (
    select(IdempotentRequest)
    .where(IdempotentRequest.account == bindparam("account"), IdempotentRequest.key == bindparam("key"))
    .with_for_update()
)

_KEEP = (
    update(IdempotentRequest)
    .where(IdempotentRequest.account == bindparam("of_account"), IdempotentRequest.key == bindparam("of_key"))
    .values(answer=bindparam("kept"))
    .execution_options(synchronize_session=False)
)


def fingerprint(method: str, path: str, body: bytes) -> str:
    """Return a hash that tells whether two requests with one key are the same request."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def do_once(
    session: Session,
    *,
    account: str,
    key: str | None,
    request: str,
    now: datetime,
    act: Callable[[], dict[str, Any]],
) -> dict[str, Any]:
    """Return `act()`, or the answer kept for `key` if `account` sent this very request before.

    Raises:
        Invalid: the key was used for another request.
    """
    if key is None:
        return act()
    unique = {"account": account, "key": key}
    new = {**unique, "fingerprint": request, "at": now, "answer": None}
    if insert_missing(session, IdempotentRequest, list(unique), new):
        answer = act()
        session.execute(_KEEP, {"of_account": account, "of_key": key, "kept": answer})
        return answer
    row = session.scalars(_KEPT, unique).one()
    if row.fingerprint != request:
        raise Invalid(_("This Idempotency-Key was used for another request; take a new key for a new request."))
    if row.answer is None:
        row.answer = act()
    return row.answer


def forget_answers(session: Session, account: str) -> None:
    """Delete the answers kept for `account`, and those in which it is named: a retry is then a new request."""
    named = cast(IdempotentRequest.answer, Text).contains(f'"{account}"', autoescape=True)
    session.execute(delete(IdempotentRequest).where(or_(IdempotentRequest.account == account, named)))
