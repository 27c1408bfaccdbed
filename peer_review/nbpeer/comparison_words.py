"""How a score came about of comparisons, and why there is none, in words."""

from nbcohort.api import _
from nbpeer.aggregate import Score
from nbpeer.scoring import WorkScore
from nbpeer.sentences import why_no_score


def comparison_reasons(mine: WorkScore) -> list[str]:
    """Return the sentences that lead from the comparisons of a work to its score."""
    said = [
        _counted(mine.count, mine.won or 0),
        _(
            "The score is the chance to be found better than another work of this round: {percent:.1f} %, where 50 % "
            "is the middle."
        ).format(percent=mine.whole.percent),
        _("To be found better than a work that is often found better itself counts more."),
    ]
    if mine.whole.low is not None and mine.whole.high is not None:
        said.append(
            _(
                "Nine times in ten, a work with such comparisons has a chance between {low:.0f} and {high:.0f} %."
            ).format(low=mine.whole.low, high=mine.whole.high)
        )
    return said


def _counted(count: int, won: int) -> str:
    if count == 1:
        return (
            _("In 1 comparison with another work it was found better.")
            if won
            else _("In 1 comparison with another work it was not found better.")
        )
    return _("Of {count} comparisons with other works, it was found better in {won}.").format(count=count, won=won)


def why_not_compared(tally: Score, mine: WorkScore | None) -> str | None:
    """Return why there is no score, or that it rests on fewer reviewers than planned; else None."""
    if tally.reason is not None:
        return why_no_score(tally)
    if mine is None:
        return _("There is no score: nobody who reviewed this work has compared it with another one.")
    if tally.partial:
        return _(
            "The score rests on comparisons by {count} of {wanted} reviewers; other reviews did not come in."
        ).format(count=tally.count, wanted=tally.wanted)
    return None
