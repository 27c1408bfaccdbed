"""Tables of snapshots, releases, submissions, feedback and extensions. Rows are added, never altered once committed.

Members and cohorts are named by public id. A snapshot is open until its `committed_at`; nothing open is shown to
anybody.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from nbcohort.store.base import Base


class Snapshot(Base):
    """Files that belong together, by hash."""

    __tablename__ = "snapshot"
    __table_args__ = (Index("ix_snapshot_cohort_creator_created_at", "cohort", "creator", "created_at"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    cohort: Mapped[str]
    creator: Mapped[str]
    """Public id of the member, or the role that is no person; only they may put its blobs and commit it."""
    manifest_sha256: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    committed_at: Mapped[datetime | None]

    files: Mapped[list["SnapshotFile"]] = relationship(order_by="SnapshotFile.pk", lazy="selectin")
    """Sorted by path."""


class SnapshotFile(Base):
    """One file of a snapshot."""

    __tablename__ = "snapshot_file"
    __table_args__ = (UniqueConstraint("snapshot_pk", "path"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    snapshot_pk: Mapped[int] = mapped_column(ForeignKey("snapshot.pk"))
    path: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(index=True)


class PutBlob(Base):
    """That somebody in a cohort sent this blob, whole: they may name its hash again, and nobody else may."""

    __tablename__ = "put_blob"
    __table_args__ = (UniqueConstraint("cohort", "creator", "sha256"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    cohort: Mapped[str]
    creator: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


class Turn(Base):
    """A row to lock: commits for one assignment of a cohort number attempts and versions one after the other."""

    __tablename__ = "assignment_turn"
    __table_args__ = (UniqueConstraint("cohort", "assignment"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    cohort: Mapped[str]
    assignment: Mapped[str]


class Release(Base):
    """A version of an assignment that learners fetch."""

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("cohort", "assignment", "version"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    cohort: Mapped[str]
    assignment: Mapped[str]
    version: Mapped[int | None]
    """From 1; None while it is open."""
    snapshot_pk: Mapped[int] = mapped_column(ForeignKey("snapshot.pk"), unique=True)
    withdrawn_at: Mapped[datetime | None]

    snapshot: Mapped[Snapshot] = relationship(lazy="joined", innerjoin=True)


class Submission(Base):
    """What one member or a pair handed in; every attempt is kept."""

    __tablename__ = "submission"
    __table_args__ = (Index("ix_submission_cohort_assignment", "cohort", "assignment"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    cohort: Mapped[str]
    assignment: Mapped[str]
    attempt: Mapped[int | None]
    """From 1, rising for each submitter; None while it is open."""
    snapshot_pk: Mapped[int] = mapped_column(ForeignKey("snapshot.pk"), unique=True)
    handed_in_at: Mapped[datetime | None]
    """The instant that counts against the due time."""
    due_at: Mapped[datetime | None]
    """As it was at the commit; None if the assignment had no due time."""
    late: Mapped[bool | None]
    """As the receipt says."""
    revision: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Handed in when hand-in had closed, because an activity takes revisions: it is kept, and never graded."""
    receipt: Mapped[str | None]

    snapshot: Mapped[Snapshot] = relationship(lazy="joined", innerjoin=True)
    submitters: Mapped[list["Submitter"]] = relationship(order_by="Submitter.member", lazy="selectin")


class Submitter(Base):
    """Whose a submission is; a pair's is all its members'."""

    __tablename__ = "submitter"
    __table_args__ = (UniqueConstraint("submission_pk", "member"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    submission_pk: Mapped[int] = mapped_column(ForeignKey("submission.pk"))
    member: Mapped[str] = mapped_column(index=True)


class Feedback(Base):
    """Files that staff give back on a submission; the newest committed one counts."""

    __tablename__ = "feedback"

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    submission_pk: Mapped[int] = mapped_column(ForeignKey("submission.pk"), index=True)
    snapshot_pk: Mapped[int] = mapped_column(ForeignKey("snapshot.pk"), unique=True)
    version: Mapped[int | None]
    """From 1; None while it is open."""

    submission: Mapped[Submission] = relationship(lazy="joined", innerjoin=True)
    snapshot: Mapped[Snapshot] = relationship(lazy="joined", innerjoin=True)


class Extension(Base):
    """A later due time for one member; the newest counts, older ones are kept."""

    __tablename__ = "extension"
    __table_args__ = (Index("ix_extension_cohort_assignment", "cohort", "assignment"),)

    pk: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    cohort: Mapped[str]
    assignment: Mapped[str]
    member: Mapped[str]
    due_at: Mapped[datetime]
    reason: Mapped[str]
    granted_at: Mapped[datetime]
    granted_by: Mapped[str]
