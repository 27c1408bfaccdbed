"""Whatever is sent, by whoever: no 5xx, and no answer that the API's description does not announce."""

import pytest

from tests.fuzz.engine import fuzz, still_well
from tests.fuzz.seeded import ROLES, SeededRoom

pytestmark = [pytest.mark.fuzz, pytest.mark.slow, pytest.mark.timeout(1200)]

AT_BOUNDARIES = ("learner", "instructor", "course room", "admin")
"""Who gets far enough for the boundaries of each parameter to matter; they make nine requests of ten."""


@pytest.mark.parametrize("role", ROLES)
def test_generated_requests_are_answered_as_described(seeded: SeededRoom, role: str) -> None:
    faults, statuses = fuzz(seeded, seeded.tokens()[role], examples=4, boundaries=role in AT_BOUNDARIES)
    assert not faults, "\n\n".join(faults)
    assert still_well(seeded.service)
    _expect_that_only_members_get_in(role, {operation for operation, status in statuses if status < 300})


@pytest.mark.parametrize("role", ["learner", "instructor"])
def test_generated_requests_are_answered_as_described_on_postgresql(seeded_on_postgres: SeededRoom, role: str) -> None:
    faults, _statuses = fuzz(seeded_on_postgres, seeded_on_postgres.tokens()[role], examples=2, boundaries=True)
    assert not faults, "\n\n".join(faults)
    assert still_well(seeded_on_postgres.service)


def _expect_that_only_members_get_in(role: str, succeeded: set[str]) -> None:
    if role == "nobody":
        assert {"health"} <= succeeded <= {"health", "receipt_keys"}
    if role == "outsider":
        assert {"health"} <= succeeded <= {"health", "receipt_keys", "me", "cohorts"}
