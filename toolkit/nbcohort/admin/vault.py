"""A folder with backups: the states of a service at several instants, which share their blobs.

    nbcohort-backup.json            marks the folder as one of these
    blobs/ab/ab...                  content-addressed; each blob is there once, whichever states need it
    states/20270301T020000Z/        one backup: database.sqlite, receipt-keys/, blobs.txt, manifest.json, SHA256SUMS

A state is made under another name and gets its own when all of it, blobs included, is on the disk: whatever breaks off
before leaves the earlier states as they were. Files are for their owner only: they hold names and a private key.
`SHA256SUMS` is for `sha256sum --check`. An archive is a tar file of such a folder.
"""

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from nbcohort.errors import Conflict, Invalid, NotFound
from nbcohort.i18n import _
from nbcohort.store.alone import locked
from nbcohort.store.blobs import LocalStore, chunks
from nbcohort.store.disk import Disk, make_folder, write_file
from nbcohort.submissions.keys import KEYS

FORMAT = 1
MARK = "nbcohort-backup.json"
DATABASE = "database.sqlite"
BLOBS = "blobs.txt"
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
ARCHIVE = ".tar"
_NAME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Manifest:
    """What a state is.

    Args:
        format: of this file and the folder.
        nbcohort: the version that made it.
        made_at: ISO 8601, by the service's clock.
        database: the database it was taken from, without a password.
        revisions: version table -> newest migration.
        rows: table -> how many.
        blobs: how many.
        bytes: of all blobs together.
        broken: sentences about what was not whole in the service when the backup was made.
    """

    format: int
    nbcohort: str
    made_at: str
    database: str
    revisions: dict[str, str]
    rows: dict[str, int]
    blobs: int
    bytes: int
    broken: list[str]


@dataclass(frozen=True)
class State:
    """One backup in a vault."""

    folder: Path

    @property
    def name(self) -> str:
        """When it was made."""
        return self.folder.name

    @property
    def database(self) -> Path:
        """The database, a SQLite file."""
        return self.folder / DATABASE

    @property
    def keys(self) -> Path:
        """The folder of the receipt keys."""
        return self.folder / KEYS

    def manifest(self) -> Manifest:
        """Read the manifest; raises `Invalid` when it is not one, or of a newer format."""
        try:
            said = json.loads((self.folder / MANIFEST).read_text("utf-8"))
            if said["format"] <= FORMAT:
                return Manifest(**said)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Invalid(_("The backup {folder} has no readable manifest.json.").format(folder=self.folder)) from error
        raise Invalid(
            _("The backup {folder} was made by a newer nbcohort ({version}); update this one first.").format(
                folder=self.folder, version=said.get("nbcohort")
            )
        )

    def blobs(self) -> dict[str, int]:
        """Return hash -> size in bytes of the blobs that the state needs and has."""
        lines = (self.folder / BLOBS).read_text("utf-8").splitlines()
        return {sha256: int(size) for sha256, _space, size in (line.partition(" ") for line in lines)}

    def damages(self) -> Iterator[str]:
        """Compare the files with SHA256SUMS; yield a sentence for each that differs."""
        try:
            lines = (self.folder / SUMS).read_text("utf-8").splitlines()
        except OSError as error:
            yield _("{file} cannot be read: {reason}").format(file=self.folder / SUMS, reason=error.strerror)
            return
        for line in lines:
            sha256, _space, name = line.partition("  ")
            file = self.folder / name
            try:
                if hash_of(file.open("rb")) != sha256:
                    yield _("{file} is damaged: its content is not what was backed up").format(file=file)
            except OSError as error:
                yield _("{file} cannot be read: {reason}").format(file=file, reason=error.strerror)


def hash_of(file: BinaryIO) -> str:
    """Return the SHA-256 of an open file, and close it."""
    hashed = hashlib.sha256()
    for chunk in chunks(file):
        hashed.update(chunk)
    return hashed.hexdigest()


