"""Forget a person: the row with the names goes, the words that plugins hold, and the files that only they handed in.

What stays is opaque ids, times, scores and hashes, so that counts, others' reviews and receipts still hold.
"""

from dataclasses import dataclass

from nbcohort.admin.place import Place, keeping, opened, record
from nbcohort.admin.prune import remove_blobs
from nbcohort.admin.rows import Report
from nbcohort.courses.forget import forget_person
from nbcohort.loading import load_plugins
from nbcohort.store.idempotency import forget_answers
from nbcohort.submissions import keeping as kept


@dataclass(frozen=True)
class Gone:
    """What went: a person, who had so many memberships, and so many blobs."""

    person: str
    members: int
    blobs: int


def forget(place: Place, account: str, report: Report) -> Gone:
    """Forget the person with this account.

    Raises:
        NotFound: nobody has this account.
        Conflict: the person is still a member, or the Hub was not told yet of the end.
    """
    plugins = load_plugins(service=True)
    now = place.clock.now()
    with opened(place) as database, keeping(place):
        with database.write() as session:
            person, members = forget_person(session, account, now)
            for member in members:
                plugins.hook.forget(session=session, member=member)
            forget_answers(session, account)
            hashes = kept.hashes_of(session, members)
            record(session, now, "admin.forget", person, members=members)
        gone = remove_blobs(place, database, hashes, now, report)  # only now: a row outlives its blobs, never they it
    return Gone(person, len(members), len(gone))
