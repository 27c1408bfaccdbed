"""`nbpeer score FILE.csv`: scores from the reviews of any course, without a service or a course folder."""

import csv
import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nbcohort.api import Invalid, NbcohortError, _
from nbpeer.methods import METHODS, MethodOfScores

if TYPE_CHECKING:
    from nbpeer.aggregate import Interval, Scores, Suggestion
    from nbpeer.score_file import Column, Read

SHOWN = 20
"""Rows of each table on the terminal, without --all."""

app = typer.Typer(
    name="nbpeer",
    help=_("Peer review: what reviews add up to."),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _group() -> None:
    pass


@app.command("score")
def score(
    file: Annotated[Path, typer.Argument(help=_("The reviews: a line each, the first line names the columns."))],
    method: Annotated[
        str, typer.Option(help="; ".join(f"{name}: {what}" for name, what in METHODS.items()) + ".")
    ] = "bayes",
    level: Annotated[float, typer.Option(help=_("The probability of the intervals."))] = 0.9,
    budget: Annotated[
        int, typer.Option(help=_("Also say which submissions staff should look at first: so many."), min=0)
    ] = 0,
    submission: Annotated[str | None, typer.Option(help=_("The name of the column with the submission."))] = None,
    reviewer: Annotated[str | None, typer.Option(help=_("The name of the column with the reviewer."))] = None,
    score: Annotated[str | None, typer.Option(help=_("The name of the column with the reviewer's score."))] = None,
    staff: Annotated[str | None, typer.Option(help=_("The name of the column with staff's score."))] = None,
    round_: Annotated[
        str | None, typer.Option("--round", help=_("The name of the column with the assignment or round."))
    ] = None,
    staff_reviewer: Annotated[
        list[str] | None, typer.Option(help=_("A reviewer whose scores are staff's; can be given again."))
    ] = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help=_("Leave out lines that cannot be used, and say which."))
    ] = False,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help=_("Write the submissions' scores into this file."))
    ] = None,
    reviewers_csv: Annotated[
        Path | None, typer.Option(help=_("Write what is known of reviewers into this file."))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print everything as JSON instead."))] = False,
    everything: Annotated[bool, typer.Option("--all", help=_("Show all rows, not only the first."))] = False,
    seed: Annotated[int, typer.Option(help=_("Another seed gives slightly other figures."), min=0)] = 0,
) -> None:
    """Score submissions from their reviews.

    The file has a line for each review: submission, reviewer, score; if you like, staff's score of the submission, and
    the assignment or round. Columns are known by their usual names. Any scale will do, any number of reviews, and
    reviewers need not be authors.

        submission,reviewer,score,staff
        ada,ben,7,
        ada,cleo,9,8.5

    A score is what a submission is expected to be worth; the truth is inside the interval nine times in ten. Bias:
    points that a reviewer gives more than others do (than staff, where staff scored). Reliability: from 0, chance,
    to 1, what differs in the reviewer's scores is true. Rounds in one file tell more of each reviewer together.
    """
    import numpy as np  # what computes comes only now: no other command should wait for it

    from nbpeer.aggregate import score as score_reviews
    from nbpeer.aggregate import triage
    from nbpeer.score_file import read_reviews

    if method not in METHODS:
        raise Invalid(_("The method should be one of: {names}.").format(names=", ".join(METHODS)))
    if not 0 < level < 1:
        raise Invalid(_("The probability of the intervals should be between 0 and 1."))
    if budget and method != "bayes":
        raise Invalid(_("Which submissions to look at first is told by the method bayes only."))
    columns: dict[Column, str | None] = {
        "submission": submission,
        "reviewer": reviewer,
        "score": score,
        "staff": staff,
        "round": round_,
    }
    named = {column: name for column, name in columns.items() if name is not None}
    read = read_reviews(_text(file), named, staff_reviewer or (), leave_out=leave_out)
    rng = np.random.default_rng(seed)
    scores = score_reviews(read.reviews, rng, cast(MethodOfScores, method), level, for_triage=budget > 0)
    chosen = triage(read.reviews, scores, budget) if budget else ()
    if csv_file is not None:
        _write(csv_file, _submission_rows(scores))
    if reviewers_csv is not None:
        _write(reviewers_csv, _reviewer_rows(scores))
    if as_json:
        sys.stdout.write(json.dumps(_as_json(read, scores, chosen), indent=1, ensure_ascii=False) + "\n")
    else:
        _show(read, scores, chosen, None if everything else SHOWN)


def _text(file: Path) -> str:
    from nbpeer.score_file import decode

    try:
        return decode(file.read_bytes())
    except OSError as error:
        raise Invalid(_("{file} cannot be read: {error}.").format(file=file, error=error.strerror)) from None


def _submission_rows(scores: "Scores") -> Iterable[dict[str, Any]]:
    for one in scores.submissions:
        low, high = _ends(one.interval)
        yield {
            "round": one.round,
            "submission": one.submission,
            "score": one.score,
            "low": low,
            "high": high,
            "mean": one.mean,
            "reviews": one.count,
            "staff": one.staff,
        }


