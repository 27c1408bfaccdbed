"""Forgetting a person: the one table that holds names loses a row."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from nbcohort.courses.models import Cohort, Member, Person
from nbcohort.errors import Conflict, NotFound
from nbcohort.i18n import _


def forget_person(session: Session, account: str, now: datetime) -> tuple[str, list[str]]:
    """Delete the row with the names; return the public ids of the person and of the memberships they had.

    Raises:
        NotFound: nobody has this account.
        Conflict: the person is a member somewhere, or the Hub has not been told yet of the end.
    """
    person = session.scalar(select(Person).where(Person.account == account))
    if person is None:
        raise NotFound(_("Nobody here has the account {account}.").format(account=account))
    memberships = session.execute(
        select(Member, Cohort)
        .join(Cohort, Cohort.pk == Member.cohort_pk)
        .where(Member.person == person.public_id)
        .order_by(Member.pk)
    ).all()
    for member, cohort in memberships:
        if member.ends_at is None or member.ends_at > now:
            raise Conflict(
                _("{account} is a member of {cohort}: end that first, with `nbcohort members end`.").format(
                    account=account, cohort=cohort.public_id
                )
            )
        if cohort.hub_due or cohort.told_at is None or cohort.told_at < member.ends_at:
            raise Conflict(
                _(
                    "The Hub has not been told yet that {account} left {cohort}; the service does so by the minute."
                ).format(account=account, cohort=cohort.public_id)
            )
    session.execute(delete(Person).where(Person.pk == person.pk))
    return person.public_id, [member.public_id for member, _cohort in memberships]