class Vault:
    """A folder with backups."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        """Take the folder as it is; see `make` and `find`."""
        self.folder = folder
        self.disk = disk or Disk()

    @classmethod
    def make(cls, folder: Path, disk: Disk | None = None) -> "Vault":
        """Return the vault in `folder`, made if there is none.

        Raises:
            Invalid: there is something else in the folder.
        """
        vault = cls(folder, disk)
        if folder.exists() and not (folder / MARK).exists():
            if not folder.is_dir():
                raise Invalid(
                    _("{folder} is a file. Name a folder, or an archive that ends in .tar.").format(folder=folder)
                )
            if any(folder.iterdir()):
                raise Invalid(
                    _("{folder} holds something else than backups. Name an empty or a new folder.").format(
                        folder=folder
                    )
                )
        make_folder(folder, vault.disk)
        make_folder(vault.states_folder, vault.disk)
        if not (folder / MARK).exists():
            write_file(folder / MARK, json.dumps({"format": FORMAT}).encode(), vault.disk, replace=True)
        return vault

    @classmethod
    def find(cls, folder: Path) -> "Vault":
        """Return the vault in `folder`; raises `NotFound` when there is none, and writes nothing."""
        if not (folder / MARK).is_file():
            raise NotFound(_("There are no backups in {folder}.").format(folder=folder))
        return cls(folder)

    @property
    def states_folder(self) -> Path:
        """Where the states are."""
        return self.folder / "states"

    @property
    def blobs_folder(self) -> Path:
        """Where the blobs are."""
        return self.folder / "blobs"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one who writes here; raises `InUse`."""
        sentence = _("Another backup to {folder} is being made; wait until it is done.").format(folder=self.folder)
        with locked(self.folder / ".lock", sentence):
            yield

    def states(self) -> list[State]:
        """Return all complete states, the oldest first."""
        found = self.states_folder.glob("[0-9]*") if self.states_folder.is_dir() else ()
        return sorted(map(State, found), key=lambda state: state.name)

    def state(self, name: str | None = None) -> State:
        """Return the state `name`, by default the newest; raises `NotFound`."""
        states = {state.name: state for state in self.states()}
        if name is None and states:
            return states[max(states)]
        if name in states:
            return states[name]
        if not states:
            raise NotFound(_("{folder} holds no complete backup.").format(folder=self.folder))
        raise NotFound(
            _("{folder} holds no backup {name}. There are: {names}.").format(
                folder=self.folder, name=name, names=", ".join(states)
            )
        )

    def blob(self, sha256: str) -> Path:
        """Return where a blob is."""
        return self.blobs_folder / sha256[:2] / sha256

    def store(self) -> LocalStore:
        """Return the blobs, for writing."""
        return LocalStore(self.blobs_folder, self.disk)

    def begin(self) -> State:
        """Return a state that nobody sees yet; what one that broke off has left is removed."""
        for left in self.states_folder.glob(".*"):
            shutil.rmtree(left)
        folder = self.states_folder / f".new-{os.urandom(6).hex()}"
        self.disk.mkdir(folder)
        self.disk.mkdir(folder / KEYS)
        return State(folder)

    def finish(self, state: State, manifest: Manifest, blobs: Mapping[str, int], now: datetime) -> State:
        """Give a state its name, when all of it is on the disk."""
        lines = "".join(f"{sha256} {size}\n" for sha256, size in sorted(blobs.items()))
        write_file(state.folder / BLOBS, lines.encode(), self.disk, replace=False)
        text = json.dumps(asdict(manifest), indent=1, sort_keys=True)
        write_file(state.folder / MANIFEST, f"{text}\n".encode(), self.disk, replace=False)
        files = sorted(path for path in state.folder.rglob("*") if path.is_file())
        sums = "".join(f"{hash_of(path.open('rb'))}  {path.relative_to(state.folder)}\n" for path in files)
        write_file(state.folder / SUMS, sums.encode(), self.disk, replace=False)
        for path in (state.database, state.keys, state.folder):
            path.chmod(0o700 if path.is_dir() else 0o600)
            self.disk.fsync_folder(path) if path.is_dir() else self._sync(path)
        target = self.states_folder / self._free_name(now)
        self.disk.rename(state.folder, target)
        self.disk.fsync_folder(self.states_folder)
        return State(target)

    def thin(self, keep: int) -> int:
        """Remove all states but the newest `keep`, and the blobs that only they needed; return how many states."""
        states = self.states()
        going = states[: max(0, len(states) - keep)]
        for state in going:
            hidden = self.states_folder / f".gone-{state.name}"
            self.disk.rename(state.folder, hidden)
            self.disk.fsync_folder(self.states_folder)
            shutil.rmtree(hidden)
        if going:
            needed = self.known()
            store = self.store()
            for sha256, _size, _written in list(store.stored()):
                if sha256 not in needed:
                    store.remove(sha256)
        return len(going)

    def known(self) -> set[str]:
        """Return the hashes of the blobs that complete states need: these are on the disk, whole."""
        return {sha256 for state in self.states() for sha256 in state.blobs()}

    def _free_name(self, now: datetime) -> str:
        name = now.astimezone(UTC).strftime(_NAME)
        number = 2
        free = name
        while (self.states_folder / free).exists():
            free, number = f"{name}-{number:03d}", number + 1
        return free

    def _sync(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.disk.fsync(descriptor)
        finally:
            os.close(descriptor)


class Unhurried(Disk):
    """For a folder that is packed into an archive at once: only the archive has to be on the disk."""

    def fsync(self, descriptor: int) -> None:
        """Do nothing."""

    def fsync_folder(self, folder: Path) -> None:
        """Do nothing."""


@contextmanager
def archived(archive: Path, report: Callable[[str, int, int], None]) -> Iterator[Path]:
    """A folder for a vault that becomes the new file `archive` when the block ends without an error.

    Raises:
        Conflict: the archive is there already; nothing is ever overwritten.
    """
    if archive.exists():
        raise Conflict(_("{archive} is there already; name a new archive.").format(archive=archive))
    make_folder(archive.parent, Disk())
    with tempfile.TemporaryDirectory(prefix=f".{archive.name}.", dir=archive.parent) as folder:
        yield Path(folder)
        draft = Path(f"{folder}{ARCHIVE}")
        try:
            _pack(Path(folder), draft, report)
            draft.rename(archive)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
        Disk().fsync_folder(archive.parent)


def _pack(folder: Path, draft: Path, report: Callable[[str, int, int], None]) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    with os.fdopen(Disk().create(draft), "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w") as tar:
            for number, path in enumerate(files, 1):
                tar.add(path, str(path.relative_to(folder)))
                report("archive", number, len(files))
        raw.flush()
        os.fsync(raw.fileno())


@contextmanager
def unpacked(backup: Path) -> Iterator[Vault]:
    """The vault in a folder or an archive; an archive is unpacked where temporary files go (TMPDIR).

    Raises:
        NotFound, Invalid: it is neither.
    """
    if not backup.is_file():
        yield Vault.find(backup)
        return
    with tempfile.TemporaryDirectory(prefix="nbcohort-backup-") as folder:
        try:
            with tarfile.open(backup, "r:") as tar:
                tar.extractall(folder, filter="data")
        except tarfile.TarError as error:
            raise Invalid(_("{file} is no archive of backups, or it is not complete.").format(file=backup)) from error
        yield Vault.find(Path(folder))
