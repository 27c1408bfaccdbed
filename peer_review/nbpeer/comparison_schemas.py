"""What a reviewer says of two works, over HTTP."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from nbcohort.api import Schema
from nbpeer.compared import Other, Said

Why = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]


class PutComparison(Schema):
    """Whether this work is better than the other one (null: not decided yet), and why."""

    better: Annotated[bool, Field(strict=True)] | None = None
    why: Why = ""

    def said(self) -> Said:
        """Return what was said."""
        return Said(self.better, self.why)


class ComparedWithOut(Schema):
    """Another work that I review, by its task; I am asked which is better once its review is `submitted`."""

    task: str
    pseudonym: str
    submitted: bool

    @classmethod
    def of(cls, other: Other) -> "ComparedWithOut":
        """Return how it looks to the reviewer."""
        return cls(task=other.task, pseudonym=other.pseudonym, submitted=other.submitted)


class FoundOut(Schema):
    """Whether a work was found better than another one, and why; which one it is has no name here."""

    better: bool
    why: str

    @classmethod
    def of(cls, said: Said) -> "FoundOut":
        """Return how it looks to the author, and to other reviewers."""
        return cls(better=said.better is True, why=said.why)


def comparisons_out(said: Mapping[str, Said]) -> dict[str, PutComparison]:
    """Return what was said, by the task of the other work."""
    return {task: PutComparison(better=one.better, why=one.why) for task, one in said.items()}
