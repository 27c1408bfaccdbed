"""Hand in what a test only made up: a submission in the course's `submitted` folder that nobody ever submitted.

nbgrader's tests of feedback begin like that. It is handed in as the student, over the service's API; only that it was
at the time in `timestamp.txt` has to be written into the service's database, since nobody can say that over the API.
"""

from datetime import UTC, datetime
from pathlib import Path

from nbgrader.utils import parse_utc
from sqlalchemy import update

from nbcohort.exchange import ExchangeReleaseFeedback
from nbcohort.exchange.choose import NOTES
from nbcohort.store.database import Database
from nbcohort.submissions.models import Submission
from tests.conformance.tenants import ME, Tenants


def send_made_up(tenants: Tenants, exchange: ExchangeReleaseFeedback) -> dict[str, str]:
    """Hand in the made-up submissions of the assignment; return their ids, each with its `submission_secret.txt`."""
    directory = exchange.coursedir
    with tenants.connect(exchange.root, ME) as teacher:
        known = list(teacher.pages(exchange.at(exchange.cohort, "submissions"), assignment=exchange.assignment))
    found = {}
    for folder in sorted(Path(directory.root, directory.submitted_directory).glob(f"*/{exchange.assignment}")):
        student = folder.parent.name
        at = parse_utc((folder / "timestamp.txt").read_text()).replace(tzinfo=UTC)
        if any(student in one["submitters"] and datetime.fromisoformat(one["handed_in_at"]) == at for one in known):
            continue
        _release(tenants, exchange)
        submission = _hand_in(tenants, exchange, student, folder)
        _set_time(tenants, submission, at)
        found[submission] = (folder / "submission_secret.txt").read_text()
    return found


def _release(tenants: Tenants, exchange: ExchangeReleaseFeedback) -> None:
    """Release the assignment unless it is released: nothing can be handed in for what never was."""
    directory = exchange.coursedir
    at = exchange.at(exchange.cohort, "releases")
    with tenants.connect(exchange.root, ME) as teacher:
        if not teacher.get(at, assignment=exchange.assignment)["items"]:
            folder = Path(directory.root, directory.release_directory, exchange.assignment)
            teacher.upload(at, {"assignment": exchange.assignment}, {file.name: file for file in folder.iterdir()})


def _hand_in(tenants: Tenants, exchange: ExchangeReleaseFeedback, student: str, folder: Path) -> str:
    tenants.enrol(exchange.root, exchange.cohort, student, "learner")
    files = {file.name: file for file in folder.iterdir() if file.name not in NOTES}
    with tenants.connect(exchange.root, student) as learner:
        at = exchange.at(exchange.cohort, "submissions")
        return str(learner.upload(at, {"assignment": exchange.assignment}, files)["id"])


def _set_time(tenants: Tenants, submission: str, at: datetime) -> None:
    database = Database(f"sqlite:///{tenants.service.data / 'nbcohort.db'}")
    with database.write() as session:
        session.execute(update(Submission).where(Submission.public_id == submission).values(handed_in_at=at))
    database.close()
