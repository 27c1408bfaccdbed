"""`nbcohort submit`, `submissions`, `verify-receipt`, `receipt-keys`."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from nbcohort.client import PATIENT, ServiceClient, ServiceRefused, open_client
from nbcohort.courses.moments import moment, moment_in, zone_of
from nbcohort.errors import Invalid, NbcohortError, NotFound
from nbcohort.i18n import _
from nbcohort.submissions.folder import read_folder
from nbcohort.submissions.manifest import Entry, human, shown
from nbcohort.submissions.notebooks import check_notebooks
from nbcohort.submissions.notices import Notices, about_a_revision, at_most
from nbcohort.submissions.receipt_file import keep_receipt, token_in
from nbcohort.submissions.receipts import Receipt, check_files, read_keys, verify

CohortOption = Annotated[
    str | None,
    typer.Option("--cohort", "-c", envvar="NBCOHORT_COHORT", help=_("Which cohort, if you are in several.")),
]


def commands(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("submit")(submit)
    app.command("submissions")(submissions)
    app.command("verify-receipt")(verify_receipt)
    app.command("receipt-keys")(receipt_keys)


def submit(
    assignment: Annotated[str, typer.Argument(help=_("The assignment's name."))],
    folder: Annotated[
        Path | None, typer.Argument(help=_("The folder to hand in; by default, the one of that name."))
    ] = None,
    cohort: CohortOption = None,
    alone: Annotated[bool, typer.Option("--alone", help=_("For yourself only, though you are in a pair."))] = False,
) -> None:
    """Hand in a folder, and keep the receipt beside it."""
    folder = folder or Path(assignment)
    console = Console()
    with closing(open_client(pauses=PATIENT, waiting=lambda sentence: _say(console, sentence))) as client:
        cohort = cohort or client.only_cohort()
        if not folder.is_dir():
            sentence = _("There is no folder {folder} here.").format(folder=shown(str(folder)))
            raise NotFound(f"{sentence} {_what_there_is(client, cohort)}")
        manifest = read_folder(folder)
        files = {entry.path: folder / entry.path for entry in manifest}
        check_notebooks(manifest, files)
        notices = Notices(cohort, assignment, files)
        lost, zone = _lost(client, cohort, assignment, manifest), zone_of(client, cohort)
        _notice(console, notices.so_far())
        with _progress(console) as progress:
            task = progress.add_task(_("Handing in"), total=sum(entry.size for entry in manifest))
            try:
                done = client.upload(
                    f"/cohorts/{cohort}/submissions",
                    {"assignment": assignment, "alone": alone},
                    files,
                    manifest=manifest,
                    progress=lambda sent, total: progress.update(task, completed=sent, total=total),
                )
            except ServiceRefused as refused:
                if refused.status != NotFound.status:
                    raise
                raise NotFound(f"{refused} {_what_there_is(client, cohort)}") from refused
    file = _keep_receipt(folder, done, cohort, zone)
    console.print(_summary(done, zone), highlight=False, markup=False)
    console.print(_("Receipt: {file}").format(file=file), highlight=False, markup=False, soft_wrap=True)
    if lost:
        sentence = _("Missing, and so not graded: {names}. If you renamed it, give it its old name and hand in again.")
        console.print(sentence.format(names=", ".join(map(shown, lost))), style="yellow", highlight=False, markup=False)
    _notice(console, notices.rest())


def submissions(
    assignment: Annotated[str | None, typer.Argument(help=_("Only of this assignment."))] = None,
    cohort: CohortOption = None,
    latest: Annotated[bool, typer.Option("--latest", help=_("Only the last attempts."))] = False,
) -> None:
    """List what you handed in; for staff, what everybody did."""
    with closing(open_client()) as client:
        cohort = cohort or client.only_cohort()
        found = list(
            client.pages(f"/cohorts/{cohort}/submissions", assignment=assignment, latest="true" if latest else None)
        )
        zone = zone_of(client, cohort)
    if not found:
        typer.echo(_("Nothing was handed in yet."))
        return
    handed_in = _("handed in ({zone})").format(zone=zone.key)
    table = Table(_("assignment"), _("attempt"), _("by"), handed_in, _("late"), _("files"), _("id"))
    for one in found:
        table.add_row(
            escape(one["assignment"]),
            str(one["attempt"]),
            escape(", ".join(one["submitters"])),
            moment(one["handed_in_at"], zone),
            _("revision") if one["revision"] else _("late") if one["late"] else "",
            str(len(one["files"])),
            one["id"],
        )
    Console().print(table)


def verify_receipt(
    receipt: Annotated[Path, typer.Argument(help=_("The file with the receipt."))],
    folder: Annotated[
        Path | None, typer.Argument(help=_("A folder: is it, byte for byte, what was handed in?"))
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys", help=_("The service's public keys, saved by `nbcohort receipt-keys`; else it is asked.")
        ),
    ] = None,
    save_keys: Annotated[
        Path | None, typer.Option("--save-keys", help=_("Ask the service for its keys and save them here, too."))
    ] = None,
) -> None:
    """Verify a receipt; with --keys, without asking anybody."""
    token = token_in(_read(receipt))
    key_list = _read(keys) if keys else _fetch_keys()
    if save_keys:
        save_keys.write_text(key_list, "utf-8")
    found = verify(token, read_keys(key_list))
    if folder:
        check_files(found, read_folder(folder))
    typer.echo(_explanation(found))
    if folder:
        typer.echo(_("The files in {folder} are the ones handed in.").format(folder=shown(str(folder))))


def receipt_keys(
    file: Annotated[Path | None, typer.Argument(help=_("Where to save them; by default, they are printed."))] = None,
) -> None:
    """Fetch the service's public keys, with which receipts are verified offline."""
    key_list = _fetch_keys()
    if file is None:
        typer.echo(key_list)
    else:
        file.write_text(f"{key_list}\n", "utf-8")


