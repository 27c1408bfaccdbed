"""Who did what for whom, when: the one append-only log from which networks, roles and progress are derived.

Every kind is declared, with a version and a schema of its payload, by the feature that logs it; an undeclared kind or a
payload that does not fit is a mistake in our code and is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Mapped, Session, mapped_column

from nbcohort.store.base import Base
from nbcohort.store.ids import new_id


class Nothing(BaseModel):
    """The payload of a kind that says it all: who, for whom, when."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class InteractionKind:
    """A kind of interaction: its name (`submission.received`), the version of its payload, and the payload's schema."""

    name: str
    version: int
    payload: type[BaseModel] = Nothing


class Interaction(Base):
    """One interaction. `actor` did it for or with `target`; both are public member ids, `target` may be nobody."""

    __tablename__ = "interaction"

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(index=True)
    cohort: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    actor: Mapped[str] = mapped_column(index=True)
    target: Mapped[str | None] = mapped_column(index=True)
    payload: Mapped[dict[str, Any]]


class InteractionKinds:
    """All kinds that were declared, by name."""

    def __init__(self, kinds: Iterable[InteractionKind]) -> None:
        self._kinds: dict[str, InteractionKind] = {}
        for kind in kinds:
            if kind.name in self._kinds:
                raise ValueError(f"interaction kind {kind.name!r} is declared twice")
            self._kinds[kind.name] = kind

    def __iter__(self) -> Any:
        return iter(self._kinds.values())

    def log(
        self,
        session: Session,
        kind: str,
        *,
        at: datetime,
        cohort: str,
        actor: str,
        target: str | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> None:
        """Append an interaction in `session`'s transaction.

        Raises:
            KeyError: the kind was not declared.
            pydantic.ValidationError: the payload does not fit the kind's schema.
        """
        declared = self._kinds[kind]
        checked = declared.payload.model_validate(dict(payload or {})).model_dump(mode="json")
        session.add(
            Interaction(
                public_id=new_id("int"),
                at=at,
                cohort=cohort,
                kind=kind,
                version=declared.version,
                actor=actor,
                target=target,
                payload=checked,
            )
        )
