"""What must be true after any fault, looked up behind the service's back: in its database and its folder of blobs."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from nbcohort.store.audit import AuditRow
from nbcohort.store.interactions import Interaction
from nbcohort.submissions.models import Submission
from nbcohort.testing import RunningService


@dataclass
class Truth:
    """The submissions in the database: ids and receipts of the whole ones, ids of those only begun."""

    receipts: dict[str, str] = field(default_factory=dict)
    """Submission -> receipt."""
    attempts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Member -> numbers of the attempts, sorted."""
    begun: set[str] = field(default_factory=set)


def truth_of(service: RunningService) -> Truth:
    """Read what is there, and check that each submission is there whole or not at all."""
    url = service.environ.get("NBCOHORT_DATABASE") or f"sqlite:///{service.data}/nbcohort.db"
    blobs = Path(service.environ.get("NBCOHORT_BLOBS") or service.data / "blobs")
    engine = create_engine(url)
    try:
        with Session(engine) as session:
            return _check(session, _blobs(blobs))
    finally:
        engine.dispose()


def _check(session: Session, blobs: dict[str, int]) -> Truth:
    truth = Truth()
    for row in session.scalars(select(Submission)):
        marks = (row.attempt, row.receipt, row.handed_in_at, row.late, row.snapshot.committed_at)
        if row.attempt is None or row.receipt is None:
            assert set(marks) == {None}, f"a half submission: {marks}"
            truth.begun.add(row.public_id)
            continue
        assert None not in marks, f"a half submission: {marks}"
        truth.receipts[row.public_id] = row.receipt
        assert {file.sha256: file.size for file in row.snapshot.files}.items() <= blobs.items()
        for submitter in row.submitters:
            truth.attempts[submitter.member].append(row.attempt)
    for attempts in truth.attempts.values():
        attempts.sort()
        assert attempts == list(range(1, len(attempts) + 1))
    count = select(func.count()).select_from
    finished = select(AuditRow.subject).where(AuditRow.action == "submission.commit")
    assert sorted(session.scalars(finished)) == sorted(truth.receipts)
    logged = session.scalar(count(Interaction).where(Interaction.kind == "submission.received"))
    assert logged == sum(len(attempts) for attempts in truth.attempts.values())
    return truth


def _blobs(folder: Path) -> dict[str, int]:
    """Return hash -> size of every blob, each of which is what its name says; `incoming` is no blob's place."""
    found = {}
    for path in _files(folder / name for name in (f"{number:02x}" for number in range(256))):
        data = path.read_bytes()
        assert hashlib.sha256(data).hexdigest() == path.name, f"{path} is torn"
        found[path.name] = len(data)
    return found


def left_over(service: RunningService) -> list[Path]:
    """Return the files of uploads that nobody finished."""
    blobs = Path(service.environ.get("NBCOHORT_BLOBS") or service.data / "blobs")
    return list(_files([blobs / "incoming"]))


def _files(folders: Iterable[Path]) -> Iterable[Path]:
    for folder in folders:
        yield from (path for path in folder.iterdir() if path.is_file())
