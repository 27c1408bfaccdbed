"""Tests make gradebooks of the version that nbgrader does."""

from nbgrader.api import get_alembic_version

from nbcohort.grading.course_room import tools_on_path
from tests.new_gradebooks import alembic_version


def test_the_version_is_what_nbgrader_finds_out() -> None:
    with tools_on_path():
        assert alembic_version() == get_alembic_version()
