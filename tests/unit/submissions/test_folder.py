"""Reading a folder for handing in: plain files only, and none that moves."""

import hashlib
import os
import socket
import stat
from pathlib import Path

import pytest

from nbcohort.errors import Invalid, TooLarge
from nbcohort.submissions.folder import FileChanged, NotAFile, read_folder
from nbcohort.submissions.manifest import BadPath, Entry, Limits


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ps1" / "data").mkdir(parents=True)
    (tmp_path / "ps1" / "ps1.ipynb").write_bytes(b"{}")
    (tmp_path / "ps1" / "data" / "penguins.csv").write_bytes(b"a,b\n")
    return tmp_path / "ps1"


def test_all_files_are_listed_with_size_and_hash(folder: Path) -> None:
    assert read_folder(folder) == (
        Entry("data/penguins.csv", 4, hashlib.sha256(b"a,b\n").hexdigest()),
        Entry("ps1.ipynb", 2, hashlib.sha256(b"{}").hexdigest()),
    )


def test_generated_files_are_left_out_at_any_depth(folder: Path) -> None:
    for name in (".ipynb_checkpoints", "data/__pycache__"):
        (folder / name).mkdir()
        (folder / name / "x").write_text("x")
    (folder / "data" / "x.pyc").write_text("x")
    assert [entry.path for entry in read_folder(folder)] == ["data/penguins.csv", "ps1.ipynb"]


def test_what_to_leave_out_can_be_chosen(folder: Path) -> None:
    assert [entry.path for entry in read_folder(folder, ignore=("*.csv",))] == ["ps1.ipynb"]


def test_progress_is_told_each_path(folder: Path) -> None:
    told: list[str] = []
    read_folder(folder, progress=told.append)
    assert told == ["data/penguins.csv", "ps1.ipynb"]


@pytest.mark.parametrize("target", ["/etc/passwd", "ps1.ipynb", "nowhere", "data"])
def test_links_are_refused_wherever_they_lead(folder: Path, target: str) -> None:
    (folder / "shortcut").symlink_to(target)
    with pytest.raises(NotAFile, match="“shortcut” is a link"):
        read_folder(folder)


def test_pipes_and_sockets_are_refused_without_waiting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(NotAFile, match="“pipe” is a pipe, socket or device"):
        read_folder(folder)
    (folder / "pipe").unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(folder)
        listener.bind("socket")
        with pytest.raises(NotAFile, match="“socket” is a pipe, socket or device"):
            read_folder(folder)


def test_devices_are_refused(folder: Path) -> None:
    try:
        os.mknod(folder / "zero", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("needs the right to make devices")
    with pytest.raises(NotAFile, match="“zero” is a pipe, socket or device"):
        read_folder(folder)


def test_names_that_are_not_utf8_are_refused(folder: Path) -> None:
    (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.csv"))).write_text("x")
    with pytest.raises(BadPath, match="UTF-8"):
        read_folder(folder)


def test_a_file_that_grows_while_it_is_read_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fstat
    seen: list[int] = []

    def grows_between(descriptor: int) -> os.stat_result:
        seen.append(descriptor)
        if len(seen) == 2:
            with (folder / "data" / "penguins.csv").open("ab") as file:
                file.write(b"1,2\n")
        return real(descriptor)

    monkeypatch.setattr("nbcohort.submissions.folder.os.fstat", grows_between)
    with pytest.raises(FileChanged, match=r"penguins\.csv” changed while"):
        read_folder(folder)


def test_a_file_replaced_by_a_link_just_before_it_is_opened_is_refused(folder: Path) -> None:
    def swap(path: str) -> None:
        if path == "ps1.ipynb":
            (folder / path).unlink()
            (folder / path).symlink_to("/etc/passwd")

    with pytest.raises(NotAFile):
        read_folder(folder, progress=swap)


def test_limits_hold_while_reading(folder: Path) -> None:
    with pytest.raises(TooLarge, match="more than 1 files"):
        read_folder(folder, Limits(files=1))
    with pytest.raises(TooLarge, match=r"penguins\.csv” has 4 bytes"):
        read_folder(folder, Limits(file_bytes=3))
    with pytest.raises(TooLarge, match="6 bytes together"):
        read_folder(folder, Limits(total_bytes=5))


def test_a_missing_or_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no folder"):
        read_folder(tmp_path / "nowhere")
    with pytest.raises(Invalid, match="no files"):
        read_folder(tmp_path)
