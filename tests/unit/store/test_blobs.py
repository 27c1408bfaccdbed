"""The blob store: what it promises of bytes, of crashes and of full disks."""

import errno
import hashlib
import os
import subprocess
import sys
import threading
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbcohort.errors import Invalid, NotFound, StorageFull, TooLarge
from nbcohort.store.blobs import BlobMismatch, LocalStore, chunks
from nbcohort.store.disk import Disk, StorageBroken, hold

DATA = b"import pandas as pd\n" * 1000
SHA = hashlib.sha256(DATA).hexdigest()


class RecordingDisk(Disk):
    """Writes down each system call with what it was about, and fails at the call number `fail_at`."""

    def __init__(self, fail_at: int | None = None, error: int = errno.EIO) -> None:
        self.calls: list[tuple[str, str]] = []
        self.armed = False
        self._fail_at = fail_at
        self._error = error
        self._names: dict[int, str] = {}

    def _note(self, call: str, what: str) -> None:
        if not self.armed:
            return
        self.calls.append((call, what))
        if len(self.calls) == self._fail_at:
            raise OSError(self._error, os.strerror(self._error))

    def create(self, path: Path, mode: int = 0o600) -> int:
        self._note("create", path.parent.name)
        descriptor = super().create(path, mode)
        self._names[descriptor] = path.parent.name
        return descriptor

    def write(self, descriptor: int, data: memoryview) -> int:
        self._note("write", self._names[descriptor])
        return super().write(descriptor, data[:7777])

    def fsync(self, descriptor: int) -> None:
        self._note("fsync", self._names[descriptor])
        super().fsync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self._note("rename", target.name)
        super().rename(source, target)

    def fsync_folder(self, folder: Path) -> None:
        self._note("fsync folder", folder.name)
        super().fsync_folder(folder)


def put(store: LocalStore, data: bytes = DATA, sha256: str = SHA, size: int | None = None) -> None:
    with store.writer(sha256, len(data) if size is None else size) as writer:
        for start in range(0, len(data), 6000):
            writer.write(data[start : start + 6000])


def read(store: LocalStore, sha256: str = SHA) -> bytes:
    return b"".join(chunks(store.open(sha256)))


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "deep" / "blobs")
    put(store)
    assert store.exists(SHA)
    assert read(store) == DATA
    assert files(tmp_path) == [SHA]


@settings(max_examples=25)
@given(data=st.binary(max_size=3000), cuts=st.lists(st.integers(0, 3000), max_size=6))
def test_any_bytes_in_any_pieces_come_back(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cuts: list[int]
) -> None:
    store = LocalStore(tmp_path_factory.mktemp("blobs"))
    sha256 = hashlib.sha256(data).hexdigest()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    with store.writer(sha256, len(data)) as writer:
        for start, end in pairwise(edges):
            writer.write(data[start:end])
    assert read(store, sha256) == data


def test_file_is_synced_before_it_is_named_and_its_folder_after(tmp_path: Path) -> None:
    disk = RecordingDisk()
    store = LocalStore(tmp_path, disk)
    disk.armed = True
    put(store)
    order = [call for call in disk.calls if call[0] != "write"]
    assert order == [("create", "incoming"), ("fsync", "incoming"), ("rename", SHA), ("fsync folder", SHA[:2])]
    writes = [number for number, call in enumerate(disk.calls) if call[0] == "write"]
    assert max(writes) < disk.calls.index(("fsync", "incoming"))


def test_new_folders_are_durable_before_anything_is_written(tmp_path: Path) -> None:
    disk = RecordingDisk()
    disk.armed = True
    LocalStore(tmp_path / "a" / "b", disk)
    synced = [what for call, what in disk.calls if call == "fsync folder"]
    assert synced[0] == tmp_path.name
    assert synced[1] == "a"
    assert synced[-2:] == ["b", "a"]


