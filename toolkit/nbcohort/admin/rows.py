"""Copy every row of a database to another kind of database: PostgreSQL to a SQLite file, and back.

The columns' kinds are read off PostgreSQL's tables, which know them best. Instants stay instants, in UTC. JSON travels
as text, since reading and writing it again could not tell SQL's NULL from JSON's `null`. Tables of plugins that are not
installed here travel, too, so that a plugin which is put back finds its data.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    cast,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from nbcohort.store.base import Json, UtcDateTime

CHUNK = 1000
"""Rows at a time."""

Report = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


class _JsonText(TypeDecorator[str]):
    """PostgreSQL's JSON, as text."""

    impl = Text
    cache_ok = True

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Read it as text."""
        return cast(column, Text)

    def bind_expression(self, bindparam: Any) -> ColumnElement[Any]:
        """Write text as JSON."""
        return cast(bindparam, JSONB)


def reflect(connection: Connection) -> dict[str, Table]:
    """Return every table of a database by name, each after those it refers to."""
    metadata = MetaData()
    metadata.reflect(bind=connection)
    return {table.name: table for table in metadata.sorted_tables}


def count_rows(connection: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """Return how many rows each table has."""
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def to_sqlite(source: Connection, target: Connection, known: Iterable[str], report: Report) -> None:
    """Copy all rows of PostgreSQL into SQLite, which has the same tables except those of unknown plugins.

    `known` are the version tables that the target has filled already. Foreign keys must be off in `target`.
    """
    found = reflect(source)
    _make_missing(found, target, utc=False)
    numbers = count_rows(source, found.values())
    for table in found.values():
        if table.name not in known:
            _copy(source, _as(table, _JsonText()), target, _as(table, Text()), numbers[table.name], report)


def to_postgres(source: Connection, target: Connection, known: Iterable[str], report: Report) -> None:
    """Copy all rows of SQLite into PostgreSQL, as `to_sqlite`; new rows are numbered after the old ones."""
    mine = reflect(source)
    _make_missing(mine, target, utc=True)  # SQLite knows no zones, and all our instants are in UTC
    numbers = count_rows(source, mine.values())
    for table in reflect(target).values():
        if table.name in mine and table.name not in known:
            _copy(source, _as(table, Text()), target, _as(table, _JsonText()), numbers[table.name], report)
            _count_on(target, table)


def _as(table: Table, json: TypeEngine[Any]) -> Table:
    """Return `table` with kinds of columns that mean the same on both databases."""
    columns = [Column(one.name, _kind(one.type, json), primary_key=one.primary_key) for one in table.columns]
    return Table(table.name, MetaData(), *columns)


def _kind(kind: TypeEngine[Any], json: TypeEngine[Any], *, utc: bool = False) -> TypeEngine[Any]:
    if isinstance(kind, JSON):
        return json
    if isinstance(kind, DateTime) and (kind.timezone or utc):
        return UtcDateTime()
    return kind.as_generic()


def _make_missing(tables: Mapping[str, Table], target: Connection, *, utc: bool) -> None:
    """Make those tables that the target lacks: the ones of plugins that are not installed here."""
    there = set(inspect(target).get_table_names())
    likes = MetaData()
    for table in tables.values():
        for column in table.to_metadata(likes).columns:
            column.type = _kind(column.type, Json, utc=utc)
            column.server_default = None  # `nextval(...)` of PostgreSQL; ours have none else
    likes.create_all(target, [likes.tables[name] for name in tables if name not in there], checkfirst=False)


def _copy(source: Connection, read: Table, target: Connection, write: Table, total: int, report: Report) -> None:
    query = select(read).order_by(*read.primary_key.columns).execution_options(yield_per=CHUNK)
    done = 0
    report(read.name, done, total)
    for rows in source.execute(query).mappings().partitions():
        target.execute(insert(write), [dict(row) for row in rows])
        done += len(rows)
        report(read.name, done, total)


def _count_on(target: Connection, table: Table) -> None:
    for column in table.primary_key.columns:
        if isinstance(column.type, Integer):
            sequence = target.scalar(
                text("SELECT pg_get_serial_sequence(:name, :column)"),
                {"name": f'"{table.name}"', "column": column.name},
            )
            highest = target.scalar(select(func.max(column)))
            if sequence and highest:
                target.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})
