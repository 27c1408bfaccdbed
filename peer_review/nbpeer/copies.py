"""What a reviewer gets of a work: its files, made anonymous while they are read. Needs no transaction."""

from collections.abc import Mapping
from dataclasses import dataclass

from nbcohort.api import House, NotFound, WorkFile, _, open_work_file
from nbpeer.remembered import Remembered
from nbpeer.scrub import LARGEST, Names, Scrubbed, Withheld, scrub_file

SCRUBBED = Remembered()
"""Of this process. What scrubbing makes follows from its arguments, so nobody can tell."""


@dataclass(frozen=True)
class CopiedFile:
    """A file of the copy: its clean path, and its size in bytes or why it is withheld."""

    path: str
    size: int | None
    withheld: Withheld | None


@dataclass(frozen=True)
class Copy:
    """The copy of one work for its reviewers.

    Args:
        files: clean path -> file of the submission.
        names: what is replaced; None where reviewers know the authors, and files are passed on as they are.
        secret: of the round and the work.
    """

    house: House
    files: Mapping[str, WorkFile]
    names: Names | None
    secret: bytes

    def listing(self) -> list[CopiedFile]:
        """Return all files, by path."""
        return [self._listed(path) for path in self.files]

    def read(self, path: str) -> bytes:
        """Return the content of the file at the clean path `path`; NotFound if there is none for reviewers."""
        content = self._content(path) if path in self.files else Scrubbed(None)
        if content.data is None:
            raise NotFound(_('There is no file "{path}" in this work for reviewers.').format(path=path))
        return content.data

    def originals(self) -> dict[str, str]:
        """Return the path in the submission of each file, by its clean path."""
        return {clean: file.path for clean, file in self.files.items()}

    def _listed(self, path: str) -> CopiedFile:
        content = self._content(path)
        return CopiedFile(path, None if content.data is None else len(content.data), content.withheld)

    def _content(self, path: str) -> Scrubbed:
        if self.names is not None and self.files[path].size > LARGEST:
            return Scrubbed(None, Withheld.TOO_LARGE)
        try:
            with open_work_file(self.house, self.files[path]) as file:
                names = self.names
                if names is None:
                    return Scrubbed(file.read())
                key = (path, self.files[path].sha256, self.secret, names)
                return SCRUBBED.get(key, lambda: scrub_file(path, file.read(), names, self.secret))
        except NotFound:  # whose sentence names a hash
            return Scrubbed(None, Withheld.GONE)
