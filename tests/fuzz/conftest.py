"""One seeded cohort for the tests of a file."""

from collections.abc import Iterator

import pytest

from nbcohort.testing import PostgresServer, running_fake_hub, running_service
from tests.fuzz.seeded import GENEROUS, SeededRoom


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededRoom]:
    """A cohort with something of everything, on SQLite."""
    folder = tmp_path_factory.mktemp("fuzz")
    with (
        running_fake_hub() as hub,
        running_service(folder, hub, NBCOHORT_MEMBER_RATE=GENEROUS, NBCOHORT_ROOM_RATE=GENEROUS) as service,
    ):
        yield SeededRoom(service)


@pytest.fixture(scope="module")
def seeded_on_postgres(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[SeededRoom]:
    """The same on PostgreSQL, which takes neither NUL characters nor numbers of any size."""
    folder = tmp_path_factory.mktemp("fuzz")
    database = postgres.new_database()
    with (
        running_fake_hub() as hub,
        running_service(
            folder, hub, NBCOHORT_DATABASE=database, NBCOHORT_MEMBER_RATE=GENEROUS, NBCOHORT_ROOM_RATE=GENEROUS
        ) as service,
    ):
        yield SeededRoom(service)
