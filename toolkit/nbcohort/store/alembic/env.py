"""What Alembic runs for every feature's migrations: connection, version table and owned tables are handed in."""

from typing import Any

from alembic import context

from nbcohort.store.base import Json, UtcDateTime


def _as_we_write_it(kind: str, item: Any, autogenerate: Any) -> Any:
    """Write our own column types by the names under which plugins import them."""
    if kind != "type" or not (isinstance(item, UtcDateTime) or item is Json):
        return False
    autogenerate.imports.add("from nbcohort import api")
    return "api.Json" if item is Json else "api.UtcDateTime()"


_attributes = context.config.attributes

context.configure(
    connection=_attributes["connection"],
    target_metadata=_attributes["metadata"],
    version_table=_attributes["version_table"],
    include_name=_attributes["include_name"],
    render_as_batch=True,
    compare_type=True,
    render_item=_as_we_write_it,
)
with context.begin_transaction():
    context.run_migrations()
