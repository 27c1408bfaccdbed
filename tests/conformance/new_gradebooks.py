"""A pytest plugin that saves time: new gradebooks are made sooner."""

from nbgrader import api

from tests.new_gradebooks import alembic_version

api.get_alembic_version = alembic_version
