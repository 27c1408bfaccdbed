"""`nbcohort cohorts, apply, members, pairs, extensions` against the running service, as a person types them."""

import itertools
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbcohort.testing import RunningService
from nbcohort.testing.forked import nbcohort

# What is said in a terminal or in the Lab does not depend on the database: the operations behind it have tests on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

_numbers = itertools.count(1)


class Terminal:
    """Types commands as one account, in one folder."""

    def __init__(self, service: RunningService, account: str, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, **service.environment(account), "COLUMNS": "160"}

    def __call__(self, *words: str, fails: bool = False) -> str:
        done = nbcohort(*words, environ=self.environment, folder=self.folder)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def course(tmp_path: Path, shared_service: RunningService) -> Path:
    """A new course folder, named after its cohort, which is on the Hub and two days into its first week."""
    service = shared_service
    service.set_clock(datetime(2026, 3, 4, 9, tzinfo=UTC))
    service.hub.token("root", admin=True)
    admin = Terminal(service, "root", tmp_path)
    cohort = f"ds-spring{next(_numbers)}"
    admin("new", cohort, "--id", cohort, "--start", "2026-03-02", "--time-zone", "Europe/Berlin")
    admin("cohorts", "add", cohort, "--title", "Spring")
    return tmp_path / cohort


def test_a_new_course_is_applied_once_and_says_what_a_change_changes(
    shared_service: RunningService, course: Path
) -> None:
    shared_service.hub.token("root", admin=True)
    admin = Terminal(shared_service, "root", course)
    dry = admin("apply", "--dry-run")
    assert "Sun 2026-03-08 23:59" in dry
    assert "Nothing was applied" in dry
    assert "as version 1" in admin("apply", "--yes")
    assert "Nothing changes" in admin("apply", "--yes")
    settings = (course / "course.toml").read_text()
    (course / "course.toml").write_text(settings.replace('due = "week 1 sun 23:59"', 'due = "week 1 sat 12:00"'))
    changed = admin("apply", "--yes")
    assert "week 1 sun 23:59" in changed
    assert "week 1 sat 12:00" in changed


def test_settings_that_contradict_themselves_are_refused_by_the_service_too(
    shared_service: RunningService, course: Path
) -> None:
    settings = (course / "course.toml").read_text()
    (course / "course.toml").write_text(
        settings.replace('release = "week 1 mon 09:00"', 'release = "week 9 mon 09:00"')
    )
    said = Terminal(shared_service, f"course-{course.name}", course)("apply", "--yes", fails=True)
    assert "tidy-tables" in said


def test_a_broken_course_toml_is_told_with_its_line(shared_service: RunningService, course: Path) -> None:
    settings = (course / "course.toml").read_text().splitlines()
    line = next(number for number, text in enumerate(settings, 1) if text.startswith("due ="))
    settings[line - 1] = 'due = "wek 1"'
    (course / "course.toml").write_text("\n".join(settings))
    said = Terminal(shared_service, f"course-{course.name}", course)("apply", "--yes", fails=True)
    assert f"line {line}" in said
    assert "week 2 fri 23:59" in said


def test_a_roster_is_imported_listed_and_ended_by_the_service_clock(
    shared_service: RunningService, course: Path
) -> None:
    room = Terminal(shared_service, f"course-{course.name}", course)
    room("apply", "--yes")
    (course / "roster.csv").write_text("account,name,role\nada,Ada Lovelace,instructor\nben,Ben Ö,learner\ncyd,,\n")
    room("members", "import", "roster.csv")
    assert "Ada Lovelace" in room("members", "list")
    room("members", "import", "roster.csv")
    ended = room("members", "end", "cyd")
    assert re.search(r"Wed 4 Mar 1[01]:\d\d \(Europe/Berlin\)", ended), "the service's clock goes on from 10:00"
    (course / "roster.csv").write_text("account,role\nben,headmaster\n")
    assert "headmaster" in room("members", "import", "roster.csv", fails=True)


def test_pairs_and_extensions_are_made_by_account_and_relative_time(
    shared_service: RunningService, course: Path
) -> None:
    room = Terminal(shared_service, f"course-{course.name}", course)
    room("apply", "--yes")
    for account in ("ben", "cyd"):
        room("members", "add", account)
    room("pairs", "add", "ben", "cyd", "--assignment", "tidy-tables")
    assert "ben" in room("pairs", "list")
    room("extensions", "grant", "tidy-tables", "ben", "--until", "week 2 wed 12:00", "--reason", "was ill")
    listed = room("extensions", "list")
    assert "was ill" in listed
    mine = shared_service.as_account("ben").get(f"/cohorts/{course.name}/assignments").json()["items"]
    due = {one["name"]: one["due_at"] for one in mine}["tidy-tables"]
    assert datetime.fromisoformat(due) == datetime(2026, 3, 11, 11, tzinfo=UTC)
    assert "nobody" in room("pairs", "add", "ben", "nobody", fails=True)
    assert "tidy-table" in room("extensions", "grant", "tidy-table", "ben", "--hours", "2", "--reason", "x", fails=True)


def test_a_learner_cannot_change_the_course_and_is_told_so_in_one_line(
    shared_service: RunningService, course: Path
) -> None:
    room = Terminal(shared_service, f"course-{course.name}", course)
    room("apply", "--yes")
    room("members", "add", "ben")
    said = Terminal(shared_service, "ben", course)("members", "add", "cyd", fails=True)
    assert said.strip().splitlines() == ["nbcohort: A learner may not do this here (member.add)."]
