"""Where a graded submission goes, and how it gets there: whole, or not at all.

It is put together in a folder beside its place, which then gets another name: *ready*. Only then do the scores go into
the gradebook, and only then does the folder get its place. A run that is killed in between leaves a ready folder, and
the next one takes it up from there, without running anything again: what was recorded is recorded once more, the same.

`--force` leaves a note for each submission, which goes away when it is ready. So a run that was to grade all of them
again, and was interrupted, is resumed by one that is not.
"""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """The place of one submission's graded files."""

    folder: Path
    """nbgrader's `autograded/<student>/<assignment>`."""

    def _beside(self, what: str) -> Path:
        return self.folder.with_name(f".{self.folder.name}.nbcohort-{what}")

    @property
    def part(self) -> Path:
        """Return where it is put together."""
        return self._beside("part")

    @property
    def ready(self) -> Path:
        """Return where it is when it is complete, and not yet in its place."""
        return self._beside("ready")

    @property
    def _old(self) -> Path:
        return self._beside("old")

    @property
    def _note(self) -> Path:
        return self._beside("again")

    def ask_again(self) -> None:
        """Note that it has to be graded again, whatever is there."""
        self.discard()
        self._note.parent.mkdir(parents=True, exist_ok=True)
        self._note.touch()

    def is_asked_again(self) -> bool:
        """Return whether it has to be graded again."""
        return self._note.exists()

    def begin(self) -> Path:
        """Return an empty folder to put it together in."""
        self.tidy()
        self.discard()
        self.part.mkdir(parents=True)
        return self.part

    def finish(self, mode: int, *, shared: bool) -> None:
        """Say that it is complete; `mode` is for its files, `shared` makes its folders the group's as well."""
        for folder, _folders, files in os.walk(self.part):
            for name in files:
                Path(folder, name).chmod(mode)
            if shared:
                share(Path(folder))
        self.part.rename(self.ready)
        self._note.unlink(missing_ok=True)

    def publish(self) -> None:
        """Put what is ready into its place, instead of what is there."""
        shutil.rmtree(self._old, ignore_errors=True)
        with suppress(FileNotFoundError):
            self.folder.rename(self._old)
        self.ready.rename(self.folder)
        shutil.rmtree(self._old, ignore_errors=True)

    def discard(self) -> None:
        """Forget what is ready, so that it is run again."""
        shutil.rmtree(self.ready, ignore_errors=True)

    def tidy(self) -> None:
        """Remove what a run that was killed has left, and nobody needs."""
        for folder in (self.part, self._old):
            shutil.rmtree(folder, ignore_errors=True)


def share(folder: Path) -> None:
    """Let the group write into a folder, and own what will be there, if the folder is ours."""
    mode = folder.stat().st_mode
    if mode & 0o2770 != 0o2770:
        with suppress(PermissionError):
            folder.chmod((mode | 0o2770) & 0o2777)
