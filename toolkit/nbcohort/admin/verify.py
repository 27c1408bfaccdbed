"""Verify a backup, or the service's own state."""

from pathlib import Path

from sqlalchemy.orm import Session

from nbcohort.admin.health import blob_problem, problems
from nbcohort.admin.place import Place, opened
from nbcohort.admin.rows import Report
from nbcohort.admin.snapshot import frozen, reading
from nbcohort.admin.vault import unpacked


def verify_place(place: Place, report: Report) -> list[str]:
    """Return a sentence for all that is not whole in the service's state; it may run meanwhile."""
    with opened(place) as database, frozen(database) as connection, Session(connection) as session:
        return list(problems(session, place.keys, place.blob, report))


def verify_backup(backup: Path, name: str | None, report: Report) -> tuple[str, list[str]]:
    """Return the name of a backup, by default the newest, and a sentence for all that is not whole in it."""
    with unpacked(backup) as vault:
        state = vault.state(name)
        found = [*state.damages(), *state.manifest().broken]
        if not found:
            with reading(state.database) as session:
                found += problems(session, state.keys, vault.blob, report)
            open_ones = (
                f"{sha256}: {wrong}"
                for sha256 in state.blobs()
                if (wrong := blob_problem(vault.blob(sha256), sha256)) is not None
            )
            found += open_ones
        return state.name, found
