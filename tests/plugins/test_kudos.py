"""A stranger's activity comes, is used, goes, and comes back: on the real service, on both databases."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from nbcohort.store.database import Database
from nbcohort.store.interactions import Interaction
from nbcohort.testing import Cohort, FakeHub, PostgresServer, RunningService, running_service

pytestmark = pytest.mark.slow

COHORT_TOML = """\
id = "ds1"
title = "Data science 1"
start = 2026-01-12
time_zone = "Europe/Berlin"
"""
COURSE_TOML = """\
id = "ds"
title = "Data science"

[kudos]
per_week = {per_week}
due = "fri 18:00"
"""


@dataclass
class Place:
    """A service whose administrator installs and removes the example, and restarts it."""

    service: RunningService
    database: str
    site: Path
    folder: Path

    def install(self) -> None:
        self.service.stop()
        self.service.environ["PYTHONPATH"] = str(self.site)
        self.service.start()

    def remove(self) -> None:
        self.service.stop()
        del self.service.environ["PYTHONPATH"]
        self.service.start()

    def apply(self, *, installed: bool, per_week: int = 1) -> subprocess.CompletedProcess[str]:
        """Run `nbcohort apply` as the instructor, in an environment that has the example or has not."""
        (self.folder / "course.toml").write_text(COURSE_TOML.format(per_week=per_week))
        (self.folder / "cohort.toml").write_text(COHORT_TOML)
        environment = {"PATH": os.environ["PATH"], "COLUMNS": "200", **self.service.environment("ines")}
        if installed:
            environment["PYTHONPATH"] = str(self.site)
        command = [sys.executable, "-c", "from nbcohort.cli import main; main()", "apply", "--yes", str(self.folder)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    def plugins(self) -> dict[str, str]:
        health = httpx.get(f"{self.service.url}health", timeout=30).json()
        return {plugin["name"]: plugin["state"] for plugin in health["plugins"]}

    def log(self) -> str:
        return (self.service.data.parent / "service.log").read_text()

    def interactions(self, kind: str) -> list[tuple[str, str | None, dict[str, Any]]]:
        database = Database(self.database)
        with database.read() as session:
            found = [
                (one.actor, one.target, one.payload)
                for one in session.scalars(select(Interaction).where(Interaction.kind == kind))
            ]
        database.close()
        return found

    def reasons_kept(self) -> list[str]:
        database = Database(self.database)
        with database.read() as session:
            found = list(session.scalars(text("SELECT reason FROM kudos ORDER BY given_at")))
        database.close()
        return found


@pytest.fixture(params=["sqlite", "postgresql"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, hub: FakeHub, postgres: PostgresServer, site: Path
) -> Iterator[Place]:
    sqlite = f"sqlite:///{tmp_path / 'data' / 'nbcohort.db'}"
    database = sqlite if request.param == "sqlite" else postgres.new_database()
    course = tmp_path / "course"
    course.mkdir()
    with running_service(tmp_path, hub, NBCOHORT_DATABASE=database) as service:
        yield Place(service, database, site, course)


def tasks(cohort: Cohort, account: str) -> list[dict[str, Any]]:
    answer = cohort.as_account(account).get("/tasks")
    assert answer.status_code == 200, answer.text
    return [task for task in answer.json()["items"] if task["activity"] == "kudos"]


def thank(cohort: Cohort, account: str, to: str, reason: str = "Explained merges to me.") -> httpx.Response:
    return cohort.as_account(account).post("/kudos", json={"to": to, "reason": reason})


def test_an_activity_is_installed_used_removed_and_put_back_without_losing_its_data(place: Place) -> None:
    cohort = Cohort(place.service)

    # Before it is installed, its settings are refused with a sentence: here, and by the service.
    refused = place.apply(installed=False)
    assert refused.returncode == 1
    assert "course.toml line 4: kudos: unknown key" in refused.stderr
    assert "an activity's own table needs that activity to be installed" in refused.stderr
    assert "unknown key" in place.apply(installed=True).stderr

    # Installed, it has its table, and its settings are checked and taken.
    place.install()
    assert place.plugins()["kudos"] == "running"
    assert "kudos.per_week: expected 3 or less, found 9" in place.apply(installed=True, per_week=9).stderr
    applied = place.apply(installed=True)
    assert applied.returncode == 0, applied.stderr

    # There is a task, until it is done.
    (task,) = tasks(cohort, "ada")
    assert (task["title"], task["done"]) == ("Thank somebody this week", False)
    assert task["due_at"] == "2026-01-16T17:00:00Z"
    given = thank(cohort, "ada", "ben")
    assert given.status_code == 201, given.text
    assert [task["done"] for task in tasks(cohort, "ada")] == [True]
    assert [task["done"] for task in tasks(cohort, "ben")] == [False]

    # Who may do it, and what may be said.
    assert thank(cohort, "stranger", "ben").status_code == 403
    assert thank(cohort, "course-ds1", "ben").status_code == 403
    assert thank(cohort, "ada", "nobody").status_code == 404
    assert thank(cohort, "ada", "ada").json()["detail"] == "You cannot thank yourself; thank another member."
    assert thank(cohort, "ada", "ben", reason="Thx").status_code == 422
    once = {"Idempotency-Key": "the-same-key"}
    twice = [
        cohort.as_account("cleo").post("/kudos", json={"to": "ada", "reason": "Cheered me up."}, headers=once)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in twice] == [201, 201]

    # It is in the log of interactions, and the words are not.
    ada, ben, cleo = (cohort.members[account] for account in ("ada", "ben", "cleo"))
    assert place.interactions("kudos.given") == [(ada, ben, {}), (cleo, ada, {})]
    mine = cohort.as_account("ada").get("/kudos").json()["items"]
    assert [(one["by"], one["to"], one["reason"]) for one in mine] == [
        ("ada", "ben", "Explained merges to me."),
        ("cleo", "ada", "Cheered me up."),
    ]
    assert [one["by"] for one in cohort.as_account("ben").get("/kudos").json()["items"]] == ["ada"]
    assert cohort.as_account("mo").get("/kudos").json()["items"] == []

    # Removed, the rest works, and the settings that name it are told and not in the way.
    place.remove()
    assert "kudos" not in place.plugins()
    assert thank(cohort, "ada", "ben").status_code == 404
    assert tasks(cohort, "ada") == []
    assert "the plugin kudos is not installed; its tables and their content stay as they are" in place.log()
    assert "cohort ds1: course.toml: kudos: unknown key" in place.log()
    settings = cohort.as_account("ines").get("/settings").json()
    assert settings["course"]["activities"] == {"kudos": {"per_week": 1, "due": "fri 18:00"}}
    assert len(settings["set_aside"]) == 1
    assert settings["set_aside"][0].startswith("course.toml: kudos: unknown key")
    assert "line 4: kudos: unknown key" in place.apply(installed=False).stderr
    assert len(place.reasons_kept()) == 2

    # Put back, everything is as it was.
    place.install()
    assert cohort.as_account("ada").get("/kudos").json()["items"] == mine
    assert [task["done"] for task in tasks(cohort, "ada")] == [True]
    assert cohort.as_account("ines").get("/settings").json()["set_aside"] == []
