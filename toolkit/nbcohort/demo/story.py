"""The demo's story: who is in the cohort, what they do in its first two weeks, and when. Nothing here does anything.

Times are the course's own relative ones. What each notebook must score was written down beforehand, by the name of its
answers, in `answers/expected_scores.toml`.
"""

from dataclasses import dataclass

COHORT = "ds-demo"
START = "2026-01-12"
TIME_ZONE = "Europe/Berlin"
FIRST = "tidy-tables"
SECOND = "chance-or-change"


@dataclass(frozen=True)
class Person:
    """Somebody with an account on the demo's Hub."""

    account: str
    name: str

    @property
    def first_name(self) -> str:
        """The name that the progress lines use."""
        return self.name.split()[0]


IRIS = Person("iris", "Iris Lindgren")
"""The instructor; she looks after the Hub, too."""

LEARNERS = (
    Person("ada", "Ada Okafor"),
    Person("bo", "Bo Nguyen"),
    Person("chidi", "Chidi Eze"),
    Person("dewi", "Dewi Lestari"),
    Person("emre", "Emre Yılmaz"),
    Person("farah", "Farah Haddad"),
    Person("goran", "Goran Petrović"),
    Person("hana", "Hana Novotná"),
)
PAIR = ("farah", "goran")
ABSENT = "hana"
"""Fetches the assignment and never hands it in."""

CAN_LOG_IN = (IRIS, *LEARNERS)


@dataclass(frozen=True)
class HandIn:
    """Somebody fills in their notebook and hands it in. `answers` names a file in `answers/`, without its ending."""

    at: str
    account: str
    answers: str
    note: str

    @property
    def key(self) -> str:
        """What names it in the journal."""
        return f"{self.account}-{self.answers}"


HAND_INS = (
    HandIn("week 1 wed 20:15", "bo", "first_attempt", "half done, to be safe"),
    HandIn("week 1 thu 17:40", "ada", "right", "everything right"),
    HandIn("week 1 thu 17:40", "farah", "partly_right", "for herself and Goran, still with mistakes"),
    HandIn("week 1 thu 17:40", "emre", "reads_hidden", "it looks for the hidden tests"),
    HandIn("week 1 sat 11:20", "bo", "second_attempt", "once more, nearly right"),
    HandIn("week 1 sun 19:10", "goran", "pair", "for the pair, corrected"),
    HandIn("week 2 mon 00:47", "dewi", "crashing", "it crashes, and is late"),
    HandIn("week 2 mon 07:20", "chidi", "wrong", "mostly wrong, in time by the extension"),
)
"""In order of time; the same time means side by side. Of several by one person or pair, the last is graded."""

TAKEN_FOR_LATENESS = {"dewi": 0.8}
"""Account -> points: 48 minutes late is one day begun, and costs a tenth of her 8. Chidi's extension makes his free."""


@dataclass(frozen=True)
class ExtensionGiven:
    """A later due time for one learner."""

    at: str
    account: str
    due: str
    reason: str


EXTENSION = ExtensionGiven("week 1 wed 12:00", "chidi", "week 2 mon 08:00", "Family visit until Sunday night.")


@dataclass(frozen=True)
class ReviewsWritten:
    """Some people write their reviews."""

    at: str
    accounts: tuple[str, ...]


REVIEWS = (
    ReviewsWritten("week 2 mon 18:30", ("ada", "farah")),
    ReviewsWritten("week 2 wed 20:00", ("bo", "chidi", "goran")),
    ReviewsWritten("week 2 fri 22:10", ("dewi", "emre")),
)
"""The first write theirs while Iris grades."""

LEAVES_ONE = "emre"
"""Leaves one review undone."""

BEGINS = "week 1 mon 08:00"
RELEASES = "week 1 mon 09:00"
FETCH = "week 1 mon 19:30"
SWAP = "week 2 mon 09:01"
RELEASES_NEXT = "week 2 mon 09:30"
GRADES = "week 2 mon 18:30"
LOOKS = "week 2 tue 09:00"
CLOSES = "week 2 sat 00:01"
READS = "week 2 sat 10:00"
STOPS = "week 2 sun 18:00"

BUSY = ("ada", "bo")
"""Two learners who have something left to do: they fetched the second assignment and have not handed it in."""


def counted(assignment: str = FIRST) -> dict[str, str]:
    """Return whose work must score as which answers: account -> name of the answers that are graded."""
    found: dict[str, str] = {}
    if assignment == FIRST:
        for one in HAND_INS:
            for account in PAIR if one.account in PAIR else (one.account,):
                found[account] = one.answers
    return found


def person(account: str) -> Person:
    """Return who has an account."""
    return next(one for one in CAN_LOG_IN if one.account == account)
