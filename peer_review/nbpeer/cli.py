"""`nbcohort review ...`: the reviews I have to write, and those I got."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nbcohort.api import Invalid, ServiceClient, _, inside, moment, moment_in, open_client, zone_of
from nbpeer import afterwards_cli, calibration_cli, results_cli, staff_cli
from nbpeer.conflicts_cli import conflict
from nbpeer.revisions_cli import diff
from nbpeer.score_cli import score
from nbpeer.sheet import read_sheet, write_sheet
from nbpeer.terminal import CohortOption, base_of, only_cohort, say, say_compared

commands = typer.Typer(help=_("Review the work of peers, and read their reviews of yours."), no_args_is_help=True)

staff_cli.add_to(commands)
afterwards_cli.add_to(commands)
calibration_cli.add_to(commands)
results_cli.add_to(commands)
commands.command("score")(score)
commands.command("diff")(diff)
commands.add_typer(conflict, name="conflict")

FORM = "review.toml"

TaskArgument = Annotated[str, typer.Argument(help=_("The task's id, as `nbcohort review tasks` shows it."))]


@commands.command("tasks")
def tasks(cohort: CohortOption = None) -> None:
    """List the reviews you have to write."""
    with closing(open_client()) as client:
        where = only_cohort(client, cohort)
        found, zone = list(client.pages(f"{base_of(where)}/tasks")), zone_of(client, where)
    if not found:
        typer.echo(_("You have no reviews to write at present."))
        return
    table = Table(_("task"), _("assignment"), _("work"), _("due ({zone})").format(zone=zone.key), _("state"))
    for task in found:
        due = moment(task["due_at"], zone)
        table.add_row(*map(Text, (task["id"], task["assignment"], task["pseudonym"], due, task["state"])))
    Console().print(table)


@commands.command("fetch")
def fetch(
    task: TaskArgument,
    folder: Annotated[Path | None, typer.Argument(help=_("Where to put it; by default a new folder here."))] = None,
    cohort: CohortOption = None,
) -> None:
    """Fetch a peer's work, made anonymous, and a form to fill in."""
    with closing(open_client()) as client:
        where = only_cohort(client, cohort)
        address = f"{base_of(where)}/tasks/{quote(task, safe='')}"
        found, review = client.get(address), client.get(f"{address}/review")
        folder = folder or Path(f"review-{found['assignment']}-{found['pseudonym']}")
        form = folder / FORM
        if form.exists():
            raise Invalid(
                _("{form} is there already and may hold what you wrote; fetch into another folder, or move it.").format(
                    form=form
                )
            )
        client.post(f"{address}/start")
        kept, zone = _fetch_files(client, address, folder / "work"), zone_of(client, where)
    form.write_text(write_sheet(found, review, zone), "utf-8")
    say(_("Files of the work: {count}, in {folder}").format(count=kept, folder=folder / "work"))
    say(_("Fill in {form}, then run: nbcohort review submit {task} {form}").format(form=form, task=task))


@commands.command("next")
def take_next(
    assignment: Annotated[str, typer.Argument(help=_("The assignment's name."))], cohort: CohortOption = None
) -> None:
    """Take one more review: the one that is needed most."""
    with closing(open_client()) as client:
        task = client.post(f"{base_of(only_cohort(client, cohort))}/next", {"assignment": assignment})
    say(_("You review work {work}: nbcohort review fetch {task}").format(work=task["pseudonym"], task=task["id"]))


