"""People at their desks: each with a home of their own, running nbgrader's commands in this process."""

import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, chdir, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import nbformat
from jupyter_core.application import NoStart
from nbgrader.apps.nbgraderapp import NbGraderApp
from nbgrader.exchange import ExchangeFactory
from traitlets.config import Config

from nbcohort.testing import RunningService

CONFIG = """\
from nbcohort.exchange import configure
c = get_config()
configure(c)
"""
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""A day before the cohort starts."""
WEEK1 = datetime(2026, 3, 4, 12, tzinfo=UTC)
DUE = datetime(2026, 3, 8, 22, 59, tzinfo=UTC)
COURSE = {
    "id": "ds",
    "title": "Data science",
    "skills": {"pandas.clean": "Clean a table"},
    "assignments": [
        {"name": "ps1", "title": "One", "release": "week 1 mon 09:00", "due": "week 1 sun 23:59"},
        {
            "name": "ps2",
            "title": "Two",
            "release": "week 1 mon 09:00",
            "due": "week 1 sun 23:59",
            "late": {"policy": "accept"},
        },
    ],
}


@dataclass
class Outcome:
    """How a command ended, and what it logged."""

    code: int
    log: str


@dataclass
class Desk:
    """A person with a home folder, who talks to the service as `account`."""

    account: str
    home: Path
    environ: dict[str, str]

    def at(self) -> AbstractContextManager[None]:
        """Sit down: be in the home folder, with this account's environment."""
        return _sitting(self)

    def nbgrader(self, *arguments: str) -> Outcome:
        """Run an nbgrader command in the home folder."""
        with self.at():
            return _run(list(arguments))

    def list(self, course: str = "", **traits: Any) -> list[dict[str, Any]]:
        """Return what the Assignment List extension would get."""
        from nbgrader.coursedir import CourseDirectory

        from nbcohort.exchange import configure

        with self.at():
            config = Config()
            configure(config)
            coursedir = CourseDirectory(course_id=course)
            lister = ExchangeFactory(config=config).List(coursedir=coursedir, config=config)
            for name, value in traits.items():
                setattr(lister, name, value)
            found: list[dict[str, Any]] = lister.start()
            return found


@contextmanager
def _sitting(desk: Desk) -> Iterator[None]:
    with patch.dict(os.environ, desk.environ), chdir(desk.home), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's
        yield


def _run(arguments: list[str]) -> Outcome:
    app = NbGraderApp.instance()
    log = io.StringIO()
    code: Any = 0
    try:
        app.initialize(arguments)
        app.init_logging(logging.StreamHandler, [log], color=False, subapps=True)
        app.start()
    except NoStart:  # how it ends when all went well
        pass
    except SystemExit as stop:
        code = stop.code
    finally:
        app.reset()
    return Outcome(int(code or 0), log.getvalue())


@dataclass
class Classroom:
    """A cohort on a running service, and desks."""

    service: RunningService
    cohort: str
    folder: Path
    admin: httpx.Client
    members: dict[str, str]
    """Account -> member's id."""

    def desk(self, account: str) -> Desk:
        """Give `account` a desk with a home of its own (the same one each time)."""
        home = self.folder / account
        if not home.exists():
            home.mkdir()
            (home / "nbgrader_config.py").write_text(CONFIG + f"c.CourseDirectory.course_id = '{self.cohort}'\n")
        environ = {
            **self.service.environment(account),
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # nbgrader starts `alembic`
            "XDG_DATA_HOME": "",
            "JUPYTER_DATA_DIR": str(home / ".jupyter-data"),
            "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        }
        return Desk(account, home, environ)

    def add(self, account: str, role: str = "learner") -> None:
        """Add a member."""
        body = {"account": account, "role": role}
        self.members[account] = self.post("members", body)["id"]

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Post as the Hub's administrator."""
        answer = self.admin.post(f"/cohorts/{self.cohort}/{path}", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def released(self, assignment: str = "ps1", **notebooks: str) -> Desk:
        """Let the course room release an assignment; return its desk."""
        room = self.desk(f"course-{self.cohort}")
        for name, text in (notebooks or {"p1": "answer = 0"}).items():
            write_notebook(room.home / "release" / assignment / f"{name}.ipynb", text)
        (room.home / "release" / assignment / "data").mkdir(exist_ok=True)
        (room.home / "release" / assignment / "data" / "table.csv").write_text("a,b\n1,2\n")
        outcome = room.nbgrader("release_assignment", assignment)
        assert outcome.code == 0, outcome.log
        return room


def write_notebook(file: Path, code: str) -> None:
    """Write a notebook of one cell."""
    file.parent.mkdir(parents=True, exist_ok=True)
    cell = nbformat.v4.new_code_cell(code)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), file)


def open_classroom(service: RunningService, cohort: str, folder: Path, **roles: str) -> Classroom:
    """Make a cohort with its settings applied, in its first week."""
    service.set_clock(START)
    admin = service.as_account("root", admin=True)
    made = admin.post("/cohorts", json={"id": cohort, "title": cohort})
    assert made.status_code == 201, made.text
    dates = {"id": cohort, "title": cohort, "start": "2026-03-02", "time_zone": "Europe/Berlin"}
    applied = admin.put(f"/cohorts/{cohort}/settings", json={"course": COURSE, "cohort": dates})
    assert applied.status_code == 200, applied.text
    classroom = Classroom(service, cohort, folder, admin, {})
    for account, role in roles.items():
        classroom.add(account, role)
    service.set_clock(WEEK1)
    return classroom
