"""Bring a database's tables up to date: every feature and plugin has migrations and a version table of its own."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.orm import DeclarativeBase

from nbcohort.store.base import Base
from nbcohort.store.database import Database


@dataclass(frozen=True)
class Migrations:
    """Where a feature's tables and migrations are.

    Args:
        name: the feature's name, part of its version table's name.
        base: its declarative base; a plugin has its own, and all the tables of it.
        package: the import package in which `migrations/` lies; by default that of the module that makes `base`. In the
            core, whose features share a base, its `models.py` has the feature's tables.
    """

    name: str
    base: type[DeclarativeBase] = Base
    package: str | None = None

    @property
    def location(self) -> Path:
        """The folder of Alembic versions."""
        package = self.package or import_module(self.base.__module__).__package__
        if not package:
            raise ValueError(f"the module {self.base.__module__} should be in a package, beside a folder migrations/")
        return Path(str(import_module(package).__file__)).parent / "migrations"

    @property
    def version_table(self) -> str:
        """The name of the table that says which migrations were run."""
        return f"{_VERSION}{self.name.replace('-', '_')}"

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables that this feature owns."""
        if self.base is not Base:
            return frozenset(table.name for table in self.base.metadata.sorted_tables)
        import_module(f"{self.package}.models")
        mappers = self.base.registry.mappers
        return frozenset(
            str(mapper.local_table.name)  # type: ignore[attr-defined]
            for mapper in mappers
            if f"{mapper.class_.__module__}.".startswith(f"{self.package}.")
        )

    @property
    def metadata(self) -> MetaData:
        """The tables that this feature owns, and no others."""
        if self.base is not Base:
            return self.base.metadata
        tables = self.tables
        owned = MetaData(naming_convention=self.base.metadata.naming_convention)
        for table in self.base.metadata.sorted_tables:
            if table.name in tables:
                table.to_metadata(owned)
        return owned


MIGRATING = 0x6E62636F
"""The PostgreSQL advisory lock under which tables are changed."""

_VERSION = "version_"

STORE = Migrations("store", package="nbcohort.store")
"""The core's own: audit, interactions, idempotency, leases."""


def upgrade(database: Database, all_migrations: Iterable[Migrations]) -> None:
    """Run every migration that `database` lacks, in one transaction: all or nothing, and one process after another."""
    with database.engine.connect() as connection, connection.begin():
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL lock_timeout = 0"))  # another process may migrate for long
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATING})
        upgrade_on(connection, all_migrations)


def upgrade_on(
    connection: Connection, all_migrations: Iterable[Migrations], to: Mapping[str, str] | None = None
) -> None:
    """Run the migrations that are lacking, in `connection`'s transaction.

    `to` is version table -> revision to stop at, and features that are not in it are left alone; by default all are
    brought to their newest.
    """
    for migrations in all_migrations:
        revision = "head" if to is None else to.get(migrations.version_table)
        if revision is not None:
            command.upgrade(_config(connection, migrations), revision)


def revisions(connection: Connection) -> dict[str, str]:
    """Return version table -> revision of all that a database has, also of plugins that are not installed here."""
    tables = sorted(name for name in inspect(connection).get_table_names() if name.startswith(_VERSION))
    found = {table: connection.scalar(text(f'SELECT version_num FROM "{table}"')) for table in tables}  # noqa: S608
    return {table: str(revision) for table, revision in found.items() if revision}


def knows(migrations: Migrations, revision: str) -> bool:
    """Say whether the installed version of a feature has this revision; a newer one may have others."""
    try:
        return ScriptDirectory.from_config(_scripts(migrations)).get_revision(revision) is not None
    except CommandError:
        return False


def drift(database: Database, migrations: Migrations) -> list[Any]:
    """Return Alembic's differences between `migrations`' models and what `database` has; empty when they agree."""
    with database.engine.connect() as connection, connection.begin():
        options = {"include_name": _owned(migrations), "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, migrations.metadata))


def _owned(migrations: Migrations) -> Any:
    tables = migrations.tables

    def include_name(name: str | None, type_: str, parents: Any) -> bool:
        return type_ != "table" or name in tables

    return include_name


def _scripts(migrations: Migrations) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(migrations.location))
    config.set_main_option("path_separator", "newline")
    return config


def _config(connection: Connection, migrations: Migrations) -> Config:
    config = _scripts(migrations)
    config.attributes.update(
        connection=connection,
        metadata=migrations.metadata,
        version_table=migrations.version_table,
        include_name=_owned(migrations),
    )
    return config


def write_revision(migrations: Migrations, message: str) -> Path:
    """Write the next migration from the difference between a feature's tables and its migrations so far."""
    migrations.location.mkdir(exist_ok=True)
    before = set(migrations.location.glob("*.py"))
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.db")
        with database.engine.connect() as connection, connection.begin():
            config = _config(connection, migrations)
            if before:
                command.upgrade(config, "head")
            command.revision(
                config,
                message,
                autogenerate=True,
                rev_id=f"{migrations.name.replace('-', '_')}_{len(before) + 1:04d}",
                version_path=str(migrations.location),
            )
        database.close()
    (written,) = set(migrations.location.glob("*.py")) - before
    return written
