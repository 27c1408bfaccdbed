"""What the workspace of a review asks about a work: its pages and cells, its checks, a run; and samples to calibrate.

Everything here waits for answers: call it in a thread.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from nbcohort.client import file_url
from nbcohort.errors import Invalid, TooLarge
from nbcohort.i18n import _
from nbcohort.lab.running import Runs
from nbcohort.lab.service import Json, Service
from nbcohort.lab.works import Work
from nbcohort.transfer import inside

LARGEST_COPY = 256 << 20
"""Bytes of a work that is run."""


class Workspace:
    """The works that this server's account may look at; `root` is a work's address at the service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._opened: tuple[str, Work] | None = None
        self.runs = Runs()

    def show(self, root: str, path: str, start: int) -> Json:
        """Return a page of a file as harmless HTML, from its part number `start` on.

        Raises Invalid for a path that leads elsewhere, and for a notebook that cannot be read.
        """
        return self._work(root, path).page(start)

    def cells(self, root: str, path: str) -> Json:
        """Return the ids of a notebook's cells, in order, as comments call them."""
        return {"cells": list(self._work(root, path).cells)}

    def checks(self, root: str) -> Json:
        """Return what the checks found."""
        return self._service.client.get(f"{root}/checks")

    def others(self, root: str) -> Json:
        """Return what others wrote on the same work."""
        return {"items": list(self._service.client.pages(f"{root}/others"))}

    def run(self, root: str, path: str) -> Json:
        """Begin to run a throwaway copy of the work; return how that stands."""
        _check(path)
        if PurePosixPath(path).suffix.lower() != ".ipynb":
            raise Invalid(_("“{path}” is no notebook; only notebooks can be run.").format(path=path))
        return self.runs.start(root, path, lambda folder: self._fetch(root, folder))

    def show_run(self, root: str, path: str, start: int) -> Json:
        """Return a page of the notebook as it came out of its run, as harmless as the work."""
        return self.runs.result(root, path).page(start)

    def sample(self, root: str) -> Json:
        """Return a sample with its files, and, once I have scored it, how that compares."""
        client = self._service.client
        sample = client.get(root)
        compared = client.get(f"{root}/score") if sample["scored"] else None
        return {"sample": sample, "files": list(client.pages(f"{root}/files")), "compared": compared}

    def score(self, root: str, form: Mapping[str, Any]) -> Json:
        """Score a sample, once; return how that compares."""
        return self._service.client.put(f"{root}/score", json=form)

    def _work(self, root: str, path: str) -> Work:
        """Return a file, opened. The last one is kept: it is read a page at a time, and never changes."""
        _check(path)
        address = file_url(root, path)
        opened = self._opened
        if opened is None or opened[0] != address:
            opened = self._opened = (address, Work.of(path, self._service.client.read(address)))
        return opened[1]

    def _fetch(self, root: str, folder: Path) -> None:
        client = self._service.client
        files = [file for file in client.pages(f"{root}/files") if file["withheld"] is None]
        if sum(file["size"] for file in files) > LARGEST_COPY:
            raise TooLarge(_("The work is too large to be run here."))
        for file in files:
            target = inside(folder, file["path"])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(client.read(file_url(root, file["path"])))


def _check(path: str) -> None:
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise Invalid(_("“{path}” is no file of a work.").format(path=path))
