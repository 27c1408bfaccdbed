"""`nbcohort review ...` after the reviews: rating, appeals and flags, and what others wrote."""

from contextlib import closing
from typing import Annotated
from urllib.parse import quote

import typer

from nbcohort.api import _, open_client
from nbpeer.staff_cli import address_of_round
from nbpeer.terminal import CohortOption, base_of, only_cohort, say, say_compared

Assignment = Annotated[str, typer.Argument(help=_("The assignment's name."))]
ReviewId = Annotated[str, typer.Argument(help=_("The review's id, as `nbcohort review received` shows it."))]
TaskId = Annotated[str, typer.Argument(help=_("The task's id, as `nbcohort review tasks` shows it."))]
Why = Annotated[str, typer.Option("--reason", help=_("Why."))]


def add_to(commands: typer.Typer) -> None:
    """Add the commands to the group `review`."""
    commands.command("rate")(rate)
    commands.command("flag")(flag)
    commands.command("appeal")(appeal)
    commands.command("others")(others)
    commands.command("answers")(answers)
    commands.command("appeals")(appeals)
    commands.command("answer-appeal")(answer_appeal)
    commands.command("flags")(flags)
    commands.command("decide-flag")(decide_flag)


def rate(
    review: ReviewId,
    helpful: Annotated[int, typer.Argument(min=1, max=5, help=_("1: not at all, to 5: very."))],
    reason: Why,
    reply: Annotated[str, typer.Option(help=_("What you want to say to the reviewer."))] = "",
    will_change: Annotated[str, typer.Option(help=_("What you will change."))] = "",
    cohort: CohortOption = None,
) -> None:
    """Say how helpful a review of your work was, and why; reply, and say what you will change."""
    body = {"helpful": helpful, "reason": reason, "reply": reply, "will_change": will_change}
    with closing(open_client()) as client:
        client.put(f"{base_of(only_cohort(client, cohort))}/received/{quote(review, safe='')}/answer", body)
    say(_("Thank you: the reviewer will read it."))


def flag(
    review: ReviewId,
    kind: Annotated[str, typer.Argument(help="abusive, empty, other")],
    reason: Why,
    cohort: CohortOption = None,
) -> None:
    """Tell your instructors that a review of your work is abusive or empty."""
    with closing(open_client()) as client:
        address = f"{base_of(only_cohort(client, cohort))}/received/{quote(review, safe='')}/flag"
        client.post(address, {"kind": kind, "reason": reason})
    say(_("Your instructors will decide."))


def appeal(
    assignment: Assignment,
    work: Annotated[str, typer.Argument(help=_("Your work's short name, as `nbcohort review received` shows it."))],
    text: Annotated[str, typer.Argument(help=_("What they shall look at, and why."))],
    cohort: CohortOption = None,
) -> None:
    """Ask your instructors to look at the score of your work."""
    with closing(open_client()) as client:
        body = {"assignment": assignment, "work": work, "text": text}
        client.post(f"{base_of(only_cohort(client, cohort))}/appeals", body)
    say(_("Your instructors will answer."))


def others(task: TaskId, cohort: CohortOption = None) -> None:
    """Read what others wrote on the work that you reviewed."""
    with closing(open_client()) as client:
        found = list(client.pages(f"{base_of(only_cohort(client, cohort))}/tasks/{quote(task, safe='')}/others"))
    if not found:
        say(_("Nobody else has reviewed it so far."))
    for one in found:
        say(_("Reviewer {name}: {overall}").format(name=one["reviewer"], overall=one["overall"]))
        for criterion, comment in one["comments"].items():
            say(f"  {criterion}: {comment}")
        say_compared(one["compared"])


def answers(task: TaskId, cohort: CohortOption = None) -> None:
    """Read how helpful your review was, and what its authors say."""
    with closing(open_client()) as client:
        found = list(client.pages(f"{base_of(only_cohort(client, cohort))}/tasks/{quote(task, safe='')}/answers"))
    if not found:
        say(_("Nobody has said anything so far."))
    for one in found:
        if one["helpful"] is not None:
            say(_("Helpful: {helpful} of 5. {reason}").format(helpful=one["helpful"], reason=one["reason"]))
        for text in (one["reply"], one["will_change"]):
            if text:
                say(f"  {text}")


def appeals(assignment: Assignment, cohort: CohortOption = None) -> None:
    """List the appeals about an assignment, those that wait first (for staff)."""
    with closing(open_client()) as client:
        found = list(client.pages(f"{address_of_round(client, cohort, assignment)}/appeals"))
    for one in found:
        made, score = one["appeal"], one["reviewed"]["score"]["percent"]
        state = made["outcome"] or _("waits")
        say(f"{made['id']}  {state}  {made['work']}  {one['made_by']['account']}  {score}: {made['text']}")


def answer_appeal(
    appeal: Annotated[str, typer.Argument(help=_("The appeal's id, as `nbcohort review appeals` shows it."))],
    outcome: Annotated[str, typer.Argument(help="upheld, rejected")],
    answer: Annotated[str, typer.Argument(help=_("What you say to the author."))],
    percent: Annotated[float | None, typer.Option(help=_("The score from now on, 0 to 100."))] = None,
    cohort: CohortOption = None,
) -> None:
    """Answer an appeal (for staff)."""
    with closing(open_client()) as client:
        body = {"outcome": outcome, "answer": answer, "percent": percent}
        client.put(f"{base_of(only_cohort(client, cohort))}/appeals/{quote(appeal, safe='')}", body)
    say(_("Answered."))


def flags(assignment: Assignment, cohort: CohortOption = None) -> None:
    """List the flagged reviews of an assignment, those that wait first (for staff)."""
    with closing(open_client()) as client:
        found = list(client.pages(f"{address_of_round(client, cohort, assignment)}/flags"))
    for one in found:
        made, review = one["flag"], one["review"]
        state = made["decision"] or _("waits")
        people = f"{one['made_by']['account']} -> {review['reviewer']['account']}"
        say(f"{made['id']}  {state}  {one['work']}  {people}  {made['kind']}: {made['reason']}")
        for text in (review["overall"], *(said["why"] for said in review["comparisons"].values())):
            say(f"  {text}")


def decide_flag(
    flag: Annotated[str, typer.Argument(help=_("The flag's id, as `nbcohort review flags` shows it."))],
    decision: Annotated[str, typer.Argument(help="set-aside, kept")],
    reason: Why,
    cohort: CohortOption = None,
) -> None:
    """Set a flagged review aside, so that it is neither shown nor counted, or keep it (for staff)."""
    with closing(open_client()) as client:
        body = {"decision": decision, "reason": reason}
        client.put(f"{base_of(only_cohort(client, cohort))}/flags/{quote(flag, safe='')}", body)
    say(_("Decided."))
