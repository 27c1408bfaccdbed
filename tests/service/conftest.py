"""One running service for the tests of a file, and a cohort of its own for each."""

import itertools
from collections.abc import Iterator

import pytest

from nbcohort.testing import RunningService, running_fake_hub, running_service
from tests.service.classroom import Classroom

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A running service that the tests of a file share; none may rely on its data being empty."""
    with running_fake_hub() as hub, running_service(tmp_path_factory.mktemp("service"), hub) as service:
        yield service


@pytest.fixture
def room(shared_service: RunningService) -> Classroom:
    """A new cohort with people and settings."""
    room = Classroom(shared_service, f"ds{next(_numbers)}")
    room.apply()
    return room
