"""Hand in everything, grade it, and say what came of it."""

import contextlib
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.hostile import attack as kinds
from tests.hostile.catalogue import ATTACKS, accounts
from tests.hostile.course import RIGHT_TABLES, make_tables
from tests.hostile.known import CHECKOUT, SECRET, TOKEN, hand_in
from tests.hostile.listener import Listener
from tests.hostile.program import nbcohort, start
from tests.hostile.ways import Way
from tests.unit.grading.course import Course, make_course, scores

HONEST = ("aa-honest", "mm-honest", "zz-honest")
"""Accounts that come before, between and after the attackers."""
COURSES: tuple[kinds.Course, ...] = ("numbers", "tables", "loops")
LIMITS = """
c.SandboxedExecute.memory = 1 << 30
c.SandboxedExecute.disk = 64 << 20
c.SandboxedExecute.processes = 200
c.SandboxedExecute.notebook_timeout = 120
c.Execute.timeout = 40
"""
IMPATIENT = """
c.SandboxedExecute.notebook_timeout = 40
c.SandboxedExecute.patience = 5
c.Execute.timeout = 3
"""
_SECONDS = 1500


def earned(course: kinds.Course) -> kinds.Scores:
    """Return what honest learners deserve."""
    return kinds.TABLES if course == "tables" else kinds.RIGHT


@dataclass(frozen=True)
class Graded:
    """What came of one course."""

    course: Course
    report: dict[str, dict[str, Any]]
    """What `--json` says, by account."""
    tier: str
    before: dict[str, str]
    """What the course's files were before, see `fingerprints`."""

    @cached_property
    def scores(self) -> dict[str, dict[str, float | None]]:
        """Return automatic scores by account and test cell."""
        found = scores(self.course)
        return {
            account: {cell: automatic for cell, (automatic, _final, _by_hand) in cells.items()}
            for account, cells in found.items()
        }

    def tests(self, account: str) -> dict[str, float | None]:
        """Return an account's automatic scores, of tests only."""
        return {cell: score for cell, score in self.scores[account].items() if cell not in ("by_hand", "why")}

    def outputs(self, account: str) -> list[dict[str, Any]]:
        """Return all outputs in an account's graded notebook."""
        notebook = json.loads((self.folder_of(account) / "ps1.ipynb").read_text("utf-8"))
        return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]

    def folder_of(self, account: str) -> Path:
        """Return the graded submission."""
        return self.course.folder / "autograded" / account / "ps1"

    def feedback(self, account: str) -> str:
        """Return the page that an account gets."""
        return (self.course.folder / "feedback" / account / "ps1" / "ps1.html").read_text("utf-8")


def printed(outputs: Iterable[Mapping[str, Any]]) -> str:
    """Return what stands in outputs, without the sources that tracebacks quote."""
    parts = []
    for output in outputs:
        parts += [str(output.get("ename", "")), str(output.get("evalue", "")), "".join(output.get("text", ""))]
        parts += [json.dumps(output.get("data", {}))]
    return "\n".join(parts)


def fingerprints(folder: Path, tops: Iterable[str] = ("source", "release", "submitted")) -> dict[str, str]:
    """Return a hash of each file, and where each link leads, below some folders of a course."""
    found = {}
    for path in sorted(path for top in tops for path in (folder / top).rglob("*")):
        if path.is_symlink():
            found[str(path)] = f"-> {path.readlink()}"
        elif path.is_file():
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@dataclass(frozen=True)
class Everything:
    """What came of all courses, graded side by side in one way."""

    way: Way
    folder: Path
    marker: str
    courses: dict[kinds.Course, Graded]
    heard: list[bytes]
    seconds: float

    def of(self, name: str) -> Graded:
        """Return the course in which an attack was handed in."""
        return self.courses[ATTACKS[name].course]

    def attackers(self) -> Iterator[tuple[Graded, str]]:
        """Yield the accounts of attackers that were graded, and the course of each."""
        for name in ATTACKS:
            for account in accounts(name):
                if self.of(name).report[account]["outcome"] == "graded":
                    yield self.of(name), account

    def known(self, name: str) -> dict[str, object]:
        """Return what the attacker knew."""
        return {"course": self.of(name).course.folder}


@contextlib.contextmanager
def everything(folder: Path, way: Way, names: Iterable[str] = tuple(ATTACKS)) -> Iterator[Everything]:
    """Grade the attacks `names`, among honest learners."""
    marker = f"nbcohort-left-{os.getpid()}-{way.name}"
    listener = Listener(folder)
    known = {"token": TOKEN, "marker": marker, "checkout": CHECKOUT} | listener.addresses
    chosen = list(names)
    try:
        courses = {kind: _make(folder / kind, kind, chosen, known) for kind in COURSES}
        started = time.monotonic()
        graded = grade_side_by_side(folder, way, courses)
        yield Everything(way, folder, marker, graded, listener.heard, time.monotonic() - started)
    finally:
        listener.close()


def _make(folder: Path, kind: kinds.Course, names: list[str], known: Mapping[str, object]) -> Course:
    if kind == "tables":
        course = make_tables(folder, LIMITS)
        right = course.answered(**RIGHT_TABLES)
    else:
        course = make_course(folder, LIMITS + (IMPATIENT if kind == "loops" else ""))
        right = course.answered()
    for account in HONEST:
        right.cells[0].source = f"# {account}"
        course.hand_in(account, right, {"classmates-work.txt": SECRET.encode()})
    for name in names:
        if ATTACKS[name].course == kind:
            for account in accounts(name):
                hand_in(ATTACKS[name], account, course, {**known, "course": course.folder})
    return course


def grade_side_by_side(folder: Path, way: Way, courses: Mapping[kinds.Course, Course]) -> dict[kinds.Course, Graded]:
    """Grade courses in `folder`, each by a grader of its own; return what came of them."""
    for name in ("tmp", "home"):
        (folder / name).mkdir()
    environment = {**way.environment, "TMPDIR": str(folder / "tmp"), "HOME": str(folder / "home")}
    before = {kind: fingerprints(course.folder) for kind, course in courses.items()}
    programs: dict[kinds.Course, subprocess.Popen[str]] = {}
    graded = {}
    try:
        for kind, course in courses.items():
            workers = ("--workers", "4") if kind == "loops" else ()  # they mostly wait
            command = ["grade", "ps1", "--course", str(course.folder), "--no-collect", "--no-release", "--json"]
            command = way.command(nbcohort(*command, *workers), folder)
            programs[kind] = start(command, JUPYTERHUB_API_TOKEN=TOKEN, **environment)
        for kind, program in programs.items():
            out, complaint = program.communicate(timeout=_SECONDS)
            assert out, f"{kind}: {complaint}"
            report = json.loads(out)
            by_account = {one["account"]: one for one in report["submissions"]}
            graded[kind] = Graded(courses[kind], by_account, report["sandbox"], before[kind])
    finally:
        for program in programs.values():
            program.kill()
            program.wait()
    return graded


def processes_with(marker: str) -> list[int]:
    """Return the processes on this machine that have `marker` among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if marker.encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
    return found