def count_calls(folder: Path) -> int:
    disk = RecordingDisk()
    store = LocalStore(folder, disk)
    disk.armed = True
    put(store)
    return len(disk.calls)


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_failure_at_any_call_leaves_nothing_half_done_and_a_retry_works(tmp_path: Path, error: int) -> None:
    for step in range(1, count_calls(tmp_path / "probe") + 1):
        folder = tmp_path / f"{error}-{step}"
        disk = RecordingDisk(fail_at=step, error=error)
        store = LocalStore(folder, disk)
        disk.armed = True
        with pytest.raises(StorageBroken if error == errno.EIO else StorageFull):
            put(store)
        disk.armed = False
        assert list((folder / "incoming").iterdir()) == []
        if disk.calls[-1][0] != "fsync folder":
            assert not store.exists(SHA)
            assert files(folder) == []
        else:
            assert read(store) == DATA  # whole if there at all, and the next writer does not rely on it
        put(store)
        assert read(store) == DATA


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    disk = RecordingDisk(fail_at=2, error=errno.ENOSPC)
    store = LocalStore(tmp_path, disk)
    disk.armed = True
    with pytest.raises(StorageFull, match="no room left"):
        put(store)


@pytest.mark.parametrize(
    ("sha256", "size", "error"),
    [
        (hashlib.sha256(b"other").hexdigest(), len(DATA), BlobMismatch),
        (SHA, len(DATA) + 1, BlobMismatch),
        (SHA, len(DATA) - 1, TooLarge),
        ("../../etc/passwd", len(DATA), Invalid),
        (SHA.upper(), len(DATA), Invalid),
    ],
)
def test_bytes_other_than_announced_are_refused_and_not_kept(
    tmp_path: Path, sha256: str, size: int, error: type[Exception]
) -> None:
    store = LocalStore(tmp_path)
    with pytest.raises(error):
        put(store, sha256=sha256, size=size)
    assert files(tmp_path) == []


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)

    def broken_upload() -> None:
        with store.writer(SHA, len(DATA)) as writer:
            writer.write(DATA[:100])
            raise ConnectionError

    with pytest.raises(ConnectionError):
        broken_upload()
    assert files(tmp_path) == []


def test_what_is_not_there_is_said_so(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    assert not store.exists(SHA)
    with pytest.raises(NotFound, match=SHA):
        store.open(SHA)


def test_start_sweeps_what_a_killed_writer_left_and_spares_living_writers(tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from nbcohort.store.blobs import LocalStore
with LocalStore(Path(sys.argv[1])).writer("0" * 64, 10) as writer:
    writer.write(b"half")
    os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert done.returncode == -9
    (left,) = (tmp_path / "incoming").iterdir()
    store = LocalStore(tmp_path)
    assert not left.exists()
    with store.writer(SHA, len(DATA)) as writer:
        writer.write(DATA)
        LocalStore(tmp_path)
    assert read(store) == DATA


def test_a_writer_whose_new_file_is_swept_away_takes_another(tmp_path: Path) -> None:
    class Swept(Disk):
        first = True

        def create(self, path: Path, mode: int = 0o600) -> int:
            descriptor = super().create(path, mode)
            if self.first:
                self.first = False
                path.unlink()
                assert not hold(descriptor)
            return descriptor

    store = LocalStore(tmp_path, Swept())
    put(store)
    assert read(store) == DATA
    assert files(tmp_path) == [SHA]


def test_many_writers_of_the_same_bytes_at_once_agree(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    errors: list[BaseException] = []

    def write() -> None:
        try:
            put(store)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert read(store) == DATA
    assert files(tmp_path) == [SHA]


def test_no_more_than_a_chunk_is_in_memory(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    chunk = bytes(1 << 18)
    sha256 = hashlib.sha256(chunk * 64).hexdigest()
    tracemalloc.start()
    with store.writer(sha256, 64 * len(chunk)) as writer:
        for _ in range(64):
            writer.write(chunk)
    for _ in chunks(store.open(sha256)):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * len(chunk)


def test_a_really_full_disk_keeps_nothing_and_loses_nothing(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(small)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    try:
        store = LocalStore(small / "blobs")
        put(store)
        big = os.urandom(1 << 20)
        with pytest.raises(StorageFull):
            put(store, big, hashlib.sha256(big).hexdigest())
        assert read(store) == DATA
        assert files(small) == [SHA]
    finally:
        subprocess.run(["umount", str(small)], check=True)