@commands.command("submit")
def submit(
    task: TaskArgument,
    file: Annotated[Path, typer.Argument(help=_("The form that you filled in."))],
    cohort: CohortOption = None,
    draft: Annotated[bool, typer.Option("--draft", help=_("Only keep it; it does not count yet."))] = False,
) -> None:
    """Hand in a review. Until it is due you can submit it again; the newest one counts."""
    try:
        sheet = read_sheet(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(_("{file} cannot be read: {error}.").format(file=file, error=error)) from None
    with closing(open_client()) as client:
        saved = client.put(
            f"{base_of(only_cohort(client, cohort))}/tasks/{quote(task, safe='')}/review",
            {**sheet, "submit": not draft},
        )
    if draft:
        say(_("Kept as a draft, version {version}; it does not count yet.").format(version=saved["version"]))
    else:
        say(_("Submitted, version {version}.").format(version=saved["version"]))


@commands.command("received")
def received(
    assignment: Annotated[str, typer.Argument(help=_("The assignment's name."))],
    account: Annotated[str | None, typer.Option("--account", help=_("Whose (for staff)."))] = None,
    cohort: CohortOption = None,
) -> None:
    """Read the reviews of your work, and what they add up to."""
    with closing(open_client()) as client:
        where = only_cohort(client, cohort)
        found = list(client.pages(f"{base_of(where)}/received", assignment=assignment, account=account))
        zone = zone_of(client, where)
    if not found:
        typer.echo(_("Nothing was handed in for this review, so there are no reviews."))
    for one in found:
        _show_received(one)
        _show_appeals(one)
        if one["revisions_until"] and account is None:
            say("")
            say(
                _(
                    "You can hand in a revision until {until}, as you handed in before; what comes after hand-in has "
                    "closed is not graded. `nbcohort review diff {assignment}` then shows what you changed."
                ).format(until=moment_in(one["revisions_until"], zone), assignment=one["assignment"])
            )


@commands.command("rounds")
def rounds(
    assignment: Annotated[str | None, typer.Argument(help=_("Show this one in full (for staff)."))] = None,
    cohort: CohortOption = None,
) -> None:
    """List the rounds of the cohort; for staff, who reviews whom in one of them."""
    with closing(open_client()) as client:
        where = only_cohort(client, cohort)
        base, zone = base_of(where), zone_of(client, where)
        found = list(client.pages(f"{base}/rounds"))
        if assignment is not None:
            _show_round(client, base, found, assignment)
            return
    opens, due = (_("opens ({zone})").format(zone=zone.key), _("due"))
    table = Table(_("assignment"), _("phase"), opens, due)
    for one in found:
        times = (moment(one["opens_at"], zone), moment(one["due_at"], zone))
        table.add_row(*map(Text, (one["assignment"], one["phase"], *times)))
    Console().print(table)


def _fetch_files(client: ServiceClient, address: str, folder: Path) -> int:
    """Write the files of a work into `folder`; return how many."""
    count = 0
    folder.mkdir(parents=True, exist_ok=True)
    for file in client.pages(f"{address}/files"):
        if file["withheld"] is not None:
            say(f"{file['path']}: {file['withheld']}")
            continue
        target = inside(folder, file["path"])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(client.read(f"{address}/files/{quote(file['path'])}"))
        count += 1
    return count


def _show_appeals(one: Any) -> None:
    for appeal in one["appeals"]:
        say("")
        say(_("Appeal: {text}").format(text=appeal["text"]))
        say(_("Answer: {answer}").format(answer=appeal["answer"] or _("none yet")))


def _show_received(one: Any) -> None:
    score = one["score"]
    title = f"{one['title']} ({one['work']})"
    if score is None:
        say(title)
        say(_("The score is shown when it is released."))
    elif score["overall"] is None:
        say(title)
    else:
        say(f"{title}: {_percent(score['overall'])}")
    if score and score["override"]:
        decided = _("Your instructors decided on {percent:g} %: {reason}")
        say(decided.format(percent=score["override"]["percent"], reason=score["override"]["reason"]))
    if score and score["note"]:
        say(score["note"])
    for reason in score["reasons"] if score else []:
        say(reason)
    for criterion in one["rubric"] if score else []:
        _show_criterion(criterion["title"], score["criteria"].get(criterion["id"]))
    for review in one["reviews"]:
        say("")
        say(
            _("Reviewer {name} ({id}): {overall}").format(
                name=review["reviewer"], id=review["id"], overall=review["overall"]
            )
        )
        for criterion in one["rubric"]:
            level = criterion["levels"][review["scores"][criterion["id"]]]["title"]
            comment = review["comments"].get(criterion["id"], "")
            say(f"  {criterion['title']}: {level}" + (f". {comment}" if comment else ""))
        say_compared(review["compared"])


def _show_criterion(title: str, found: Any) -> None:
    if found is not None:
        say(f"  {title}: {_percent(found)}. {found['reason']}")


def _show_round(client: ServiceClient, base: str, found: list[Any], assignment: str) -> None:
    public_id = next((one["id"] for one in found if one["assignment"] == assignment and one["id"]), None)
    if public_id is None:
        raise Invalid(_('The review of "{assignment}" has not opened.').format(assignment=assignment))
    whole = client.get(f"{base}/rounds/{quote(public_id)}")
    table = Table(_("work"), _("by"), _("reviewer"), _("state"), _("score"))
    for work in whole["works"]:
        authors = ", ".join(str(author["account"]) for author in work["authors"])
        overall = work["score"]["overall"]
        for i, task in enumerate(work["tasks"] or [None]):
            first = (
                (work["pseudonym"], authors, "" if overall is None else _percent(overall)) if i == 0 else ("", "", "")
            )
            reviewer, state = (str(task["reviewer"]["account"]), task["state"]) if task else ("", "")
            table.add_row(*map(Text, (first[0], first[1], reviewer, state, first[2])))
    Console().print(table)
    for sentence in whole["in_words"]:
        say(sentence)
    if whole["unavoidable"]:
        say(_("What could not be avoided, and why:"))
    for sentence in whole["unavoidable"]:
        say(f"- {sentence}")


def _percent(summary: Any) -> str:
    if summary["low"] is None:
        return f"{summary['percent']:.0f} %"
    return f"{summary['percent']:.0f} % ({summary['low']:.0f} … {summary['high']:.0f})"
