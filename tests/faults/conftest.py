"""Everything here kills, starves or stalls a real service, on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest

from nbcohort.testing import PostgresServer

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests: they need the machine for themselves."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("faults")


DATABASES = ("sqlite", "postgresql")


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a service on either database."""
    return _environment(request)


@pytest.fixture(scope="module", params=DATABASES)
def shared_database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The same for a service that the tests of a file share."""
    return _environment(request)


def _environment(request: pytest.FixtureRequest) -> dict[str, str]:
    if request.param == "sqlite":
        return {}
    server: PostgresServer = request.getfixturevalue("postgres")
    return {"NBCOHORT_DATABASE": server.new_database()}
