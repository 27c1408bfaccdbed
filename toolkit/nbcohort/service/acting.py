"""Who acts, where and when: what every action takes first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from nbcohort.errors import NotPermitted
from nbcohort.i18n import _
from nbcohort.service.house import House
from nbcohort.service.permissions import Role
from nbcohort.store.audit import record_audit


@dataclass(frozen=True)
class Acting:
    """An account acting in a cohort, within one transaction, at one instant.

    Args:
        cohort: the cohort's id, nbgrader's course_id; empty for what is done to the Hub as a whole.
        member: the acting member's public id; None for the course room, an admin and the service itself.
    """

    house: House
    session: Session
    now: datetime
    account: str
    cohort: str
    role: Role
    member: str | None

    @property
    def name(self) -> str:
        """How logs name the one who acts: a member's public id, or a role that is no person."""
        return self.member or self.role

    def require(self, action: str, *, own: bool = False) -> None:
        """Raise `NotPermitted` unless the acting role may do `action`; `own` says that it is about the member's own."""
        if not self.may(action, own=own):
            raise NotPermitted(
                _("A {role} may not do this here ({action}).").format(role=_(self.role), action=action), action=action
            )

    def may(self, action: str, *, own: bool = False) -> bool:
        """Whether the acting role may do `action`."""
        return self.house.permissions[action].allows(self.role, own)

    def log(self, kind: str, *, target: str | None = None, actor: str | None = None, **payload: Any) -> None:
        """Append an interaction to the log: who did what for whom. `actor` and `target` are public member ids."""
        self.house.kinds.log(
            self.session,
            kind,
            at=self.now,
            cohort=self.cohort,
            actor=actor or self.name,
            target=target,
            payload=payload,
        )

    def audit(self, action: str, subject: str, **detail: Any) -> None:
        """Write the audit row of a change, in the change's transaction."""
        record_audit(
            self.session,
            at=self.now,
            cohort=self.cohort or None,
            actor=self.name,
            action=action,
            subject=subject,
            **detail,
        )


def as_service(house: House, session: Session, cohort: str, now: datetime) -> Acting:
    """The service itself, moving a round on."""
    return Acting(house, session, now, account="", cohort=cohort, role="service", member=None)
