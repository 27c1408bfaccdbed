"""Tables of people, cohorts, members, pairs and settings."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from nbcohort.store.base import Base


class Person(Base):
    """The one table that holds names. Forgetting a person deletes the row; everything else knows public ids only."""

    __tablename__ = "person"

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    account: Mapped[str] = mapped_column(unique=True)
    """The Hub user name, which is nbgrader's student id."""
    name: Mapped[str]
    """What others call the person; the account where nothing better is known."""


class Cohort(Base):
    """One run of a course."""

    __tablename__ = "cohort"

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    """The cohort's id: nbgrader's course_id."""
    title: Mapped[str]
    room: Mapped[str] = mapped_column(unique=True)
    """The course room's account."""
    roster: Mapped[str]
    """Where members come from: `nbcohort` (these tables, which write the Hub's groups) or `hub` (its groups)."""
    created_at: Mapped[datetime]
    hub_due: Mapped[bool]
    """Whether the Hub still has to be told of a change."""
    told_at: Mapped[datetime | None]
    """As of when the Hub was told last; memberships that began or ended since are news to it."""


class Member(Base):
    """A person in a cohort, from a start to an end."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("cohort_pk", "person"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    cohort_pk: Mapped[int] = mapped_column(ForeignKey("cohort.pk"), index=True)
    person: Mapped[str] = mapped_column(index=True)
    """The person's public id; no foreign key, since a person can be forgotten."""
    role: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]

    cohort: Mapped[Cohort] = relationship()


class SettingsVersion(Base):
    """What `nbcohort apply` sent: every version is kept, the highest counts."""

    __tablename__ = "settings_version"
    __table_args__ = (UniqueConstraint("cohort_pk", "version"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    cohort_pk: Mapped[int] = mapped_column(ForeignKey("cohort.pk"))
    version: Mapped[int]
    course: Mapped[dict[str, Any]]
    cohort_settings: Mapped[dict[str, Any]]
    applied_at: Mapped[datetime]
    applied_by: Mapped[str]


class Pair(Base):
    """Two or three members who work together, on one assignment or (None) on all."""

    __tablename__ = "pair"

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    cohort_pk: Mapped[int] = mapped_column(ForeignKey("cohort.pk"), index=True)
    assignment: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]

    partners: Mapped[list["PairMember"]] = relationship(order_by="PairMember.member")


class PairMember(Base):
    """A member of a pair."""

    __tablename__ = "pair_member"
    __table_args__ = (UniqueConstraint("pair_pk", "member"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    pair_pk: Mapped[int] = mapped_column(ForeignKey("pair.pk"))
    member: Mapped[str] = mapped_column(index=True)
    """The member's public id."""
