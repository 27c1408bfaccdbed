"""Whatever is sent, by whoever: no 5xx, and no answer that the API's description does not announce."""

from collections import Counter

import pytest

from tests.fuzz.engine import fuzz, still_well
from tests.fuzz.seeded import ROLES, SeededRoom

pytestmark = [pytest.mark.fuzz, pytest.mark.slow, pytest.mark.timeout(1200)]

AT_BOUNDARIES = ("learner", "instructor", "course room", "admin")
"""Who gets far enough for the boundaries of each parameter to matter; they make nine requests of ten."""

OF_MEMBERS = {"assignments", "cohort", "cohorts", "feedback", "me", "releases", "submission", "submissions", "tasks"}
REACHED = {
    "outsider": {"cohorts", "me"},
    "learner": OF_MEMBERS | {"begin_submission", "nbpeer_read_task", "nbpeer_tasks", "submission_file"},
    "mentor": OF_MEMBERS | {"members", "nbpeer_read_round", "settings", "submission_file"},
    "instructor": OF_MEMBERS | {"apply_settings", "grant_extension", "members", "nbpeer_read_round", "settings"},
    "course room": OF_MEMBERS | {"begin_feedback", "begin_release", "members", "nbpeer_read_round", "submission_file"},
    "admin": OF_MEMBERS | {"create_cohort", "members", "nbpeer_read_round", "settings"},
}
"""What everybody has to get done at the least; who got nowhere would have shown nothing."""


@pytest.mark.parametrize("role", ROLES)
def test_generated_requests_are_answered_as_described(seeded: SeededRoom, role: str) -> None:
    faults, statuses = fuzz(seeded, seeded.tokens()[role], examples=4, boundaries=role in AT_BOUNDARIES)
    assert not faults, "\n\n".join(faults)
    assert still_well(seeded.service)
    _expect_to_get_as_far_as_the_role_may(role, statuses)


@pytest.mark.parametrize("role", ["learner", "instructor"])
def test_generated_requests_are_answered_as_described_on_postgresql(seeded_on_postgres: SeededRoom, role: str) -> None:
    faults, statuses = fuzz(seeded_on_postgres, seeded_on_postgres.tokens()[role], examples=2, boundaries=True)
    assert not faults, "\n\n".join(faults)
    assert still_well(seeded_on_postgres.service)
    _expect_to_get_as_far_as_the_role_may(role, statuses)


def _expect_to_get_as_far_as_the_role_may(role: str, statuses: Counter[tuple[str, int]]) -> None:
    succeeded = {operation for operation, status in statuses if status < 300}
    assert REACHED.get(role, set()) | {"health"} <= succeeded
    if role == "nobody":
        assert succeeded <= {"health", "receipt_keys"}
    if role == "outsider":
        assert succeeded <= {"health", "receipt_keys", "me", "cohorts"}
