"""What a reviewer says of two works: which one is better, and why. Pure.

Two works of one reviewer are compared once, whichever of the two reviews says it: said of one of them, it is mirrored
in the other. Where both say something, what was said later holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbcohort.api import Invalid, _


@dataclass(frozen=True)
class Said:
    """Whether this work is better than the other one (None: not decided yet), and why."""

    better: bool | None
    why: str

    @property
    def mirrored(self) -> "Said":
        """The same, said of the other work."""
        return Said(None if self.better is None else not self.better, self.why)

    @property
    def is_something(self) -> bool:
        """Whether it says anything at all."""
        return self.better is not None or bool(self.why.strip())

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {"better": self.better, "why": self.why}


@dataclass(frozen=True)
class Version:
    """What one version of a review says of its work and others, by the task of the other; a later one has more `pk`."""

    task: str
    pk: int
    said: Mapping[str, Said]


@dataclass(frozen=True)
class Other:
    """Another work that a reviewer has to compare a work with, once both reviews are submitted."""

    task: str
    pseudonym: str
    submitted: bool


@dataclass(frozen=True)
class Counting:
    """A version that counts: by whom, of which work in which round."""

    version: Version
    reviewer: str
    round: int
    work: str


@dataclass(frozen=True)
class Decided:
    """That a reviewer found one work better than another, by the task of reviewing it."""

    better: Counting
    worse: Counting
    why: str


def of_json(kept: Mapping[str, Any]) -> dict[str, Said]:
    """Return what was kept."""
    return {task: Said(one["better"], one["why"]) for task, one in kept.items()}


def said_of(task: str, own: Version | None, others: Mapping[str, Version | None]) -> dict[str, Said]:
    """Return what is said of a work and each of the `others`, by whichever of the two versions said it last."""
    found = {}
    for name, other in others.items():
        candidates = []
        if own is not None and name in own.said:
            candidates.append((own.pk, own.said[name]))
        if other is not None and task in other.said:
            candidates.append((other.pk, other.said[task].mirrored))
        newest = max((one for one in candidates if one[1].is_something), key=lambda one: one[0], default=None)
        if newest is not None:
            found[name] = newest[1]
    return found


def together(given: Mapping[str, Said] | None, known: Mapping[str, Said]) -> dict[str, Said]:
    """Return what a review says from now on: what is `given`, and of other works what is `known`.

    What was decided stays until it is decided otherwise: a statement that says nothing clears what was no decision.
    """
    changed = {
        name: one
        for name, one in (given or {}).items()
        if one.is_something or (name in known and known[name].better is None)
    }
    return {**known, **changed}


def check_known(given: Iterable[str], others: Sequence[Other]) -> None:
    """Raise Invalid, with the sentence for the reviewer, unless the tasks `given` are those of `others`."""
    known = {other.task for other in others}
    for name in given:
        if name not in known:
            raise Invalid(
                _('This work is not compared with that of a task "{task}": name another task of yours.').format(
                    task=name
                )
            )


def check_complete(said: Mapping[str, Said], others: Sequence[Other]) -> None:
    """Raise Invalid, with the sentence for the reviewer, unless it is said which is better, and why, as asked."""
    nothing = Said(None, "")
    asked = [(other, said.get(other.task, nothing)) for other in others if other.submitted]
    if undecided := [other.pseudonym for other, one in asked if one.better is None]:
        raise Invalid(
            _("Say whether this work or {works} is better before you submit the review; a draft can wait.").format(
                works=", ".join(undecided)
            )
        )
    if unreasoned := [other.pseudonym for other, one in asked if not one.why.strip()]:
        raise Invalid(
            _("Say why this work is better than {works}, or why not, before you submit the review.").format(
                works=", ".join(unreasoned)
            )
        )


def decided(versions: Iterable[Counting]) -> list[Decided]:
    """Return each pair of works that one reviewer of a round has decided on, once, as it was said last."""
    mine: dict[tuple[int, str], list[Counting]] = {}
    for one in versions:
        mine.setdefault((one.round, one.reviewer), []).append(one)
    found = []
    for those in mine.values():
        for i, one in enumerate(those):
            for other in those[:i]:
                task = other.version.task
                said = said_of(one.version.task, one.version, {task: other.version}).get(task)
                if said is not None and said.better is not None:
                    found.append(Decided(one, other, said.why) if said.better else Decided(other, one, said.why))
    return found


def by_task(found: Iterable[Decided]) -> dict[str, dict[str, Said]]:
    """Return what is said of the work of each task and the other one: task -> other task -> it."""
    said: dict[str, dict[str, Said]] = {}
    for one in found:
        better, worse = one.better.version.task, one.worse.version.task
        said.setdefault(better, {})[worse] = Said(True, one.why)
        said.setdefault(worse, {})[better] = Said(False, one.why)
    return said
