"""`nbcohort review ...` for calibration: samples, and how one's scores compare with staff's."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from nbcohort.api import Invalid, ServiceClient, _, inside, open_client, zone_of
from nbpeer.sheet import read_sheet, write_sheet
from nbpeer.terminal import CohortOption, base_of, only_cohort, say

SampleId = Annotated[str, typer.Argument(help=_("The sample's id, as `nbcohort review samples` shows it."))]
FormFile = Annotated[Path, typer.Argument(help=_("The form that you filled in."))]


def add_to(commands: typer.Typer) -> None:
    """Add the commands to the group `review`."""
    commands.command("samples")(samples)
    commands.command("sample-form")(sample_form)
    commands.command("sample-score")(sample_score)
    commands.command("sample-add")(sample_add)


def samples(
    assignment: Annotated[str, typer.Argument(help=_("The assignment's name."))], cohort: CohortOption = None
) -> None:
    """List the samples that you can score before the real reviews."""
    with closing(open_client()) as client:
        base = f"{base_of(only_cohort(client, cohort))}/samples"
        found = list(client.pages(base, assignment=assignment))
        if not found:
            say(_("There are no samples to score at present."))
        for one in found:
            say(f"{one['id']}  {one['pseudonym']}  {_('scored') if one['scored'] else _('to do')}")
            if one["scored"]:
                _show(client.get(f"{base}/{quote(one['id'])}/score"))


def sample_form(
    sample: SampleId,
    file: Annotated[Path, typer.Argument(help=_("Where to put the form."))] = Path("sample.toml"),
    cohort: CohortOption = None,
) -> None:
    """Write a form to score a sample with; its notebooks are put beside it."""
    if file.exists():
        raise Invalid(_("{file} is there already and may hold what you wrote; move it.").format(file=file))
    with closing(open_client()) as client:
        where = only_cohort(client, cohort)
        address = f"{base_of(where)}/samples/{quote(sample, safe='')}"
        found, zone = client.get(address), zone_of(client, where)
        for one in client.pages(f"{address}/files"):
            if one["withheld"] is None:
                _keep(client, address, one["path"], file.parent / f"sample-{found['pseudonym']}")
    blank = {"scores": {}, "comments": {}, "overall": ""}
    task = {**found, "title": found["assignment"], "due_at": None}
    file.write_text(write_sheet(task, blank, zone, command="sample-score", file=file.name), "utf-8")
    say(_("Fill in {file}, then run: nbcohort review sample-score {sample} {file}").format(file=file, sample=sample))


def sample_score(sample: SampleId, file: FormFile, cohort: CohortOption = None) -> None:
    """Score a sample, and see how staff scored it, and why."""
    with closing(open_client()) as client:
        address = f"{base_of(only_cohort(client, cohort))}/samples/{quote(sample, safe='')}/score"
        _show(client.put(address, _read(file)))


def sample_add(
    assignment: Annotated[str, typer.Argument(help=_("The assignment's name."))],
    submission: Annotated[str, typer.Argument(help=_("The id of a submission that you handed in yourself."))],
    file: FormFile,
    cohort: CohortOption = None,
) -> None:
    """Make a sample of a submission of yours, with the scores and the reasons that it deserves (for staff)."""
    with closing(open_client()) as client:
        body = {"assignment": assignment, "submission": submission, **_read(file)}
        done = client.post(f"{base_of(only_cohort(client, cohort))}/samples", body)
    say(_("Sample {sample} is there.").format(sample=done["id"]))


def _keep(client: ServiceClient, address: str, path: str, folder: Path) -> None:
    target = inside(folder, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(client.read(f"{address}/files/{quote(path)}"))


def _read(file: Path) -> dict[str, Any]:
    try:
        return read_sheet(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(_("{file} cannot be read: {error}.").format(file=file, error=error)) from None


def _show(compared: Any) -> None:
    say(_("You agree with staff to {agreement:g} %.").format(agreement=compared["agreement"]))
    for one in compared["criteria"]:
        levels = _("you {mine}, staff {staff}").format(mine=one["mine"], staff=one["staff"])
        say(f"  {one['title']}: {levels}. {one['reason']}")
    say(f"  {compared['overall']}")
