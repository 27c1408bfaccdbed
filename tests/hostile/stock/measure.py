"""Measure what stock nbgrader does with each attack, in a sandbox that nothing leaves."""

import contextlib
import json
import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbcohort.sandbox import WORK, Limits, Policy, Watch, probe, python_environment, start
from tests.hostile import attack as kinds
from tests.hostile.catalogue import ATTACKS, accounts
from tests.hostile.course import RIGHT_TABLES, make_tables
from tests.hostile.harness import earned, printed
from tests.hostile.known import CHECKOUT, SECRET, TOKEN, hand_in
from tests.unit.grading.course import ASSIGNMENT, Course, make_course, nbgrader, scores

SECONDS = 75
"""After which a grader that has not ended hangs."""
LIMITS = Limits(memory=3 << 30, processes=300, wall_seconds=SECONDS + 30, disk=384 << 20)
INSIDE = Path(__file__).parent / "inside.py"
KNOWN: dict[str, Any] = {
    "course": WORK,
    "checkout": CHECKOUT,
    "token": TOKEN,
    "marker": "nbcohort-left-in-stock",
    "tcp": 47001,
    "udp": 47002,
    "abstract": "nbcohort-door",
    "path": "/tmp/nbcohort-door",
}


def _make_class(folder: Path, kind: kinds.Course) -> Path:
    """Make a course whose first learner is graded already, and whose last one is handed in."""
    course = make_tables(folder) if kind == "tables" else make_course(folder)
    with (course.folder / "nbgrader_config.py").open("a") as config:
        config.write(f"c.Execute.timeout = {3 if kind == 'loops' else 20}\n")
    right = course.answered(**(RIGHT_TABLES if kind == "tables" else {}))
    secret = {"classmates-work.txt": SECRET.encode()}
    course.hand_in("aa-honest", right, secret)
    done = nbgrader("autograde", ASSIGNMENT, folder=course.folder)
    assert done.returncode == 0, done.stderr
    course.hand_in("zz-honest", right, secret)
    return course.folder


def measure(name: str, classes: Path) -> dict[str, Any]:
    """Return what becomes of attack `name`, of its class and of the machine; courses to begin with are in `classes`."""
    attack = ATTACKS[name]
    with tempfile.TemporaryDirectory(prefix="nbcohort-stock-") as scratch:
        course = Course(Path(scratch) / "course")
        shutil.copytree(classes / attack.course, course.folder)
        _pack(name, course)
        shutil.copyfile(INSIDE, course.folder / "inside.py")
        plan = {name: KNOWN[name] for name in ("token", "tcp", "udp", "abstract", "path")}
        (course.folder / "plan.json").write_text(json.dumps({**plan, "seconds": SECONDS}))
        result = Course(Path(scratch) / "result")
        result.folder.mkdir()
        outcome = _run(course.folder, result.folder, accounts(name))
        return _judge(attack, accounts(name), outcome, result)


def _pack(name: str, course: Course) -> None:
    """Put what the attackers hand in into a tar: links and pipes do not get into a sandbox otherwise."""
    with tempfile.TemporaryDirectory() as scratch:
        apart = Course(Path(scratch) / "apart")
        shutil.copytree(course.folder / "release", apart.folder / "release")
        with tarfile.open(course.folder / "attack.tar", "w") as archive:
            for account in accounts(name):
                hand_in(ATTACKS[name], f"mm-{account}", apart, KNOWN)
                archive.add(apart.folder / "submitted" / f"mm-{account}", f"mm-{account}")


