"""What all tables share: the declarative base of the core, and columns that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, MetaData, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraint names that migrations can refer to on either database."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware and in UTC on the way in and out, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive datetimes: an instant without a zone is a mistake in our code."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give SQLite's naive values their zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
"""A JSON document."""


class Conventions:
    """What a declarative base needs so that its tables are as all others: `class Base(Conventions, DeclarativeBase)`.

    Constraints have names, a column of `datetime` holds instants, and one of `dict` or `list` holds JSON.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        if issubclass(cls, DeclarativeBase) and DeclarativeBase in cls.__bases__:
            cls.metadata = MetaData(naming_convention=NAMING)
            cls.type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: Json, list[Any]: Json}
        super().__init_subclass__(**options)


class Base(Conventions, DeclarativeBase):
    """Base of the core's tables. A plugin has a base of its own and refers to core rows by public id."""
