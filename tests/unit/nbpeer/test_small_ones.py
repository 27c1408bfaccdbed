"""Phases, pseudonyms, sentences, tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nbcohort.store.database import Database
from nbcohort.store.migrate import drift, upgrade
from nbpeer.allocate import SHORTFALLS
from nbpeer.phases import Times, phase_of, task_state
from nbpeer.plugin import migrations
from nbpeer.pseudonyms import derive, pseudonyms
from nbpeer.scrub import Notice, Withheld
from nbpeer.sentences import notice, shortfall, withheld

OPENS = datetime(2026, 1, 19, 8, tzinfo=UTC)
DUE = OPENS + timedelta(days=4)
SECOND = timedelta(seconds=1)


def test_the_phase_is_a_function_of_the_clock() -> None:
    times = Times(OPENS, DUE, DUE)
    assert phase_of(OPENS - SECOND, times, opened=False) == "waiting"
    assert phase_of(OPENS, times, opened=True) == "reviewing"
    assert phase_of(DUE, times, opened=True) == "reviewing"
    assert phase_of(DUE + SECOND, times, opened=True) == "closed"
    assert phase_of(DUE + SECOND, times, opened=False) == "not-held"


def test_a_round_with_all_phases_goes_through_them_in_order_and_a_clock_put_back_opens_nothing_again() -> None:
    day = timedelta(days=1)
    times = Times(OPENS, DUE, DUE + day, OPENS - day, DUE + 3 * day, DUE + 5 * day)
    before = [phase_of(OPENS + i * day, times, opened=False) for i in (-2, -1, 6)]
    assert before == ["waiting", "calibrating", "not-held"]
    after = [phase_of(DUE + i * day, times, opened=True) for i in (0, 1, 2, 4, 5)]
    assert after == ["reviewing", "reviewing", "replying", "closed", "released"]
    assert phase_of(OPENS, times, opened=True, closed=True) == "replying"
    assert phase_of(OPENS, times, opened=True, closed=True, released=True) == "released"
    by_staff = replace(times, release_at=None)
    assert phase_of(DUE + 9 * day, by_staff, opened=True) == "closed"
    assert phase_of(DUE + 2 * day, by_staff, opened=True, closed=True, released=True) == "released"


def test_what_was_submitted_stays_submitted_and_a_draft_is_missed_at_the_close() -> None:
    assert task_state(True, saved=False, submitted=False) == "todo"
    assert task_state(True, saved=True, submitted=False) == "draft"
    assert task_state(False, saved=True, submitted=False) == "missed"
    assert task_state(False, saved=True, submitted=True) == "submitted"


@given(st.sets(st.text(max_size=5), max_size=40), st.binary(min_size=1, max_size=32))
def test_pseudonyms_are_all_different_stable_and_unrelated_between_rounds(keys: set[str], secret: bytes) -> None:
    names = pseudonyms(secret, keys)
    assert names == pseudonyms(secret, sorted(keys))
    assert len(set(names.values())) == len(keys)
    assert all(len(name) >= 4 for name in names.values())
    if len(keys) > 4:
        assert names != pseudonyms(derive(secret, "another round"), keys)


def test_many_pseudonyms_are_different_too() -> None:
    keys = {str(i) for i in range(5000)}
    assert len(set(pseudonyms(b"secret", keys).values())) == 5000


def test_every_code_has_its_sentence() -> None:
    assert all(shortfall(code).endswith(".") for code in SHORTFALLS)
    assert all(withheld(reason) for reason in Withheld)
    assert all(notice(about) for about in Notice)


def test_the_migrations_make_the_tables_that_the_models_describe(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'review.db'}")
    upgrade(database, [migrations()])
    assert drift(database, migrations()) == []
    database.close()