def _reviewer_rows(scores: "Scores") -> Iterable[dict[str, Any]]:
    for one in scores.reviewers:
        low, high = _ends(one.bias_interval)
        least, most = _ends(one.reliability_interval)
        yield {
            "reviewer": one.reviewer,
            "reviews": one.count,
            "bias": one.bias,
            "bias_low": low,
            "bias_high": high,
            "reliability": one.reliability,
            "reliability_low": least,
            "reliability_high": most,
            "noise": one.noise,
        }


def _ends(interval: "Interval | None") -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)


def _as_json(read: "Read", scores: "Scores", chosen: "Sequence[Suggestion]") -> dict[str, Any]:
    return {
        "method": scores.method,
        "level": scores.level,
        "columns": read.columns,
        "notes": read.notes,
        "expected_error": scores.error,
        "expected_error_of_mean": scores.error_of_mean,
        "ties_with_mean": scores.ties,
        "submissions": list(_submission_rows(scores)),
        "reviewers": list(_reviewer_rows(scores)),
        "look_at_first": [
            {"round": one.round, "submission": one.submission, "gain": one.gain, "own": one.own} for one in chosen
        ],
    }


def _write(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write `rows` as CSV; all have the same keys, and there is at least one."""
    listed = list(rows)
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, fieldnames=list(listed[0]))
            writer.writeheader()
            writer.writerows(listed)
    except OSError as error:
        raise Invalid(_("{file} cannot be written: {error}.").format(file=file, error=error.strerror)) from None


def _show(read: "Read", scores: "Scores", chosen: "Sequence[Suggestion]", limit: int | None) -> None:
    console = Console(highlight=False)
    for note in read.notes:
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(_clean(note))
    rounds = any(one.round for one in scores.submissions)
    interval = f"{scores.level:.0%}"
    table = Table(*([_("round")] if rounds else []), _("submission"), title=_("Submissions"), title_justify="left")
    for heading in (_("score"), interval, _("mean"), _("reviews"), _("staff")):
        table.add_column(heading, justify="right")
    for one in scores.submissions[:limit]:
        names = [one.round, one.submission] if rounds else [one.submission]
        numbers = (_n(one.score), _between(one.interval), _n(one.mean), str(one.count), _n(one.staff))
        table.add_row(*(Text(_clean(cell)) for cell in (*names, *numbers)))
    console.print(table)
    _tell_rest(console, len(scores.submissions), limit)
    table = Table(_("reviewer"), title=_("Reviewers"), title_justify="left")
    for heading in (_("reviews"), _("bias"), interval, _("reliability"), interval):
        table.add_column(heading, justify="right")
    for who in scores.reviewers[:limit]:
        known = (_n(who.bias), _between(who.bias_interval), _n(who.reliability), _between(who.reliability_interval))
        table.add_row(*(Text(_clean(cell)) for cell in (who.reviewer, str(who.count), *known)))
    console.print(table)
    _tell_rest(console, len(scores.reviewers), limit)
    _show_chosen(console, chosen, rounds=rounds)
    console.print(Text(_summary(read, scores)), soft_wrap=True)


def _show_chosen(console: Console, chosen: "Sequence[Suggestion]", *, rounds: bool) -> None:
    if not chosen:
        return
    table = Table(*([_("round")] if rounds else []), _("submission"), title=_("Look at first"), title_justify="left")
    table.add_column(_("less error, all in all"), justify="right")
    table.add_column(_("of it its own"), justify="right")
    for one in chosen:
        names = [one.round, one.submission] if rounds else [one.submission]
        table.add_row(*(Text(_clean(cell)) for cell in (*names, _n(one.gain), _n(one.own))))
    console.print(table)


def _tell_rest(console: Console, count: int, limit: int | None) -> None:
    if limit is not None and count > limit:
        console.print(Text(_("... and {count} more: --all shows them, --csv writes them.").format(count=count - limit)))


def _summary(read: "Read", scores: "Scores") -> str:
    sentences = [
        _("Reviews: {reviews}; submissions: {submissions}; reviewers: {reviewers}; rounds: {rounds}.").format(
            reviews=len(read.reviews.score),
            submissions=len(read.reviews.keys),
            reviewers=len(read.reviews.reviewers),
            rounds=len(read.reviews.rounds),
        )
    ]
    if scores.method != "bayes":
        return sentences[0]
    if scores.error is None or scores.error_of_mean is None:
        sentences.append(_("All scores are the same or known: there is nothing to tell about reviewers."))
    else:
        sentences.append(
            _("Expected error (root mean square): {error}; of the mean of the reviews: {mean}.").format(
                error=_n(scores.error**0.5), mean=_n(scores.error_of_mean**0.5)
            )
        )
        if scores.ties:
            sentences.append(_("The mean of the reviews does as well: it ties."))
    return " ".join(sentences)


def _n(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if abs(value) < 1e6 else f"{value:.6g}"


def _between(interval: "Interval | None") -> str:
    return "" if interval is None else f"{_n(interval.low)} - {_n(interval.high)}"


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _clean(text: str) -> str:
    """Return `text` from a file without what moves the cursor or changes colours."""
    return _CONTROL.sub("", text)


def main() -> None:
    """Run the command line; what is wrong becomes one line on stderr and exit code 1."""
    try:
        app()
    except NbcohortError as error:
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"nbpeer: {_clean(str(error))}")
        sys.exit(1)
