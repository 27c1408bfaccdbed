"""Classes with hostile notebooks are graded: none gets what it should not, and everyone's score is right."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.attack import KINDS, Attack, Course
from tests.hostile.catalogue import ATTACKS, accounts
from tests.hostile.harness import (
    COURSES,
    HONEST,
    Everything,
    earned,
    everything,
    fingerprints,
    printed,
    processes_with,
)
from tests.hostile.known import SECRET, TOKEN, told
from tests.hostile.pages import active_parts, text_of
from tests.hostile.ways import BY_DEFAULT, Way

pytestmark = [pytest.mark.hostile, pytest.mark.slow, pytest.mark.timeout(1800)]

HIDDEN = "assert double(-1.5) == -3"
"""The hidden test of one course."""


@pytest.fixture(scope="module", params=BY_DEFAULT, ids=lambda way: way.name)
def graded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    way: Way = request.param
    with everything(tmp_path_factory.mktemp(way.name), way) as done:
        yield done


def gets_more(attack: Attack) -> bool:
    """Return whether an attack is known to raise a score."""
    return any((score or 0) > (attack.earned.get(cell) or 0) for cell, score in attack.scores.items())


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gets_what_is_written_of_it_and_nothing_else(name: str, graded: Everything) -> None:
    attack, course = ATTACKS[name], graded.of(name)
    refused = told(attack.refused, graded.known(name)) if attack.refused else None
    scores, shows = attack.expected(graded.way.sandbox)
    for account in accounts(name):
        assert course.report[account]["reason"] == refused
        assert course.folder_of(account).exists() == (refused is None)
        if refused is None:
            shown = printed(course.outputs(account))
            assert course.tests(account) == scores
            assert "LEAK" not in shown
            assert shows is None or shows in shown, shown


def test_no_secret_is_in_what_an_attack_shows_or_leaves(graded: Everything) -> None:
    for course, account in graded.attackers():
        shown = printed(course.outputs(account))
        kept = [path for path in course.folder_of(account).rglob("*") if path.is_file() and path.name != "ps1.ipynb"]

        assert not any(secret in shown for secret in (SECRET, TOKEN)), account
        assert not any(secret.encode() in path.read_bytes() for path in kept for secret in (SECRET, TOKEN)), account
        assert not any(path.is_symlink() for path in course.folder_of(account).rglob("*")), account


def test_whoever_cheats_is_flagged(graded: Everything) -> None:
    cheats = [name for name, attack in ATTACKS.items() if attack.flagged]

    assert [name for name in cheats if not graded.of(name).report[name]["flags"]] == []


def test_whoever_does_not_cheat_is_not_flagged(graded: Everything) -> None:
    honest = [name for name, attack in ATTACKS.items() if not attack.flagged]

    found = {name: graded.of(name).report[name]["flags"] for name in honest}
    assert {name: flags for name, flags in found.items() if flags} == {}


def test_whatever_raises_a_score_is_written_down_as_to_be_flagged() -> None:
    assert [name for name, attack in ATTACKS.items() if gets_more(attack) and not attack.flagged] == []
    assert sum(gets_more(attack) for attack in ATTACKS.values()) > 20


def test_there_are_attacks_of_every_kind() -> None:
    assert {attack.kind for attack in ATTACKS.values()} == set(KINDS)
    assert len(ATTACKS) >= 55


@pytest.mark.parametrize("kind", COURSES)
@pytest.mark.parametrize("account", HONEST)
def test_honest_learners_have_the_right_score(account: str, kind: Course, graded: Everything) -> None:
    course = graded.courses[kind]

    assert course.tests(account) == earned(kind)
    assert "LEAK" not in printed(course.outputs(account))


@pytest.mark.parametrize("kind", COURSES)
def test_everything_was_graded_in_the_sandbox_that_was_asked_for(kind: Course, graded: Everything) -> None:
    course = graded.courses[kind]
    handed_in = {account for name, one in ATTACKS.items() if one.course == kind for account in accounts(name)}

    assert set(course.report) == handed_in | set(HONEST)
    assert course.tier == graded.way.tier


@pytest.mark.parametrize("kind", COURSES)
def test_the_course_is_as_before_but_for_grades_and_feedback(kind: Course, graded: Everything) -> None:
    course = graded.courses[kind]
    known = {"source", "release", "submitted", "autograded", "feedback", "gradebook.db", "nbgrader_config.py"}

    assert fingerprints(course.course.folder) == course.before
    assert {path.name for path in course.course.folder.iterdir()} <= known | {".nbgrader.log", "logs"}


def test_nobody_hears_from_the_sandbox(graded: Everything) -> None:
    assert graded.heard == []


def test_no_process_outlives_the_run(graded: Everything) -> None:
    deadline = time.monotonic() + 10
    while processes_with(graded.marker) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert processes_with(graded.marker) == []


def test_no_file_and_no_mount_outlives_the_run(graded: Everything) -> None:
    tops = [Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"), Path("/run"), Path.home(), graded.folder / "home"]
    found = [path for top in tops for path in top.glob(f"*{graded.marker}*")]
    for top in (Path(sys.prefix), Path(sys.base_prefix), graded.folder / "home"):
        found += top.rglob(f"*{graded.marker}*")

    assert found == []
    assert list((graded.folder / "tmp").iterdir()) == []
    assert not (graded.folder / "home" / ".local").exists()
    assert str(graded.folder) not in Path("/proc/self/mountinfo").read_text("utf-8")


def test_no_message_and_no_shared_memory_outlives_the_run(graded: Everything) -> None:
    for what in ("shm", "msg", "sem"):
        with contextlib.suppress(FileNotFoundError):
            lines = Path(f"/proc/sysvipc/{what}").read_text("ascii").splitlines()
            assert not [line for line in lines if line.split()[0] == str(0x6E6263)]


def test_feedback_runs_nothing_and_shows_no_hidden_test(graded: Everything) -> None:
    for course, account in graded.attackers():
        page = course.feedback(account)
        beside = sorted((course.course.folder / "feedback" / account).rglob("*"))

        assert active_parts(page) == [], account
        assert HIDDEN not in text_of(page), account
        assert not [path for path in beside if path.is_file() and HIDDEN.encode() in path.read_bytes()], account
        assert {path.name for path in beside if path.suffix in (".html", ".svg")} == {"ps1.html"}, account
