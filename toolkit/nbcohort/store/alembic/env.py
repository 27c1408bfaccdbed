"""What Alembic runs for every feature's migrations: connection, version table and owned tables are handed in."""

from typing import Any

from alembic import context

from nbcohort.store.base import Json, UtcDateTime


def _as_we_write_it(kind: str, item: Any, _autogenerate: object) -> Any:
    """Write our own column types by their names."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "base.UtcDateTime()"
    return "base.Json" if kind == "type" and item is Json else False


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
