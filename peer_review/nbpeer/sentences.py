"""What the numbers say, in words."""

from collections.abc import Iterable

from nbcohort.api import _
from nbpeer.aggregate import Score
from nbpeer.scrub import Notice, Withheld


def shortfall(code: str) -> str:
    """Return the sentence for one of `nbpeer.allocate.SHORTFALLS`."""
    return {
        "nobody-else": _("Fewer than two submissions came in, so there was nothing to swap."),
        "too-few-reviewers": _("Some submissions have fewer reviewers than asked for: there is nobody else to ask."),
        "mutual-pairs": _("Some members review each other: there are too few submissions to avoid it."),
        "fewer-tasks-than-k": _(
            "Some members have fewer tasks than each submission has reviews: with pairs there are more reviewers than "
            "submissions. The tasks are spread evenly."
        ),
        "uneven-tasks": _("Some members have more tasks than others: conflicts leave no other way."),
    }[code]


def shortfalls(codes: Iterable[str]) -> list[str]:
    """Return a sentence for each of `codes`."""
    return [shortfall(code) for code in codes]


def why_no_score(score: Score) -> str | None:
    """Return why there is no score, or that it rests on fewer reviews than planned; else None."""
    if score.reason == "nobody-allocated":
        return _("There is no score: nobody else handed something in, so there was nobody to review it.")
    if score.reason == "no-review-came":
        return _("There is no score yet: none of the reviews came in. Your instructors know.")
    if score.partial:
        return _("The score rests on {count} of {wanted} reviews; the others did not come in.").format(
            count=score.count, wanted=score.wanted
        )
    return None


def withheld(reason: Withheld) -> str:
    """Return why a reviewer does not get a file."""
    return {
        Withheld.UNREADABLE: _("not shown: a file of this kind may name its author"),
        Withheld.TOO_LARGE: _("not shown: too large to be made anonymous"),
        Withheld.GONE: _("no longer there"),
    }[reason]


def notice(about: Notice) -> str:
    """Return what an author should know of a file before handing it in."""
    return {
        Notice.PICTURE: _("reviewers see this picture as it is: a face, or a name drawn into it, is not removed"),
        Notice.SOUND: _("reviewers do not get recordings: a voice or a face would tell whose it is"),
        Notice.WITHHELD: _("reviewers do not get this file: one of its kind may name its author"),
        Notice.TOO_LARGE: _("reviewers do not get this file: it is too large to be made anonymous"),
        Notice.IDENTIFIER: _("a variable or function in it is called like you, and code is not changed: rename it"),
        Notice.WORD: _("your name is also a word, and stays where it may be one: look whether it means you"),
        Notice.LINK: _("a link in it leads to a personal page, which may be yours"),
    }[about]