def _run(course: Path, result: Path, names: Iterable[str]) -> dict[str, Any] | None:
    """Run it, and put what is left into `result`; return what was written down, None if nobody lived to do it."""
    tier = replace(probe("namespaces"), filtered=False)  # for stock nbgrader the system is as systems are
    policy = Policy(
        python_environment(),
        folder=course,
        limits=LIMITS,
        environment={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    program = start([sys.executable, "inside.py"], policy, tier)
    try:
        watch = Watch(program, LIMITS)
        watch.start()
        with contextlib.suppress(Exception):
            program.starter.wait(LIMITS.wall_seconds + 20)
        watch.stop()
        program.kill()
        graded = [f"autograded/{account}/ps1/ps1.ipynb" for account in (*(f"mm-{name}" for name in names), "zz-honest")]
        for path in ("gradebook.db", "outcome.json", *graded):
            _fetch(program.work, path, result / path)
    finally:
        program.close()
    written = result / "outcome.json"
    return json.loads(written.read_text()) if written.is_file() else None


def _fetch(work: int, path: str, target: Path) -> None:
    """Copy a regular file out of the sandbox, in which nothing runs any more; follow no link on the way."""
    at = os.dup(work)
    try:
        for part in Path(path).parent.parts:
            at, above = os.open(part, os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at), at
            os.close(above)
        number = os.open(Path(path).name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    except OSError:
        return
    finally:
        os.close(at)
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(number, "rb") as source, target.open("wb") as copy:  # noqa: PTH123 - it is open already
        shutil.copyfileobj(source, copy)


def _judge(
    attack: kinds.Attack, names: Iterable[str], outcome: dict[str, Any] | None, result: Course
) -> dict[str, Any]:
    right = dict(earned(attack.course))
    found = _scores(result)
    mine = [found.get(f"mm-{name}", {}) for name in names]
    tests = {cell: score for cell, (score, _final) in mine[0].items() if cell in right}
    graded = all((result.folder / "autograded" / f"mm-{name}" / "ps1" / "ps1.ipynb").is_file() for name in names)
    after = {cell: score for cell, (score, _final) in found.get("zz-honest", {}).items() if cell in right}
    before = {cell: final for cell, (_score, final) in found.get("aa-honest", {}).items() if cell in right}
    shown = "".join(_shown(result, f"mm-{name}") for name in names)
    after_shown = _shown(result, "zz-honest")
    judged: dict[str, Any] = {
        "scores": tests if graded and any(score is not None for score in tests.values()) else None,
        "ends": "killed" if outcome is None else "hangs" if outcome["status"] is None else "ends",
        "leaks": "LEAK" in shown + after_shown or any(secret in shown for secret in (SECRET, TOKEN)),
        "heard": bool(outcome and outcome["heard"]),
        "left": len(outcome["left"]) if outcome else 0,
        "changed": sorted(outcome["changed"]) if outcome else [],
        "before": before == right,
        "after": "right" if after == right else "not graded" if not any(after.values()) else "changed",
    }
    if os.environ.get("HOSTILE_DETAILS"):
        judged["details"] = outcome
    return judged


def _scores(course: Course) -> dict[str, dict[str, tuple[float | None, float | None]]]:
    """Return (automatic, final) scores by account and cell; nothing from a gradebook that is destroyed."""
    if not (course.folder / "gradebook.db").is_file():
        return {}
    try:
        found = scores(course)
    except Exception:  # noqa: BLE001 - the gradebook may be anything by now
        return {}
    return {
        account: {cell: (automatic, final) for cell, (automatic, final, _by_hand) in cells.items()}
        for account, cells in found.items()
    }


def _shown(course: Course, account: str) -> str:
    path = course.folder / "autograded" / account / "ps1" / "ps1.ipynb"
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return ""
    return printed(output for cell in cells for output in cell.get("outputs", []))


def measure_all(names: Iterable[str], scratch: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what stock nbgrader does with each attack that is tried with it; `scratch` is an empty folder."""
    chosen = [name for name in names if not ATTACKS[name].not_with_stock]
    for kind in dict.fromkeys(ATTACKS[name].course for name in chosen):
        _make_class(scratch / kind, kind)
    with ThreadPoolExecutor(2) as pool:
        yield from zip(chosen, pool.map(lambda name: measure(name, scratch), chosen), strict=True)
