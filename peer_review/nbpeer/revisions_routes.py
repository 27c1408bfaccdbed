"""Revisions over HTTP, below `/api/v1/cohorts/{cohort}/review`."""

from typing import Literal

from fastapi import APIRouter
from pydantic import AwareDatetime

from nbcohort.api import Caller, Schema
from nbpeer import revisions
from nbpeer.differences import Change, FileChange, Kind, as_html

revised = APIRouter(prefix="/review", tags=["peer review"])


class LineOut(Schema):
    """A line: in both (" "), only before ("-"), or only after ("+")."""

    sign: Literal[" ", "-", "+"]
    text: str


class CellChangeOut(Schema):
    """What became of a cell, or of a text as a whole; numbers count from 1, null: it is not there."""

    change: Change
    kind: str
    before: int | None
    after: int | None
    lines: list[LineOut]
    outputs: bool


class FileChangeOut(Schema):
    """What became of a file; without `cells` where it is no text, too large, withheld, or as it was."""

    path: str
    kind: Kind
    change: Change
    cells: list[CellChangeOut]

    @classmethod
    def of(cls, file: FileChange) -> "FileChangeOut":
        """Return how it looks over HTTP."""
        cells = [
            CellChangeOut(**{**vars(cell), "lines": [LineOut(**vars(line)) for line in cell.lines]})
            for cell in file.cells
        ]
        return cls(path=file.path, kind=file.kind, change=file.change, cells=cells)


class RevisionOut(Schema):
    """A revision beside what was reviewed. `html` shows the same, and nothing in it acts or loads anything."""

    work: str
    handed_in_at: AwareDatetime
    files: list[FileChangeOut]
    html: str

    @classmethod
    def of(cls, revision: revisions.Revision) -> "RevisionOut":
        """Return how it looks over HTTP."""
        changes = revision.changes()
        return cls(
            work=revision.work,
            handed_in_at=revision.handed_in_at,
            files=[FileChangeOut.of(one) for one in changes],
            html=as_html(changes),
        )


@revised.get("/tasks/{task}/revision")
def revision_of_task(task: str, caller: Caller) -> RevisionOut:
    """What the author changed in the work that I reviewed, made anonymous."""
    with caller.read() as acting:
        found = revisions.for_reviewer(acting, task)
    return RevisionOut.of(found)


@revised.get("/revisions/{assignment}")
def my_revision(assignment: str, caller: Caller) -> RevisionOut:
    """What I changed since my work was reviewed."""
    with caller.read() as acting:
        found = revisions.for_author(acting, assignment)
    return RevisionOut.of(found)


@revised.get("/rounds/{round_id}/works/{work}/revision")
def revision_of_work(round_id: str, work: str, caller: Caller) -> RevisionOut:
    """What an author changed since the work was reviewed; for staff."""
    with caller.read() as acting:
        found = revisions.for_staff(acting, round_id, work)
    return RevisionOut.of(found)
