"""A pytest plugin that saves time: nbgrader starts `alembic heads` for every new gradebook, and the answer is the same.

It is a question to the migrations that nbgrader ships; asking it once in a process changes nothing of what is tried.
"""

import functools
from collections.abc import Iterator

import pytest
from nbgrader import api


@pytest.fixture(scope="session", autouse=True)
def alembic_once() -> Iterator[None]:
    """Remember the answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "get_alembic_version", functools.cache(api.get_alembic_version))
        yield
