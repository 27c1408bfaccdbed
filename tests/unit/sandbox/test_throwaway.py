"""Folders that untrusted code has filled: they go, whatever is in them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbcohort.sandbox.throwaway import larger_than, throwaway

DEEP = 1500


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder in which folders are deeper than Python's stack and than a path may be long."""
    with throwaway() as folder:
        here = os.open(folder, os.O_RDONLY)
        for _level in range(DEEP):
            os.mkdir("deeper", dir_fd=here)
            inner = os.open("deeper", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
        os.close(os.open("file", os.O_CREAT, dir_fd=here))
        os.close(here)
        yield folder


def test_a_deep_folder_counts_as_too_large_and_goes(deep: Path) -> None:
    assert larger_than(deep, 1 << 40)


def test_all_of_it_goes_but_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "gradebook.db").touch()
    with throwaway() as folder:
        closed = folder / "closed"
        (closed / "inner").mkdir(parents=True)
        (closed / "inner" / "file").touch()
        (closed / "link").symlink_to(tmp_path)
        (folder / "link").symlink_to(tmp_path / "gradebook.db")
        (folder / "gone").symlink_to("nowhere")
        os.mkfifo(folder / "pipe")
        (closed / "inner").chmod(0)
        closed.chmod(0)
        assert folder.stat().st_mode & 0o777 == 0o700

    assert not folder.exists()
    assert (tmp_path / "gradebook.db").exists()


def test_it_goes_when_something_fails() -> None:
    with pytest.raises(ZeroDivisionError), throwaway() as folder:  # noqa: PT012
        (folder / "file").touch()
        raise ZeroDivisionError

    assert not folder.exists()


def test_files_count_with_what_they_take_and_empty_ones_too(tmp_path: Path) -> None:
    with throwaway() as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "data").write_bytes(bytes(100_000))
        (folder / "link").symlink_to("/usr")
        assert larger_than(folder, 90_000)
        assert not larger_than(folder, 200_000)
        for number in range(50):
            (folder / "inner" / f"empty{number}").touch()
        assert larger_than(folder, 200_000)
