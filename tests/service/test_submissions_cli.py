"""Handing in from the terminal, and verifying the receipt without anybody."""

import os
import subprocess
from pathlib import Path

import pytest

from nbcohort.submissions.receipt_file import token_in
from nbcohort.testing.forked import nbcohort
from tests.service.classroom import DUE, FILES, Classroom, ok

# What is said in a terminal or in the Lab does not depend on the database: the operations behind it have tests on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Terminal:
    """A learner's terminal, in a folder of their own."""

    def __init__(self, room: Classroom, account: str, folder: Path) -> None:
        self.folder = folder
        service = room.service.environment(account)
        self.online = {"PATH": os.environ["PATH"], "COLUMNS": "200", "NBCOHORT_COHORT": room.cohort, **service}
        self.offline = {"PATH": os.environ["PATH"], "NBCOHORT_URL": "http://127.0.0.1:9/", "NBCOHORT_TOKEN": "none"}

    def run(self, *arguments: str, offline: bool = False) -> str:
        done = self._run(arguments, offline)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fail(self, *arguments: str, offline: bool = False) -> str:
        done = self._run(arguments, offline)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, lines
        return lines[0]

    def _run(self, arguments: tuple[str, ...], offline: bool) -> subprocess.CompletedProcess[str]:
        return nbcohort(*arguments, environ=self.offline if offline else self.online, folder=self.folder)


@pytest.fixture
def ada(room: Classroom, tmp_path: Path) -> Terminal:
    for path, data in FILES.items():
        (tmp_path / "ps1" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "ps1" / path).write_bytes(data)
    return Terminal(room, "ada", tmp_path)


def test_a_folder_is_handed_in_and_its_receipt_verified_offline(room: Classroom, ada: Terminal) -> None:
    said = ada.run("submit", "ps1")
    assert "ps1: attempt 1 handed in" in said
    assert "by ada (2 files" in said
    (done,) = room.items("ada", "submissions")
    assert token_in((ada.folder / "ps1.receipt-1.txt").read_text()) == done["receipt"]
    ada.run("receipt-keys", "keys.json")
    said = ada.run("verify-receipt", "ps1.receipt-1.txt", "ps1", "--keys", "keys.json", offline=True)
    assert "The receipt is genuine: attempt 1 at ps1" in said
    assert "are the ones handed in" in said


def test_what_does_not_verify_gets_a_sentence(ada: Terminal) -> None:
    ada.run("submit", "ps1")
    ada.run("receipt-keys", "keys.json")
    verify = ("verify-receipt", "ps1.receipt-1.txt", "ps1", "--keys", "keys.json")
    (ada.folder / "ps1" / "ps1.ipynb").write_bytes(b"changed since")
    assert "these are not the files" in ada.fail(*verify, offline=True)
    receipt = ada.folder / "ps1.receipt-1.txt"
    head, body, signature = token_in(receipt.read_text()).split(".")
    receipt.write_text(f"Receipt\n\n{head}.{body[:-2]}AA.{signature}")
    assert "signature is wrong" in ada.fail(*verify, offline=True)
    receipt.write_text("nonsense")
    assert "no receipt" in ada.fail(*verify, offline=True)
    assert "cannot be read" in ada.fail("verify-receipt", "nowhere.jwt", "--keys", "keys.json", offline=True)
    (ada.folder / "keys.json").write_text("nonsense")
    assert "no list of receipt keys" in ada.fail(*verify, offline=True)


def test_keys_can_be_saved_while_verifying(ada: Terminal) -> None:
    ada.run("submit", "ps1")
    ada.run("verify-receipt", "ps1.receipt-1.txt", "--save-keys", "keys.json")
    ada.run("verify-receipt", "ps1.receipt-1.txt", "--keys", "keys.json", offline=True)


def test_attempts_are_listed(room: Classroom, ada: Terminal) -> None:
    assert "Nothing was handed in" in ada.run("submissions")
    ada.run("submit", "ps1")
    ada.run("submit", "ps1")
    listed = ada.run("submissions", "ps1")
    for one in room.items("ada", "submissions"):
        assert one["id"] in listed


def test_a_pair_member_may_hand_in_alone(room: Classroom, ada: Terminal) -> None:
    room.pair("ada", "ben")
    assert "by ada, ben" in ada.run("submit", "ps1")
    assert "by ada (" in ada.run("submit", "ps1", "--alone")


def test_refusals_are_one_line_and_leave_the_files_where_they_are(room: Classroom, ada: Terminal) -> None:
    said = ada.fail("submit", "ps9", "ps1")
    assert 'no assignment "ps9"' in said
    assert "No assignment is released" in said
    ada.run("submit", "ps1")
    said = ada.fail("submit", "ps9")
    assert "no folder “ps9”" in said
    assert "What there is: ps1." in said
    (ada.folder / "ps1" / "link").symlink_to("/etc/passwd")
    assert "is a link" in ada.fail("submit", "ps1")
    (ada.folder / "ps1" / "link").unlink()
    ada.offline["NBCOHORT_COHORT"] = room.cohort
    assert "cannot be reached" in ada.fail("submissions", offline=True)  # `submit` would wait for a minute
    room.service.set_clock(DUE.replace(day=17))
    assert "late hand-ins are not taken" in ada.fail("submit", "ps1")
    assert sorted(path.name for path in ada.folder.iterdir()) == ["ps1", "ps1.receipt-1.txt"]


def test_a_broken_notebook_is_refused(room: Classroom, ada: Terminal) -> None:
    (ada.folder / "ps1" / "ps1.ipynb").write_text("{broken")
    assert "“ps1.ipynb” is not a valid notebook: it is not JSON" in ada.fail("submit", "ps1")
    assert room.items("ada", "submissions") == []


def test_a_renamed_notebook_is_handed_in_with_a_warning(room: Classroom, ada: Terminal) -> None:
    room.release()
    assert "not graded" not in ada.run("submit", "ps1")
    (ada.folder / "ps1" / "ps1.ipynb").rename(ada.folder / "ps1" / "mine.ipynb")
    said = ada.run("submit", "ps1")
    assert "attempt 2" in said
    assert "Missing, and so not graded: “ps1.ipynb”" in said


def test_the_only_cohort_need_not_be_named(room: Classroom, ada: Terminal) -> None:
    del ada.online["NBCOHORT_COHORT"]
    other = f"{room.cohort}-b"
    ok(room.admin.post("/cohorts", json={"id": other, "title": "Other"}))
    member = {"account": f"solo-{room.cohort}", "role": "learner"}
    ok(room.admin.post(f"{room.root}/members", json=member))
    ada.online |= room.service.environment(member["account"])
    assert "attempt 1" in ada.run("submit", "ps1")
    ok(room.admin.post(f"/cohorts/{other}/members", json=member))
    assert "several cohorts" in ada.fail("submit", "ps1")
