"""New gradebooks, sooner: nbgrader starts `alembic heads` for each, which takes seconds, and the answer is the same.

It is a question to the migrations that nbgrader ships; asking them in this process changes nothing of what is tried.
"""

import functools

from alembic.config import Config
from alembic.script import ScriptDirectory
from nbgrader.dbutil import ALEMBIC_DIR


@functools.cache
def alembic_version() -> str | None:
    """Stand in for `nbgrader.api.get_alembic_version`."""
    settings = Config()
    settings.set_main_option("script_location", ALEMBIC_DIR)
    return ScriptDirectory.from_config(settings).get_current_head()
