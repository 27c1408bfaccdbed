"""Grading is killed at any moment, and goes on: every score is right, and nothing is graded twice."""

import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from nbcohort.testing import running_postgres
from tests.faults.grading import Class, dice, make_class

COUNT = 210
KILLED = ("grader",) * 4 + ("zygote",) * 3
"""What is killed, in random order; on PostgreSQL also the connections to the gradebook."""


@pytest.fixture
def learners(tmp_path: Path, database: dict[str, str]) -> Iterator[Class]:
    made = make_class(tmp_path, COUNT, database.get("NBCOHORT_DATABASE"))
    yield made
    made.end()


@pytest.fixture
def few(tmp_path: Path, database: dict[str, str]) -> Iterator[Class]:
    made = make_class(tmp_path, 40, database.get("NBCOHORT_DATABASE"))
    yield made
    made.end()


def failures(report: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """Return who was not graded, and why."""
    return [(account, one["reason"]) for account, one in report.items() if one["outcome"] == "failed"]


def test_whatever_is_killed_at_random_moments_over_200_submissions_each_is_graded_once(learners: Class) -> None:
    rng = dice()
    victims = [*KILLED, *(["connection"] * 3 if learners.url.startswith("postgresql") else [])]
    rng.shuffle(victims)
    settled: dict[str, int] = {}
    go = learners.hold(learners.accounts[-1])
    program = learners.start()
    for victim in victims:
        more = min(learners.runs().total() + rng.randint(4, 15), COUNT - 1)  # with four begun, one is settled
        assert learners.wait_for(lambda more=more: learners.runs().total() >= more, program)  # type: ignore[misc]
        threading.Event().wait(rng.uniform(0.0, 0.1))
        if victim == "connection":
            assert learners.end_connections()
        elif victim == "zygote":
            learners.kill_zygote(program)
        else:
            program.send_signal(signal.SIGKILL)
            program.communicate()
            settled = {account: learners.runs()[account] for account in learners.settled()} | settled
            assert settled
            program = learners.start()
    go.touch()
    first = learners.report_of(program)
    again = learners.finish()

    assert {one["outcome"] for one in first.values()} == {"graded", "already graded"}, failures(first)
    assert {one["outcome"] for one in again.values()} == {"already graded"}
    learners.assert_all_right()
    runs = learners.runs()
    assert set(runs) == set(learners.accounts)
    assert {account: runs[account] for account in settled} == settled
    assert runs.total() <= COUNT + 3 * len(victims)  # what was under way begins anew


def test_ctrl_c_ends_what_runs_keeps_what_is_done_and_says_how_to_go_on(few: Class) -> None:
    go = few.hold(few.accounts[5])
    program = few.start()
    assert few.wait_for(lambda: few.runs().total() >= 3, program)

    program.send_signal(signal.SIGINT)
    printed, complained = program.communicate(timeout=20)

    assert program.returncode == 130, (printed, complained)
    assert printed == ""
    assert "`nbcohort grade ps1` goes on with the others." in complained
    assert "Traceback" not in complained
    settled = {account: few.runs()[account] for account in few.settled()}
    go.touch()
    few.finish()
    few.assert_all_right()
    assert {account: few.runs()[account] for account in settled} == settled


def test_a_database_that_restarts_in_the_middle_costs_nothing(tmp_path: Path) -> None:
    with running_postgres() as postgres:
        learners = make_class(tmp_path, 12, postgres.new_database())
        try:
            program = learners.start()
            assert learners.wait_for(lambda: len(learners.settled()) >= 2, program)
            postgres.stop()
            learners.wait_for(lambda: learners.runs().total() >= 6, program)
            postgres.start()
            report = learners.report_of(program)

            assert {one["outcome"] for one in report.values()} == {"graded"}
            learners.assert_all_right()
            assert set(learners.runs().values()) == {1}
        finally:
            learners.end()


def test_a_gradebook_that_someone_else_writes_to_for_a_while_is_waited_for(tmp_path: Path) -> None:
    learners = make_class(tmp_path, 3)
    try:
        engine = create_engine(learners.url, isolation_level="AUTOCOMMIT")
        with closing(engine.connect()) as other:
            program = learners.start("--workers", "1")
            assert learners.wait_for(lambda: len(learners.settled()) >= 1, program)
            other.execute(text("BEGIN IMMEDIATE"))
            learners.wait_for(lambda: learners.runs().total() == 3, program)
            other.execute(text("COMMIT"))
        engine.dispose()

        assert {one["outcome"] for one in learners.report_of(program).values()} == {"graded"}
        learners.assert_all_right()
    finally:
        learners.end()
