"""Transactions, idempotency, leases and migrations on a real SQLite file."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from nbcohort.errors import Invalid
from nbcohort.loading import load_plugins
from nbcohort.store.audit import AuditRow, record_audit
from nbcohort.store.database import Database
from nbcohort.store.idempotency import do_once, fingerprint
from nbcohort.store.interactions import Interaction, InteractionKind, InteractionKinds
from nbcohort.store.leases import take_lease
from nbcohort.store.migrate import STORE, drift, upgrade

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    upgrade(database, [STORE])
    yield database
    database.close()


def audit(database: Database, subject: str, at: datetime = NOW) -> None:
    with database.write() as session:
        record_audit(session, at=at, cohort=None, actor="x", action="test", subject=subject)


def subjects(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(AuditRow.subject).order_by(AuditRow.pk)))


def test_sqlite_is_opened_durably(database: Database) -> None:
    with database.read() as session:
        assert session.scalar(text("PRAGMA synchronous")) == 2  # FULL
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1


def test_what_a_raising_block_wrote_is_undone_and_what_a_reading_block_wrote_too(database: Database) -> None:
    def write_and_fail() -> None:
        with database.write() as session:
            record_audit(session, at=NOW, cohort=None, actor="x", action="test", subject="half")
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with database.read() as session:
        record_audit(session, at=NOW, cohort=None, actor="x", action="test", subject="read")
        session.flush()
    assert subjects(database) == []


def test_twenty_writers_at_once_all_get_their_turn(database: Database) -> None:
    def read_then_write(number: int) -> None:
        with database.write() as session:
            count = len(session.scalars(select(AuditRow)).all())
            record_audit(session, at=NOW, cohort=None, actor="x", action="test", subject=f"{count}")

    threads = [threading.Thread(target=read_then_write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert subjects(database) == [str(number) for number in range(20)]


def test_instants_come_back_in_utc_and_naive_ones_are_refused(database: Database) -> None:
    elsewhere = NOW.astimezone(tz=None)
    audit(database, "one", at=elsewhere)
    with database.read() as session:
        kept = session.scalars(select(AuditRow.at)).one()
        assert (kept, kept.tzinfo) == (NOW, UTC)
    with pytest.raises(StatementError, match="no time zone"):
        audit(database, "naive", at=NOW.replace(tzinfo=None))


def once(database: Database, account: str, key: str | None, request: str, done: list[str]) -> dict[str, Any]:
    def act() -> dict[str, Any]:
        done.append(request)
        return {"number": len(done)}

    with database.write() as session:
        return do_once(session, account=account, key=key, request=request, now=NOW, act=act)


def test_a_key_is_used_once_by_each_account_and_for_one_request(database: Database) -> None:
    done: list[str] = []
    request = fingerprint("POST", "/x", b"{}")
    assert once(database, "ada", "k", request, done) == once(database, "ada", "k", request, done) == {"number": 1}
    assert once(database, "ben", "k", request, done) == {"number": 2}
    assert once(database, "ada", None, request, done) == {"number": 3}
    with pytest.raises(Invalid, match="another request"):
        once(database, "ada", "k", fingerprint("POST", "/x", b"{1}"), done)


def test_what_failed_under_a_key_may_be_tried_again_with_it(database: Database) -> None:
    def fail() -> dict[str, Any]:
        raise RuntimeError

    with pytest.raises(RuntimeError), database.write() as session:
        do_once(session, account="ada", key="k", request="r", now=NOW, act=fail)
    assert once(database, "ada", "k", "r", []) == {"number": 1}


def test_a_lease_is_held_by_one_until_it_runs_out(database: Database) -> None:
    def take(holder: str, now: datetime) -> bool:
        with database.write() as session:
            return take_lease(session, "round", holder, now, timedelta(minutes=1))

    assert take("a", NOW)
    assert not take("b", NOW + timedelta(seconds=59))
    assert take("a", NOW + timedelta(seconds=59))
    assert not take("b", NOW + timedelta(seconds=90))
    assert take("b", NOW + timedelta(seconds=119))


class Thanks(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str


def test_a_lease_taken_before_the_clock_was_put_back_is_free(database: Database) -> None:
    minute = timedelta(minutes=1)
    with database.write() as session:
        assert take_lease(session, "round", "one", NOW + timedelta(hours=1), minute)
        assert take_lease(session, "round", "two", NOW, minute)
        assert not take_lease(session, "round", "one", NOW - minute / 2, minute)


def test_an_interaction_must_be_declared_and_fit_its_schema(database: Database) -> None:
    kinds = InteractionKinds([InteractionKind("kudos", 2, Thanks)])
    with database.write() as session:
        kinds.log(session, "kudos", at=NOW, cohort="c", actor="a", target="b", payload={"reason": "help"})
        with pytest.raises(KeyError):
            kinds.log(session, "other", at=NOW, cohort="c", actor="a")
        with pytest.raises(ValidationError):
            kinds.log(session, "kudos", at=NOW, cohort="c", actor="a", payload={"reason": "x", "more": 1})
    with database.read() as session:
        kept = session.scalars(select(Interaction)).one()
        assert (kept.kind, kept.version, kept.payload) == ("kudos", 2, {"reason": "help"})


def test_migrations_make_exactly_the_tables_of_the_models_and_run_twice(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'all.db'}")
    every = [STORE, *load_plugins().hook.migrations()]
    upgrade(database, every)
    upgrade(database, every)
    assert {migrations.name: drift(database, migrations) for migrations in every} == {
        migrations.name: [] for migrations in every
    }
    database.close()
