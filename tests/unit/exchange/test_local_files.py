"""What the exchange reads and writes on its own side."""

import hashlib
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nbcohort.client import ServiceClient
from nbcohort.errors import TooLarge
from nbcohort.exchange.choose import choose, notebooks_of
from nbcohort.exchange.feedback import feedback_status
from nbcohort.exchange.get import get_folder
from nbcohort.submissions.manifest import BadPath
from nbcohort.transfer import TransferDamaged, receive

LOG = logging.getLogger("exchange")


def coursedir(**more: Any) -> SimpleNamespace:
    settings = {"ignore": ["feedback"], "include": ["*"], "max_file_size": 100_000, "max_dir_size": 100_000}
    return SimpleNamespace(**{**settings, **more})


def paths(folder: Path, **settings: Any) -> list[str]:
    return [entry.path for entry in choose(folder, coursedir(**settings), LOG)]


def listed(path: str, content: bytes) -> dict[str, Any]:
    return {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("p1.ipynb", "timestamp.txt", "sub/timestamp.txt", "feedback/p1.html", "__pycache__/x.pyc", ".hidden"):
        file = tmp_path / "ps1" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path / "ps1"


def test_nbgraders_settings_choose_the_files(folder: Path) -> None:
    assert paths(folder) == [".hidden", "p1.ipynb", "sub/timestamp.txt"]
    assert paths(folder, include=["*.ipynb"]) == ["p1.ipynb"]
    assert paths(folder, ignore=["sub"]) == [".hidden", "feedback/p1.html", "p1.ipynb"]


def test_large_files_are_left_out_large_notebooks_and_folders_refused(folder: Path) -> None:
    (folder / "big.csv").write_bytes(b"x" * 1001)
    assert "big.csv" not in paths(folder, max_file_size=1)
    with pytest.raises(TooLarge, match="at most"):
        paths(folder, max_dir_size=1)
    (folder / "p1.ipynb").write_bytes(b"x" * 1001)
    with pytest.raises(TooLarge, match="Clear large outputs"):
        paths(folder, max_file_size=1)


def test_only_notebooks_directly_in_the_folder_are_graded() -> None:
    assert notebooks_of(["b.ipynb", "a.ipynb", "sub/c.ipynb", "d.txt"]) == ["a", "b"]


class Sent(ServiceClient):
    """Downloads that find these contents."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = contents

    def download(self, path: str, destination: Path, size: int, sha256: str, **more: Any) -> None:
        receive([self.contents[path.rsplit("/", 1)[-1]]], destination, size, sha256)


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "ada" / "ps1"
    get_folder(Sent(a=b"1", b=b"2"), "/x", [listed("a", b"1"), listed("sub/b", b"2")], target)
    get_folder(Sent(a=b"3"), "/x", [listed("a", b"3")], target)
    assert [file.name for file in target.iterdir()] == ["a"]
    assert [one.name for one in target.parent.iterdir()] == ["ps1"]


def test_a_folder_that_cannot_be_fetched_stays_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "ada" / "ps1"
    get_folder(Sent(a=b"1"), "/x", [listed("a", b"1")], target)
    with pytest.raises(TransferDamaged):
        get_folder(Sent(a=b"3", b=b"wrong"), "/x", [listed("a", b"3"), listed("b", b"right")], target)
    assert (target / "a").read_bytes() == b"1"
    assert [one.name for one in target.parent.iterdir()] == ["ps1"]


@pytest.mark.parametrize("path", ["../../evil", "/tmp/evil", "sub/../../evil", "a\\..\\evil", "evil\n"])
def test_a_nasty_name_does_not_escape(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadPath):
        get_folder(Sent(evil=b"1"), "/x", [listed(path, b"1")], tmp_path / "ada" / "ps1")
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_feedback_is_local_when_all_of_it_is_here_and_updated_when_it_differs(tmp_path: Path) -> None:
    released = [listed("p1.html", b"one"), listed("p2.html", b"two")]
    assert feedback_status(tmp_path, [])["has_exchange_feedback"] is False
    (tmp_path / "p1.html").write_bytes(b"one")
    assert feedback_status(tmp_path, released) == {
        "has_local_feedback": False,
        "has_exchange_feedback": True,
        "local_feedback_path": None,
        "feedback_updated": False,
    }
    assert feedback_status(tmp_path, released[:1], "p1")["local_feedback_path"] == str(tmp_path / "p1.html")
    (tmp_path / "p2.html").write_bytes(b"too")
    assert feedback_status(tmp_path, released)["feedback_updated"] is True
