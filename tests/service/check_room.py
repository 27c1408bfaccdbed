"""A cohort whose course room checks what is handed in, for the tests of that."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from nbcohort.checks.results import Result
from nbcohort.checks.room import worker_of
from nbcohort.checks.worker import Worker
from nbcohort.client import ServiceClient
from tests.service.classroom import Classroom
from tests.unit.checks.notebooks import checks_folder, learners

DATA = {"ones.txt": b"1\n1\n1\n"}


def files(made: NotebookNode | bytes, **further: bytes) -> dict[str, bytes]:
    content = made if isinstance(made, bytes) else nbformat.writes(made).encode()
    return {"ps1.ipynb": content, **DATA, **further}


class CheckRoom:
    """The course room of a cohort, with a course folder in `folder`."""

    def __init__(self, room: Classroom, folder: Path) -> None:
        self.room = room
        self.course = folder / "home" / "course"
        self.state = self.course.parent / ".local" / "state" / "nbcohort" / "checks" / room.cohort
        """Where a program in the course room keeps it."""
        checks_folder(self.course / "checks" / "ps1")
        (self.course / "course.toml").write_text("preload = []\n")
        room.release("ps1", files(learners("def double(x):\n    raise NotImplementedError()")))
        self.said: list[str] = []

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program in the course room is told."""
        account = f"course-{self.room.cohort}"
        service = self.room.service.environment(account)
        home = {"HOME": str(self.course.parent), "NBCOHORT_COHORT": self.room.cohort, "COLUMNS": "200"}
        return {"PATH": os.environ["PATH"], **home, **service}

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        environment = self.environment
        with ServiceClient(environment["NBCOHORT_URL"], environment["JUPYTERHUB_API_TOKEN"], pauses=()) as client:
            worker = worker_of(client, self.room.cohort, self.course, self.said.append)
            worker.state = self.state
            yield worker

    def hand_in(self, account: str, made: NotebookNode | bytes, assignment: str = "ps1", **further: bytes) -> str:
        return str(self.room.hand_in(account, assignment, files(made, **further))["id"])

    def results(self, account: str = "ines", **which: Any) -> dict[str, Result]:
        """Return submission -> newest result, as `account` reads them."""
        found = self.room.items(account, "checks", **which)
        return {one["submission"]: Result.model_validate(one["result"]) for one in found}


def as_json(printed: str) -> Any:
    return json.loads(printed)
