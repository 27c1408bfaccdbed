"""Sign receipts with a new key."""

from nbcohort.admin.place import Place, keeping, opened, record
from nbcohort.submissions.keys import ReceiptKeys


def rotate(place: Place) -> str:
    """Make a new signing key, keep all public ones, and return the new key's id; a running service takes it at once."""
    with opened(place) as database, keeping(place):
        kid = ReceiptKeys(place.keys).rotate()
        with database.write() as session:
            record(session, place.clock.now(), "admin.rotate-key", kid)
    return kid
