"""Which works of a round staff should look at first, and what is known of its reviewers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np

from nbcohort.api import Acting
from nbpeer.actions import read_round
from nbpeer.aggregate import Suggestion, collect, score, triage
from nbpeer.comparison_scores import uncertainty_of
from nbpeer.comparisons import is_compared
from nbpeer.evidence import evidence_for
from nbpeer.models import Round, Work
from nbpeer.score_book import scores_of
from nbpeer.scores import counting_tasks, override_of
from nbpeer.scoring import Evidence, RoundScores
from nbpeer.tasks import open_tasks


@dataclass(frozen=True)
class Look:
    """A work to look at.

    Args:
        uncertainty: standard deviation of its score, in percentage points; None: it has no review (comparison) at all.
        elsewhere: which part of the gain is that other works' scores become surer, 0-1.
    """

    work: Work
    uncertainty: float | None
    elsewhere: float

    @property
    def asked(self) -> list[str]:
        """Who of staff has the task of reviewing it."""
        return [task.reviewer for task in open_tasks(self.work) if task.origin == "staff"]


def look_first(acting: Acting, round_id: str, budget: int) -> tuple[list[Look], RoundScores]:
    """Return the `budget` works of a round of which staff's score is worth most, the best first; and the scores.

    Those that nobody has reviewed come before all others. Where works are compared, staff's score tells of no other
    work: then it is those whose score is least sure.
    """
    found = read_round(acting, round_id)
    works = {work.submission: work for work in found.works if override_of(work) is None}
    if is_compared(found):
        scores = scores_of(acting.session, found)
        return _least_sure(works.values(), scores)[:budget], scores
    bare = [Look(work, None, 0.0) for work in works.values() if not counting_tasks(work)]
    suggested = _suggested(found, evidence_for(acting.session, found), works, max(budget - len(bare), 0))
    looks = [
        Look(works[one.submission], sqrt(one.own), 1 - one.own / one.gain if one.gain > one.own else 0.0)
        for one in suggested
    ]
    return [*bare, *looks][:budget], scores_of(acting.session, found)


def _least_sure(works: Iterable[Work], scores: RoundScores) -> list[Look]:
    """Return works that are compared, those first that are not, then those whose score is least sure."""
    looks = [
        Look(work, uncertainty_of(scores.works[work.submission]) if work.submission in scores.works else None, 0.0)
        for work in works
    ]
    return sorted(looks, key=lambda look: -inf if look.uncertainty is None else -look.uncertainty)


def _suggested(found: Round, evidence: Evidence, works: Mapping[str, Work], budget: int) -> tuple[Suggestion, ...]:
    reviews = collect(evidence.reviews, evidence.staff)
    if not reviews.keys or not budget:
        return ()
    scores = score(reviews, np.random.default_rng([found.seed, 1]), for_triage=True)
    return triage(reviews, scores, budget, {(evidence.round, name) for name in works})


def reviewers_of(acting: Acting, round_id: str) -> RoundScores:
    """Return the scores of a round, for what they say of its reviewers; for staff."""
    return scores_of(acting.session, read_round(acting, round_id))
