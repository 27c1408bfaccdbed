"""Whether a state, the service's own or a backed-up one, is whole: rows, receipts, and the bytes of every blob."""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from nbcohort.admin.rows import Report
from nbcohort.admin.vault import hash_of
from nbcohort.i18n import _
from nbcohort.submissions import keeping
from nbcohort.submissions.keys import SIGNING, public_keys
from nbcohort.submissions.receipts import BadReceipt, Jwk


def problems(session: Session, keys: Path, blob: Callable[[str], Path], report: Report) -> Iterator[str]:
    """Yield a sentence for all that is not whole.

    Args:
        session: on the state's database.
        keys: the folder of its receipt keys.
        blob: hash -> where that blob is.
        report: told of the progress.
    """
    if session.get_bind().dialect.name == "sqlite":
        yield from _sqlite_problems(session)
    known, sentence = _read(keys)
    if sentence:
        yield sentence
    yield from _row_problems(session, known, report)
    yield from _blob_problems(session, blob, report)


def _sqlite_problems(session: Session) -> Iterator[str]:
    for (found,) in session.execute(text("PRAGMA integrity_check")):
        if found != "ok":
            yield _("the database file is damaged: {found}").format(found=found)
    for table, number, other, _key in session.execute(text("PRAGMA foreign_key_check")):
        yield _("{table}, row {number}: it refers to a row of {other} that is not there").format(
            table=table, number=number, other=other
        )


def _read(keys: Path) -> tuple[list[Jwk], str | None]:
    if not (keys / SIGNING).is_file() and not any(keys.glob("*.json")):
        return [], None  # a service that has taken no hand-in yet has none
    try:
        found = public_keys(keys)
    except (BadReceipt, OSError, UnicodeDecodeError) as error:
        return [], _("the receipt keys in {folder} cannot be read: {reason}").format(folder=keys, reason=error)
    if not (keys / SIGNING).is_file():
        return found, _("the key that signs receipts, {file}, is not there").format(file=keys / SIGNING)
    return found, None


def _row_problems(session: Session, keys: Collection[Mapping[str, Any]], report: Report) -> Iterator[str]:
    total = keeping.count(session)
    done = 0
    report("receipts", 0, total)
    for sentence in keeping.mistakes(session, keys):
        if sentence:
            yield sentence
        else:
            done += 1
            report("receipts", done, total)


def _blob_problems(session: Session, blob: Callable[[str], Path], report: Report) -> Iterator[str]:
    needed: dict[str, keeping.Use] = {}
    for use in keeping.uses(session):
        if use.needed:
            needed.setdefault(use.sha256, use)
    report("files", 0, len(needed))
    for number, use in enumerate(needed.values(), 1):
        wrong = blob_problem(blob(use.sha256), use.sha256)
        if wrong:
            yield f"{keeping.owner(session, use.snapshot_pk)}: {use.path}: {wrong}"
        report("files", number, len(needed))


def blob_problem(path: Path, sha256: str) -> str | None:
    """Say what is wrong with a blob; None if it is what its name says."""
    try:
        found = hash_of(path.open("rb"))
    except FileNotFoundError:
        return _("its content is lost, there is no {path}").format(path=path)
    except OSError as error:
        return _("its content cannot be read from {path}: {reason}").format(path=path, reason=error.strerror)
    return None if found == sha256 else _("its content in {path} is damaged").format(path=path)
