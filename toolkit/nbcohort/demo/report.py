"""The report: from plain data to what rich prints. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from nbcohort.courses.moments import moment
from nbcohort.demo.findings import Findings, Grade, ReviewGiven, RoundHeld, WorkReviewed


def report(found: Findings, title: str, zone: ZoneInfo) -> RenderableType:
    """Return everything that there is to say about `found`, times in `zone`."""
    return Group(
        Text(),
        Rule(Text(title, style="bold"), style="cyan"),
        *_handed_in(found, zone),
        *_scores(found),
        *(_reviewed(found, found.round) if found.round else [_heading("Peer review"), Text("No round was held.")]),
        *_absent(found),
        *_verdict(found),
    )


def _heading(text: str) -> RenderableType:
    return Padding(Text(text, style="bold cyan"), (1, 0, 0, 0))


def _table(*columns: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", vertical="top")
    return table


def _handed_in(found: Findings, zone: ZoneInfo) -> Iterator[RenderableType]:
    yield _heading("Who handed in, and when")
    table = _table("when", "who", "attempt", "late", "receipt", right=["attempt"])
    for attempt in found.attempts:
        table.add_row(
            moment(attempt.at, zone),
            _people(attempt.accounts, found.names),
            str(attempt.number),
            Text(duration(attempt.late_seconds), style="yellow") if attempt.late_seconds else Text(""),
            Text(f"✓ {attempt.receipt}", style="green") if attempt.receipt else Text("✗ not genuine", style="bold red"),
        )
    yield table
    for account, due, reason in found.extensions:
        name = found.names.get(account, account)
        yield Text(f"{name} had an extension until {moment(due, zone)}: {reason}", style="dim")


def _scores(found: Findings) -> Iterator[RenderableType]:
    yield _heading("Scores of the tests, beside what was written down beforehand")
    table = _table("who", "wrote", "expected", "gradebook", "", right=["expected", "gradebook"])
    for grade in found.grades:
        row = grade.comparison
        table.add_row(
            found.names.get(row.account, row.account),
            row.answers.replace("_", " "),
            f"{row.expected:g}",
            "-" if row.found is None else f"{row.found:g}",
            Text("\n".join(row.differences), style="bold red") if row.differences else _as_expected(grade),
        )
    yield table
    if waiting := sum(bool(grade.to_grade) for grade in found.grades):
        yield Text(
            f"Of 14 points by tests. 6 more are given by a person: {waiting} notebooks wait for Iris in formgrader.",
            style="dim",
        )


def _as_expected(grade: Grade) -> Text:
    penalty = f"  less {grade.late_penalty:g} (late)" if grade.late_penalty else ""
    return Text.assemble(("✓", "green"), (penalty, "yellow"))


def _reviewed(found: Findings, held: RoundHeld) -> Iterator[RenderableType]:
    yield _heading("Who reviewed whom (only an instructor sees this)")
    table = _table("work", "by", "reviewed by", "score", right=["score"])
    for work in held.works:
        reviewers = Text("\n").join(_reviewer(review, found.names) for review in work.reviews)
        table.add_row(work.pseudonym, _people(work.authors, found.names), reviewers, _percent(work))
    yield table
    yield _heading("What the reviews said (authors see them without the names of reviewers)")
    for work in held.works:
        yield from _said(work, found.names)


def _said(work: WorkReviewed, names: Mapping[str, str]) -> Iterator[RenderableType]:
    score = "" if work.percent is None else f"  {work.percent:.0f} %"
    yield Text.assemble((f"To {', '.join(names.get(one, one) for one in work.authors)}", "bold"), score)
    for review in work.reviews:
        if review.state != "submitted":
            continue
        yield Padding(
            Text.assemble((f"{_first(review.reviewer, names)}: ", "cyan"), review.overall), (0, 0, 0, 2), expand=False
        )
        levels = "; ".join(f"{criterion.lower()}: {level.lower()}" for criterion, level in review.levels)
        yield Padding(Text(levels, style="dim"), (0, 0, 0, 4), expand=False)
        if review.weakest:
            yield Padding(Text(f"“{review.weakest}”", style="dim italic"), (0, 0, 0, 4), expand=False)
    if work.note:
        yield Padding(Text(work.note, style="yellow"), (0, 0, 0, 2), expand=False)
    yield Text()


def _absent(found: Findings) -> Iterator[RenderableType]:
    yield _heading("Who did not take part")
    for account in found.absent:
        yield Text(f"{found.names.get(account, account)} handed nothing in.")
    for account in found.undone:
        yield Text(f"{found.names.get(account, account)} left a review undone.")
    if not found.absent and not found.undone:
        yield Text("Everybody did.")


def _verdict(found: Findings) -> Iterator[RenderableType]:
    yield _heading("Checked")
    wrong = sum(bool(grade.comparison.differences) for grade in found.grades)
    yield _mark(
        bool(found.grades) and not wrong,
        f"{len(found.grades)} scores, cell by cell, are what was written down beforehand",
        f"{wrong} scores differ from what was written down beforehand" if found.grades else "nothing was graded",
    )
    genuine = sum(attempt.receipt is not None for attempt in found.attempts)
    yield _mark(
        genuine == len(found.attempts) > 0,
        f"{genuine} receipts are genuine by the service's public keys",
        f"{len(found.attempts) - genuine} receipts are not genuine",
    )
    held = found.round
    tasks = sum(len(work.reviews) for work in held.works) if held else 0
    yield _mark(
        held is not None and not held.broken,
        f"{tasks} review tasks keep the rules of the swap, counted anew",
        "; ".join(held.broken) if held else "no round of peer review was held",
    )


def _mark(good: bool, text: str, otherwise: str) -> Text:
    return Text.assemble(("✓ ", "bold green"), text) if good else Text.assemble(("✗ ", "bold red"), otherwise)


def addresses(
    found: Findings, url: str, course_room: str, password: str, logins: Sequence[str], zone: ZoneInfo
) -> RenderableType:
    """Return where to go and as whom, and what each has to do there.

    Args:
        found: what there is to do.
        url: the Hub's address.
        course_room: that of the course room's server, `.../user/<account>`.
        password: everybody's.
        logins: the accounts to name, the instructor's first; whoever has something to do is named, too.
        zone: the cohort's.
    """
    table = _table("log in as", "password", "to do")
    for account in dict.fromkeys([*logins, *(one.account for one in found.to_do)]):
        things = [
            one.what + (f" is due {moment(one.due_at, zone)}" if one.due_at else "")
            for one in found.to_do
            if one.account == account
        ]
        table.add_row(Text(account, style="bold"), password, "\n".join(things) or "nothing at present")
    room = course_room.rsplit("/", 1)[-1]
    return Group(
        Text(),
        Rule(Text("The cohort is up", style="bold"), style="green"),
        Text.assemble("\nHub            ", (url, "bold underline")),
        Text.assemble("Course room    ", (f"{url}/hub/spawn/{room}", "underline"), f"  (as {logins[0]})"),
        Text.assemble("Formgrader     ", (f"{course_room}/formgrader", "underline"), "  (in it)"),
        Text(),
        table,
        Text(f"\nIt is {moment(found.now, zone)} in the cohort, and the time goes on while this runs.", style="dim"),
    )


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units."""
    minutes = round(seconds / 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _people(accounts: Sequence[str], names: Mapping[str, str]) -> str:
    return (
        " & ".join(names.get(one, one) for one in accounts)
        if len(accounts) == 1
        else " & ".join(_first(one, names) for one in accounts)
    )


def _first(account: str, names: Mapping[str, str]) -> str:
    return names.get(account, account).split()[0]


def _reviewer(review: ReviewGiven, names: Mapping[str, str]) -> Text:
    name = _first(review.reviewer, names)
    return Text(name) if review.state == "submitted" else Text(f"{name} (undone)", "yellow")


def _percent(work: WorkReviewed) -> str:
    if work.percent is None:
        return "-"
    return f"{work.percent:.0f} %" + ("" if work.spread is None else f" ± {work.spread:.0f}")
