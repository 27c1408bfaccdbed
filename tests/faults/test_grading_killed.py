"""Grading is killed at any moment, and goes on: every score is right, and nothing is graded twice."""

import os
import random
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from nbcohort.testing import running_postgres
from tests.faults.grading import Class, make_class

COUNT = 40
KILLS = 5


@pytest.fixture
def learners(tmp_path: Path, database: dict[str, str]) -> Iterator[Class]:
    made = make_class(tmp_path, COUNT, database.get("NBCOHORT_DATABASE"))
    yield made
    made.end()


def test_kill_9_at_random_moments_and_resumed(learners: Class) -> None:
    seed = int(os.environ.get("NBCOHORT_FAULTS_SEED") or secrets.randbelow(1_000_000))
    print(f"NBCOHORT_FAULTS_SEED={seed}")  # noqa: T201  # shown when the test fails
    rng = random.Random(seed)  # noqa: S311
    settled: dict[str, int] = {}
    kills = 0
    for _kill in range(KILLS):
        program = learners.start()
        more = learners.runs().total() + rng.randint(1, 7)
        if not learners.wait_for(lambda more=more: learners.runs().total() >= more, program):  # type: ignore[misc]
            break
        threading.Event().wait(rng.uniform(0.0, 0.1))
        program.send_signal(signal.SIGKILL)
        program.communicate()
        kills += 1
        settled = {account: learners.runs()[account] for account in learners.settled()}
        assert settled

    report = learners.finish()

    assert kills >= 2
    assert {one["outcome"] for one in report.values()} == {"graded", "already graded"}
    learners.assert_all_right()
    runs = learners.runs()
    assert set(runs) == set(learners.accounts)
    assert {account: runs[account] for account in settled} == settled
    assert runs.total() <= COUNT + 3 * kills  # what was under way begins anew


def test_ctrl_c_ends_what_runs_keeps_what_is_done_and_says_how_to_go_on(learners: Class) -> None:
    program = learners.start()
    assert learners.wait_for(lambda: learners.runs().total() >= 3, program)

    program.send_signal(signal.SIGINT)
    printed, complained = program.communicate(timeout=20)

    assert program.returncode == 130
    assert printed == ""
    assert "`nbcohort grade ps1` goes on with the others." in complained
    assert "Traceback" not in complained
    settled = {account: learners.runs()[account] for account in learners.settled()}
    learners.finish()
    learners.assert_all_right()
    assert {account: learners.runs()[account] for account in settled} == settled


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
