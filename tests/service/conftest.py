"""A running service on each database: one for the tests of a file, with a cohort of its own for each test.

Every test here runs on SQLite and on PostgreSQL. One that is about a single database
says so: `@pytest.mark.parametrize("service", ["sqlite"], indirect=True)`.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbcohort.testing import FakeHub, PostgresServer, RunningService, running_fake_hub, running_service
from tests.service.classroom import Classroom

DATABASES = ("sqlite", "postgresql")

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """What a service's NBCOHORT_DATABASE should be for a new, empty database of one kind."""
    return _new_database(request)


@pytest.fixture(scope="module")
def shared_service(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[RunningService]:
    """A running service that the tests of a file share; none may rely on its data being empty."""
    folder = tmp_path_factory.mktemp("service")
    with running_fake_hub() as hub, running_service(folder, hub, NBCOHORT_DATABASE=database_url) as service:
        yield service


@pytest.fixture(params=DATABASES)
def service(request: pytest.FixtureRequest, tmp_path: Path, hub: FakeHub) -> Iterator[RunningService]:
    """A running service with an empty database for one test."""
    with running_service(tmp_path / "service", hub, NBCOHORT_DATABASE=_new_database(request)) as service:
        yield service


def _new_database(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""  # a file among the service's data
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return postgres.new_database()


@pytest.fixture
def room(shared_service: RunningService) -> Classroom:
    """A new cohort with people and settings."""
    room = Classroom(shared_service, f"ds{next(_numbers)}")
    room.apply()
    return room
