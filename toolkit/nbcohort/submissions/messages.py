"""What is said over HTTP about releases, submissions, feedback and extensions."""

from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from nbcohort.courses.settings import LateSettings
from nbcohort.errors import Conflict
from nbcohort.i18n import _
from nbcohort.service.schema import Instant, Prose, Schema
from nbcohort.submissions import actions, lookup
from nbcohort.submissions.actions.handin import Begun as HandinBegun
from nbcohort.submissions.manifest import Entry
from nbcohort.submissions.models import Feedback, Release, Snapshot

AssignmentName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_. -]{0,99}$")]
"""nbgrader's rule, without `+`, at a length that file systems take."""


class FileOut(Schema):
    """A file of a snapshot."""

    path: str
    size: int
    sha256: str

    @classmethod
    def all(cls, snapshot: Snapshot) -> "list[FileOut]":
        """Return the files of a snapshot."""
        return [cls(path=file.path, size=file.size, sha256=file.sha256) for file in snapshot.files]


class FileIn(Schema):
    """A file that will be sent."""

    path: Annotated[str, Field(max_length=5000)]
    size: Annotated[int, Field(ge=0, le=2**53)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class BeginSnapshot(Schema):
    """What every upload begins with."""

    files: Annotated[list[FileIn], Field(max_length=20_000)]

    def entries(self) -> list[Entry]:
        """Return the files as a manifest has them."""
        return [Entry(file.path, file.size, file.sha256) for file in self.files]


class BeginRelease(BeginSnapshot):
    """A version of an assignment."""

    assignment: AssignmentName


class BeginSubmission(BeginSnapshot):
    """A hand-in; for the whole pair unless `alone`."""

    assignment: AssignmentName
    alone: bool = False


class BeginFeedback(BeginSnapshot):
    """Files to give back on a submission."""

    submission: str


class Begun(Schema):
    """An upload that was begun: send the blobs in `needed`, then commit."""

    id: str
    snapshot: str
    needed: list[str]


class SubmissionBegun(Begun):
    """A hand-in that was begun. What it says of it will be so if it is committed within ten minutes."""

    created_at: AwareDatetime
    attempt: int
    submitters: list[str]
    due_at: AwareDatetime | None
    late: bool
    revision: bool

    @classmethod
    def of(cls, begun: HandinBegun) -> "SubmissionBegun":
        """Return how it looks over HTTP."""
        return cls(
            id=begun.id,
            snapshot=begun.snapshot,
            needed=begun.needed,
            created_at=begun.created_at,
            attempt=begun.attempt,
            submitters=sorted(begun.accounts),
            due_at=begun.due_at,
            late=begun.late,
            revision=begun.revision,
        )


class ReleaseOut(Schema):
    """A version of an assignment."""

    id: str
    assignment: str
    version: int
    released_at: AwareDatetime
    withdrawn_at: AwareDatetime | None
    files: list[FileOut]

    @classmethod
    def of(cls, release: Release) -> "ReleaseOut":
        """Return how a committed release looks over HTTP."""
        if release.version is None or release.snapshot.committed_at is None:
            raise Conflict(_("The release is not complete."))
        return cls(
            id=release.public_id,
            assignment=release.assignment,
            version=release.version,
            released_at=release.snapshot.committed_at,
            withdrawn_at=release.withdrawn_at,
            files=FileOut.all(release.snapshot),
        )


class SubmissionOut(Schema):
    """A submission. `handed_in_at` is the instant that counts; `late` knows extensions granted since the receipt.

    A `revision` was handed in when hand-in had closed, because a review takes revisions; it is not graded.
    """

    id: str
    assignment: str
    attempt: int
    submitters: list[str]
    created_at: AwareDatetime
    committed_at: AwareDatetime
    handed_in_at: AwareDatetime
    due_at: AwareDatetime | None
    late: bool
    late_seconds: float
    revision: bool
    files: list[FileOut]
    manifest_sha256: str
    receipt: str

    @classmethod
    def of(cls, handin: lookup.Handin) -> "SubmissionOut":
        """Return how it looks over HTTP."""
        return cls(
            id=handin.id,
            assignment=handin.assignment,
            attempt=handin.attempt,
            submitters=sorted(handin.accounts),
            created_at=handin.created_at,
            committed_at=handin.committed_at,
            handed_in_at=handin.lateness.handed_in_at,
            due_at=handin.lateness.due_at,
            late=handin.lateness.late,
            late_seconds=handin.lateness.seconds,
            revision=handin.revision,
            files=[FileOut(path=one.path, size=one.size, sha256=one.sha256) for one in handin.manifest],
            manifest_sha256=handin.manifest_sha256,
            receipt=handin.receipt,
        )


class FeedbackOut(Schema):
    """Files given back on a submission."""

    id: str
    submission: str
    assignment: str
    version: int
    released_at: AwareDatetime
    files: list[FileOut]

    @classmethod
    def of(cls, feedback: Feedback) -> "FeedbackOut":
        """Return how committed feedback looks over HTTP."""
        if feedback.version is None or feedback.snapshot.committed_at is None:
            raise Conflict(_("The feedback is not complete."))
        return cls(
            id=feedback.public_id,
            submission=feedback.submission.public_id,
            assignment=feedback.submission.assignment,
            version=feedback.version,
            released_at=feedback.snapshot.committed_at,
            files=FileOut.all(feedback.snapshot),
        )


class GrantExtension(Schema):
    """A later due time for a member (public id)."""

    assignment: AssignmentName
    member: str
    due_at: Instant
    reason: Annotated[Prose, Field(max_length=2000)] = ""


class ExtensionOut(Schema):
    """A later due time for a member."""

    id: str
    assignment: str
    member: str
    account: str
    due_at: AwareDatetime
    reason: str
    granted_at: AwareDatetime

    @classmethod
    def of(cls, extended: actions.Extended) -> "ExtensionOut":
        """Return how it looks over HTTP."""
        row = extended.extension
        return cls(
            id=row.public_id,
            assignment=row.assignment,
            member=row.member,
            account=extended.account,
            due_at=row.due_at,
            reason=row.reason,
            granted_at=row.granted_at,
        )


class AssignmentOut(Schema):
    """An assignment as I meet it: `due_at` has my extension, `submissions` counts mine."""

    name: str
    title: str
    release_at: AwareDatetime | None
    due_at: AwareDatetime | None
    closes_at: AwareDatetime | None
    late: LateSettings | None
    released: bool
    release: str | None
    submissions: int

    @classmethod
    def of(cls, state: actions.AssignmentState) -> "AssignmentOut":
        """Return how it looks over HTTP."""
        times = state.times
        return cls(
            name=state.name,
            title=state.title,
            release_at=times.release_at if times else None,
            due_at=times.due_at if times else None,
            closes_at=times.closes_at if times else None,
            late=LateSettings.model_validate(times.late.model_dump(exclude={"until"})) if times else None,
            released=state.release is not None,
            release=state.release,
            submissions=state.submissions,
        )


class KeysOut(Schema):
    """A JWK set."""

    keys: list[dict[str, Any]]
