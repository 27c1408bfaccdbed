"""Whatever is sent, by whoever: no 5xx, and no answer that the API's description does not announce."""

import pytest

from tests.fuzz.engine import ALL, Boundaries, fuzz, nothing_unexpected
from tests.fuzz.seeded import ROLES, SeededRoom

pytestmark = [pytest.mark.fuzz, pytest.mark.slow, pytest.mark.timeout(1200)]

AT_BOUNDARIES: dict[tuple[str, str], Boundaries] = {
    ("learner", "sqlite"): (
        "begin_submission",
        "commit_submission",
        "nbpeer_answer_review",
        "nbpeer_flag_review",
        "nbpeer_make_appeal",
        "nbpeer_save_review",
        "nbpeer_score_sample",
    ),
    ("instructor", "postgresql"): ALL,
    ("course room", "postgresql"): ("put_check",),
    ("admin", "sqlite"): ("create_cohort",),
}
"""Of which operations the boundaries of each parameter are tried, by whom and where: they make nine requests of ten.
Instructors may do nearly everything; learners, the course room and admin something that nobody else may. What a
database may not take, such as NUL characters, test_awkward_requests.py tries on both."""

PUBLIC = {"health", "receipt_keys"}
KNOWN = PUBLIC | {"me", "cohorts"}
IN_COHORT = KNOWN | {
    "assignments",
    "checks",
    "cohort",
    "extensions",
    "feedback",
    "nbpeer_received",
    "nbpeer_rounds",
    "pairs",
    "releases",
    "submissions",
    "tasks",
}
LED = IN_COHORT | {"apply_settings", "members", "nbpeer_read_round", "settings"}
REACHED = {
    "learner": IN_COHORT
    | {"begin_submission", "commit_submission", "nbpeer_read_task", "nbpeer_save_review", "nbpeer_tasks"}
    | {"nbpeer_answer_review", "nbpeer_flag_review", "nbpeer_make_appeal", "nbpeer_samples", "nbpeer_score_sample"},
    "mentor": IN_COHORT | {"members", "nbpeer_glance", "nbpeer_results", "nbpeer_tasks", "nbpeer_triage", "settings"},
    "instructor": LED | {"begin_release", "grant_extension", "waiting_checks"},
    "course room": LED | {"begin_feedback", "begin_release", "commit_feedback", "put_check", "waiting_checks"},
    "admin": LED,
    "outsider": KNOWN,
    "nobody": PUBLIC,
}
"""Role -> operations that must have succeeded; more succeed that depend on which ids were drawn."""
NO_FURTHER = ("outsider", "nobody")
"""Roles for whom nothing else may succeed; what others may not do has its own tests."""


def check(room: SeededRoom, role: str, *, examples: int, boundaries: Boundaries) -> None:
    with nothing_unexpected(room.service):
        faults, statuses = fuzz(room, room.tokens()[role], examples=examples, boundaries=boundaries)
    assert not faults, "\n\n".join(faults)
    succeeded = {operation for operation, status in statuses if status < 300}
    assert REACHED[role] - succeeded == set()
    assert role not in NO_FURTHER or succeeded == REACHED[role]


@pytest.mark.parametrize("role", ROLES)
def test_generated_requests_are_answered_as_described(seeded: SeededRoom, role: str) -> None:
    check(seeded, role, examples=4, boundaries=AT_BOUNDARIES.get((role, "sqlite"), ()))


@pytest.mark.parametrize("role", ["learner", "mentor", "instructor", "course room", "admin"])
def test_generated_requests_are_answered_as_described_on_postgresql(seeded_on_postgres: SeededRoom, role: str) -> None:
    check(seeded_on_postgres, role, examples=2, boundaries=AT_BOUNDARIES.get((role, "postgresql"), ()))
