"""A cohort, a running service, its Hub and a PostgreSQL server for tests: ours, and those of people who write plugins.

    pytest_plugins = ["nbcohort.testing"]

The service is the real one, in a process of its own, on a real socket, with a real database. Stood in for is only the
Hub, by `FakeHub`, a small HTTP server that knows accounts, tokens, groups and shares; tests with a real Hub are slower.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nbcohort.ports import free_port
from nbcohort.testing.cohort import Cohort
from nbcohort.testing.hub import SERVICE_TOKEN, FakeHub, running_fake_hub
from nbcohort.testing.postgres import PostgresServer, running_postgres
from nbcohort.testing.service import RunningService, running_service, wait_until

__all__ = [
    "SERVICE_TOKEN",
    "Cohort",
    "FakeHub",
    "PostgresServer",
    "RunningService",
    "cohort",
    "free_port",
    "hub",
    "postgres",
    "running_fake_hub",
    "running_postgres",
    "running_service",
    "service",
    "wait_until",
]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, shared by the tests of a session; take a database of your own from it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A Hub that knows accounts, tokens, groups and shares."""
    with running_fake_hub() as hub:
        yield hub


@pytest.fixture
def service(tmp_path: Path, hub: FakeHub) -> Iterator[RunningService]:
    """A running service with a database of its own and a movable clock."""
    with running_service(tmp_path / "service", hub) as service:
        yield service


@pytest.fixture
def cohort(service: RunningService) -> Cohort:
    """A cohort with people in it, on the running service."""
    return Cohort(service)
