"""Files that cells write beside a notebook come back; nothing else that they could put there does."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat.v4 import new_notebook

from nbcohort.grading.left import Keep, bring_back
from nbcohort.grading.run import run_notebook
from nbcohort.sandbox import Limits
from tests.unit.grading.course import code


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "graded").mkdir()
    return tmp_path / "graded"


@pytest.fixture
def opened(work: Path) -> Iterator[int]:
    number = os.open(work, os.O_PATH | os.O_DIRECTORY)
    yield number
    os.close(number)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_new_and_changed_files_come_back_and_others_are_not_touched(work: Path, folder: Path, opened: int) -> None:
    for name, content in {"same.csv": b"1", "changed.csv": b"1", "shorter.csv": b"12"}.items():
        (folder / name).write_bytes(content)
    (folder / "changed.csv").chmod(0o444)
    (folder / "given.csv").write_bytes(b"1")
    before = (folder / "same.csv").stat()
    (work / "plots" / "first").mkdir(parents=True)
    for name, content in {
        "same.csv": b"1",
        "changed.csv": b"2",
        "shorter.csv": b"1",
        "plots/first/figure.png": b"\x89PNG" * 600_000,
    }.items():
        (work / name).write_bytes(content)

    behind = bring_back(opened, folder, Keep(1 << 22))

    assert behind == ()
    assert tree(folder) == tree(work) | {"given.csv": b"1"}
    after = (folder / "same.csv").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (folder / "plots" / "first" / "figure.png").stat().st_mode & 0o777 == 0o644


def test_links_pipes_odd_names_and_what_is_to_be_ignored_stay_behind(work: Path, folder: Path, opened: int) -> None:
    secret = work.parent / "secret"
    secret.mkdir()
    (secret / "key").write_text("s3cret")
    (work / "link").symlink_to(secret / "key")
    (work / "linked").symlink_to(secret)
    os.mkfifo(work / "pipe")
    (work / "two\nlines").write_text("x")
    (work / os.fsdecode(b"\xff")).write_text("x")
    (work / "p1.ipynb").write_text("x")
    (work / "deeper").mkdir()
    (work / "deeper" / "p2.ipynb").write_text("x")
    (work / "__pycache__").mkdir()
    (work / "__pycache__" / "helper").write_text("x")
    (work / "kept.txt").write_text("x")

    bring_back(opened, folder, Keep(1000, ("*.ipynb", "__pycache__")))

    assert [path.name for path in folder.rglob("*")] == ["kept.txt"]


def test_nothing_is_put_over_or_through_a_link_or_a_folder(work: Path, folder: Path, opened: int) -> None:
    elsewhere = work.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("mine")
    (folder / "link").symlink_to(elsewhere / "file")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "folder").mkdir()
    (folder / "file").write_text("mine")
    for name in ("link", "linked/file", "folder", "file/below"):
        (work / name).parent.mkdir(exist_ok=True)
        (work / name).write_text("theirs")

    behind = bring_back(opened, folder, Keep(1000))

    assert behind == ("file/below", "folder", "link", "linked/file")
    assert tree(elsewhere) == {"file": b"mine"}
    assert (folder / "file").read_text() == "mine"


def test_what_there_is_no_room_for_stays_behind_and_is_named(work: Path, folder: Path, opened: int) -> None:
    (work / "a-sparse").touch()
    os.truncate(work / "a-sparse", 1 << 40)
    (work / "b").write_bytes(b"x" * 600)
    (work / "c").write_bytes(b"x" * 600)
    (work / "d").write_bytes(b"x" * 400)

    behind = bring_back(opened, folder, Keep(1000))

    assert behind == ("a-sparse", "c")
    assert [path.name for path in sorted(folder.iterdir())] == ["b", "d"]


def test_folders_without_end_are_given_up(work: Path, folder: Path, opened: int) -> None:
    deepest = work.joinpath(*["d"] * 300)
    deepest.mkdir(parents=True)
    (deepest / "file").write_text("x")

    assert bring_back(opened, folder, Keep(1000)) == ()
    assert list(folder.iterdir()) == []


def test_of_very_many_files_the_first_thousand_come_back(work: Path, folder: Path, opened: int) -> None:
    for number in range(900):
        (work / f"{number:04}").touch()
    (work / "deeper").mkdir()
    for number in range(200):
        (work / "deeper" / f"{number:04}").touch()
    (work / "last").touch()

    behind = bring_back(opened, folder, Keep(1000))

    assert len(tree(folder)) == 999
    assert behind == ("deeper/0099", "last")


WRITES = """
import os
os.mkdir("plots")
open("plots/figure.txt", "w").write("a line")
open("data.csv", "a").write("2")
open("../outside.txt", "w").write("x")
os.symlink("/etc/hostname", "link")
os.chmod("plots/figure.txt", 0)
os.fork()
os._exit(1)
"""


@pytest.mark.slow
def test_a_notebook_finds_what_the_one_before_it_wrote_even_if_its_kernel_died(folder: Path) -> None:
    (folder / "data.csv").write_text("1")
    first = new_notebook(cells=[code(WRITES)])
    second = new_notebook(cells=[code("print(open('data.csv').read(), open('plots/figure.txt').read())")])

    run_notebook(first, folder, Limits(), keep=Keep(1000))
    run_notebook(second, folder, Limits(), keep=Keep(1000))

    assert tree(folder.parent) == {"graded/data.csv": b"12", "graded/plots/figure.txt": b"a line"}
    assert second.cells[0].outputs[0].text == "12 a line\n"


@pytest.mark.slow
@pytest.mark.parametrize("unsafe", [False, True])
def test_what_cells_write_is_kept_only_when_asked_for(unsafe: bool, folder: Path) -> None:
    notebook = new_notebook(cells=[code("open('figure.txt', 'w').write('a line')")])

    run_notebook(notebook, folder, Limits(), unsafe=unsafe)
    without = tree(folder)
    run_notebook(notebook, folder, Limits(), unsafe=unsafe, keep=Keep(1000))

    assert without == {}
    assert tree(folder) == {"figure.txt": b"a line"}
