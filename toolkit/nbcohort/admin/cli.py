"""`nbcohort admin`: what whoever runs the service does on its host. No other commands open its database.

What needs the database is imported when it is needed: learners' servers load this file, and have no SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from nbcohort.errors import Conflict
from nbcohort.i18n import _

if TYPE_CHECKING:
    from nbcohort.admin.place import Place
    from nbcohort.admin.rows import Report

commands = typer.Typer(
    no_args_is_help=True,
    help=_(
        "Look after the service: back up, verify, restore, rotate keys, prune, forget. "
        "For whoever runs it, on its host, as the account it runs as."
    ),
)

Data = Annotated[
    Path | None, typer.Option("--data", help=_("The service's folder; by default NBCOHORT_DATA."), show_default=False)
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database",
        help=_("Its database; by default NBCOHORT_DATABASE, or the SQLite file in its folder."),
        show_default=False,
    ),
]
Blobs = Annotated[
    Path | None,
    typer.Option(
        "--blobs", help=_("Its blobs; by default NBCOHORT_BLOBS, or `blobs` in its folder."), show_default=False
    ),
]
Backup = Annotated[Path, typer.Argument(help=_("A folder with backups, or an archive (.tar)."))]
At = Annotated[
    str | None,
    typer.Option("--at", help=_("Which backup, as `nbcohort admin backups` names it; by default the newest.")),
]


@commands.command("backup")
def backup(
    target: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER_OR_ARCHIVE", help=_("A folder for many backups, or a new archive that ends in .tar.")
        ),
    ],
    keep: Annotated[
        int | None,
        typer.Option(min=1, help=_("Keep so many backups in the folder and remove older ones; by default, keep all.")),
    ] = None,
    data: Data = None,
    database: DatabaseUrl = None,
    blobs: Blobs = None,
) -> None:
    """Back up everything while the service runs: database, files that were handed in, receipt keys.

    A second backup to the same folder copies only files that are new. Whatever breaks off, earlier backups stay whole.

    The backup holds names, everybody's work and the PRIVATE key that signs receipts. Its files are readable by their
    owner only (mode 0600); keep the disk it is on as safe as the service's.

    Exits with 1 if the service itself has lost files; the backup has all the others then.
    """
    from nbcohort.admin.backup import back_up

    place = _place(data, database, blobs)
    with _progress() as report:
        done = back_up(place, target, report, keep)
    manifest = done.manifest
    _say(
        _("Backed up {database} as {name}: {rows} rows, {blobs} files ({size}), of which {copied} are new.").format(
            database=manifest.database,
            name=done.name,
            rows=sum(manifest.rows.values()),
            blobs=manifest.blobs,
            size=_human(manifest.bytes),
            copied=done.copied,
        )
    )
    _say(_("It holds the private key that signs receipts: keep it as safe as the service."))
    if done.removed:
        _say(_("Removed {count} older backups.").format(count=done.removed))
    _fail_for(manifest.broken, _("These files are lost in the service, and so not in the backup:"))


@commands.command("backups")
def backups(backup: Backup) -> None:
    """List the backups in a folder or an archive."""
    from nbcohort.admin.vault import unpacked

    table = Table(_("name"), _("made"), _("nbcohort"), _("database"), _("rows"), _("files"), _("size"), _("whole"))
    with unpacked(backup) as vault:
        for state in vault.states():
            manifest = state.manifest()
            table.add_row(
                state.name,
                manifest.made_at[:19],
                manifest.nbcohort,
                manifest.database.partition(":")[0],
                str(sum(manifest.rows.values())),
                str(manifest.blobs),
                _human(manifest.bytes),
                _("no") if manifest.broken else _("yes"),
            )
    Console().print(table)


@commands.command("verify")
def verify(
    backup: Annotated[
        Path | None,
        typer.Argument(help=_("A folder with backups or an archive; without, the service's own state is verified.")),
    ] = None,
    at: At = None,
    data: Data = None,
    database: DatabaseUrl = None,
    blobs: Blobs = None,
) -> None:
    """Verify that all is whole: every row, every receipt, and every byte of every file. Changes nothing.

    Prints what is broken and exits with 1; the service may run meanwhile.
    """
    from nbcohort.admin.verify import verify_backup, verify_place

    with _progress() as report:
        if backup:
            name, found = verify_backup(backup, at, report)
        else:
            place = _place(data, database, blobs)
            name, found = place.shown, verify_place(place, report)
    _fail_for(found, _("{name} is not whole:").format(name=name))
    _say(_("{name} is whole.").format(name=name))


@commands.command("restore")
def restore(
    backup: Backup,
    at: At = None,
    replace: Annotated[
        bool, typer.Option("--replace", help=_("Keep aside what is there, as `replaced-<time>`, and restore."))
    ] = False,
    data: Data = None,
    database: DatabaseUrl = None,
    blobs: Blobs = None,
) -> None:
    """Put a backup back, into an empty place and while no service runs there.

    A backup of SQLite can be put into PostgreSQL, and the other way round. One of an older nbcohort is brought up to
    date; one of a newer is refused.

    If the signing key was rotated after the backup was made, rotate it again.
    """
    from nbcohort.admin.restore import restore as put_back

    place = _place(data, database, blobs)
    with _progress() as report:
        manifest = put_back(place, backup, report, at, replace=replace)
    _say(
        _("Restored the state of {made_at} into {database}: {rows} rows, {blobs} files. Start the service.").format(
            made_at=manifest.made_at,
            database=place.shown,
            rows=sum(manifest.rows.values()),
            blobs=manifest.blobs,
        )
    )
    _fail_for(manifest.broken, _("These files were lost already when the backup was made:"))


@commands.command("rotate-key")
def rotate_key(data: Data = None, database: DatabaseUrl = None, blobs: Blobs = None) -> None:
    """Sign receipts with a new key from now on; the running service takes it at once.

    Receipts signed with older keys still verify: public keys are kept for good.
    """
    from nbcohort.admin.rotate import rotate

    with _progress():
        kid = rotate(_place(data, database, blobs))
    _say(_("Receipts are signed with the new key {kid} from now on. Back it up.").format(kid=kid))


@commands.command("prune")
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Say what would go, and remove nothing."))] = False,
    uploads: Annotated[
        int, typer.Option(metavar="DAYS", min=1, help=_("Uploads count as given up after so many days."))
    ] = 7,
    answers: Annotated[
        int, typer.Option(metavar="DAYS", min=1, help=_("Answers for repeated requests are kept so many days."))
    ] = 30,
    data: Data = None,
    database: DatabaseUrl = None,
    blobs: Blobs = None,
) -> None:
    """Remove uploads that were begun and given up, old answers kept for retries, and files that nothing names.

    Nothing that was handed in, released or given as feedback is ever removed. The service may run meanwhile.
    """
    from nbcohort.admin.prune import prune as remove

    place = _place(data, database, blobs)
    with _progress() as report:
        done = remove(
            place, uploads=timedelta(days=uploads), answers=timedelta(days=answers), report=report, dry_run=dry_run
        )
    sentence = (
        _("Would remove {uploads} uploads given up, {answers} old answers and {blobs} files ({size}).")
        if dry_run
        else _("Removed {uploads} uploads given up, {answers} old answers and {blobs} files ({size}).")
    )
    _say(sentence.format(uploads=done.uploads, answers=done.answers, blobs=done.blobs, size=_human(done.bytes)))
    if done.aside:
        _say(
            _("No files are removed while a replaced state is kept: {names}. Remove it when it is not needed.").format(
                names=", ".join(done.aside)
            )
        )


@commands.command("forget")
def forget(
    account: Annotated[str, typer.Argument(help=_("The person's Hub user name."))],
    yes: Annotated[bool, typer.Option("--yes", help=_("Do not ask."))] = False,
    data: Data = None,
    database: DatabaseUrl = None,
    blobs: Blobs = None,
) -> None:
    """Forget a person, for good: the names, the words they wrote, and the files that only they handed in.

    Scores, times, hashes and opaque ids stay, so that others' results and receipts hold. Their memberships must have
    ended. Backups keep what they have until they are removed; the Hub's account and the gradebook are not touched.
    """
    from nbcohort.admin.forget import forget as erase

    place = _place(data, database, blobs)
    if not yes:
        typer.confirm(_("Forget {account}? This cannot be undone.").format(account=account), abort=True)
    with _progress() as report:
        gone = erase(place, account, report)
    _say(
        _("Forgot {person}, who had {members} memberships; {blobs} files went with them.").format(
            person=gone.person, members=gone.members, blobs=gone.blobs
        )
    )


def _place(data: Path | None, database: str | None, blobs: Path | None) -> Place:
    from nbcohort.admin.place import find_place

    return find_place(data, database, blobs)


@contextmanager
def _progress() -> Iterator[Report]:
    """A bar for each step, on stderr, gone when all is done; what the database refuses becomes a sentence."""
    from sqlalchemy.exc import OperationalError

    from nbcohort.admin.place import reason

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def report(step: str, done: int, total: int) -> None:
            if step not in bars:
                bars[step] = progress.add_task(step)
            progress.update(bars[step], completed=done, total=total)

        try:
            yield report
        except OperationalError as error:
            sentence = _("The database did not do what it should: {reason}. Try again when it is not busy.")
            raise Conflict(sentence.format(reason=reason(error))) from error


def _say(sentence: str) -> None:
    typer.echo(sentence)


def _fail_for(sentences: Iterable[str], heading: str) -> None:
    """Print what is wrong, if anything is, and fail."""
    found = list(sentences)
    if found:
        typer.echo("\n  ".join((heading, *found)), err=True)
        raise typer.Exit(1)


def _human(size: int) -> str:
    from nbcohort.submissions.manifest import human

    return human(size)
