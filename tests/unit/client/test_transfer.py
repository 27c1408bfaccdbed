"""Files are sent as they were announced and stored where they may be, or not at all."""

import hashlib
import os
from pathlib import Path

import pytest

from nbcohort.submissions.folder import FileChanged, NotAFile
from nbcohort.submissions.manifest import BadPath, Entry
from nbcohort.transfer import PIECE, NotWritable, TransferDamaged, announced, describe, inside, receive


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_files_are_described_by_path_size_and_hash(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"two")
    (tmp_path / "a").write_bytes(b"")
    assert describe({"sub/b": tmp_path / "b", "a": tmp_path / "a"}) == (
        Entry("a", 0, sha256(b"")),
        Entry("sub/b", 3, sha256(b"two")),
    )


@pytest.mark.parametrize("content", [b"", b"x", b"x" * PIECE, b"y" * (3 * PIECE + 1)])
def test_what_was_announced_arrives(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    (entry,) = describe({"file": file})
    assert b"".join(announced(file, entry)) == content


@pytest.mark.parametrize("after", [b"", b"Xbc", b"abcd", b"x" * 3 * PIECE])
def test_a_file_that_changed_is_never_sent_whole(tmp_path: Path, after: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    (entry,) = describe({"file": file})
    file.write_bytes(after)
    sent: list[bytes] = []
    with pytest.raises(FileChanged, match="changed while it was being read"):
        sent.extend(announced(file, entry))
    assert sum(map(len, sent)) < max(len(after), 1)


def test_a_file_written_to_while_it_is_sent_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"a" * 2 * PIECE)
    (entry,) = describe({"file": file})
    pieces = announced(file, entry)
    next(pieces), next(pieces)
    with file.open("ab") as more:
        more.write(b"b")
    with pytest.raises(FileChanged):
        list(pieces)


def test_links_and_pipes_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "nothing"):
        with pytest.raises(NotAFile):
            describe({name: tmp_path / name})


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "a\\b", "", "a//b", "C:x", "a\0b", "./a"])
def test_a_path_of_the_service_stays_in_its_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadPath):
        inside(tmp_path, path)


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    (folder / "in").mkdir()
    assert inside(folder, "in/deep/file") == folder / "in/deep/file"
    with pytest.raises(BadPath, match="link"):
        inside(folder, "out/file")


def test_a_file_is_stored_when_it_is_right(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file"
    receive([b"ab", b"c"], target, 3, sha256(b"abc"))
    assert target.read_bytes() == b"abc"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("pieces", [[b"ab"], [b"abX"], [b"abc", b"d"], []])
def test_a_damaged_file_changes_nothing(tmp_path: Path, pieces: list[bytes]) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"before")
    with pytest.raises(TransferDamaged):
        receive(pieces, target, 3, sha256(b"abc"))
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file" / "x").mkdir(parents=True)
    with pytest.raises(NotWritable, match="could not be written"):
        receive([b"abc"], tmp_path / "file", 3, sha256(b"abc"))
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