def _what_there_is(client: ServiceClient, cohort: str) -> str:
    """Return the sentence that names the assignments which can be handed in."""
    found = list(client.pages(f"/cohorts/{cohort}/assignments"))
    names = [one["name"] for one in found if one["released"] or one["submissions"]]
    if not names:
        return _("No assignment is released in {cohort} yet.").format(cohort=cohort)
    return _("What there is: {names}.").format(names=", ".join(names))


def _lost(client: ServiceClient, cohort: str, assignment: str, manifest: tuple[Entry, ...]) -> list[str]:
    """Return the notebooks that the assignment has and the folder has not."""
    releases = client.get(f"/cohorts/{cohort}/releases", assignment=assignment)["items"]
    released = [str(file["path"]) for file in releases[0]["files"]] if releases else []
    having = {entry.path for entry in manifest}
    return [path for path in released if path.endswith(".ipynb") and path not in having]


def _say(console: Console, sentence: str) -> None:
    console.print(sentence, highlight=False, markup=False)


def _notice(console: Console, sentences: list[str]) -> None:
    for sentence in at_most(sentences):
        console.print(sentence, style="yellow", highlight=False, markup=False)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=console
    )


def _keep_receipt(folder: Path, done: dict[str, Any], cohort: str, zone: ZoneInfo) -> Path:
    try:
        return keep_receipt(folder.absolute(), done, cohort, zone)
    except OSError as error:
        raise NbcohortError(
            _(
                "Your work was handed in, but the receipt could not be written to {file}: {reason}. It is: {receipt}"
            ).format(file=error.filename, reason=error.strerror, receipt=done["receipt"])
        ) from error


def _summary(done: dict[str, Any], zone: ZoneInfo) -> str:
    size = human(sum(file["size"] for file in done["files"]))
    lines = [
        _("{assignment}: attempt {attempt} handed in {at} by {who} ({count} files, {size}).").format(
            assignment=done["assignment"],
            attempt=done["attempt"],
            at=moment_in(done["handed_in_at"], zone),
            who=", ".join(done["submitters"]),
            count=len(done["files"]),
            size=size,
        )
    ]
    if done["revision"]:
        lines.append(about_a_revision())
    elif done["late"]:
        lines.append(_("This is late: it was due {due}.").format(due=moment(done["due_at"], zone)))
    return "\n".join(lines)


def _explanation(receipt: Receipt) -> str:
    late = _(", late") if receipt.late else ""
    return _(
        "The receipt is genuine: attempt {attempt} at {assignment} in {cohort}, begun {created}, complete "
        "{committed}{late}; {files} files with {size}; by {submitters}; manifest {manifest}."
    ).format(
        attempt=receipt.attempt,
        assignment=receipt.assignment,
        cohort=receipt.cohort,
        created=f"{receipt.created_at:%Y-%m-%d %H:%M:%S} UTC",
        committed=f"{receipt.committed_at:%Y-%m-%d %H:%M:%S} UTC",
        late=late,
        files=receipt.files,
        size=human(receipt.size),
        submitters=", ".join(receipt.submitters),
        manifest=receipt.manifest_sha256,
    )


def _fetch_keys() -> str:
    with closing(open_client()) as client:
        return json.dumps(client.get("/receipt-keys"), sort_keys=True)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else _("it is no text")
        raise Invalid(_("{file} cannot be read: {reason}.").format(file=shown(str(file)), reason=reason)) from error
