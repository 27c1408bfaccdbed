"""A disk of a few megabytes, for one service: a file system in a mount namespace of its own, which needs no rights."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MOUNT = 'mount -t tmpfs -o "size=$1" none "$2" && echo mounted && exec sleep infinity'
_ENTER = ["nsenter", "--preserve-credentials", "--user", "--mount", "--target"]


@dataclass(frozen=True)
class SmallDisk:
    """Seen as `folder` by who is within, and as `outside` by the test."""

    folder: Path
    holder: int

    @property
    def within(self) -> list[str]:
        """The command that runs the one appended to it where the disk is."""
        return [*_ENTER, str(self.holder)]

    @property
    def within_not_as_root(self) -> list[str]:
        """The same for what refuses to run as root: the owner of the same files has a user's name there."""
        nobody = pwd.getpwnam("nobody")
        return [*self.within, "unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"]

    @property
    def outside(self) -> Path:
        return Path(f"/proc/{self.holder}/root{self.folder}")

    def fill(self) -> None:
        """Leave not one byte."""
        with (self.outside / "filler").open("wb", buffering=0) as filler:
            piece = bytes(1 << 16)
            while piece:
                try:
                    filler.write(piece)
                except OSError:
                    piece = piece[: len(piece) // 2]

    def make_room(self) -> None:
        """Remove what filled it."""
        (self.outside / "filler").unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A small disk at `folder`, for processes that are started with its `within`."""
    folder.mkdir(parents=True)
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", _MOUNT, "sh", f"{megabytes}m", str(folder)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stderr is not None
    try:
        if holder.stdout.readline().strip() != "mounted":
            raise RuntimeError(f"no small disk could be made, which needs user namespaces: {holder.stderr.read()}")
        assert os.statvfs(f"/proc/{holder.pid}/root{folder}").f_blocks < 1 << 20
        yield SmallDisk(folder, holder.pid)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
        holder.stderr.close()
