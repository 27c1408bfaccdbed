"""Fetch the files of a snapshot into a folder."""

import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from nbcohort.client import ServiceClient, file_url
from nbcohort.transfer import inside


def get_files(client: ServiceClient, source: str, files: Iterable[Mapping[str, Any]], folder: Path) -> None:
    """Fetch `files` (path, size, sha256) of the snapshot at `source` into `folder`, and nowhere else."""
    for file in files:
        target = inside(folder, file["path"])
        client.download(file_url(source, file["path"]), target, file["size"], file["sha256"])


def get_folder(
    client: ServiceClient,
    source: str,
    files: Iterable[Mapping[str, Any]],
    folder: Path,
    finish: Callable[[Path], None] = lambda folder: None,
) -> None:
    """Make `folder` hold these files, all of them or, if anything fails, what it held before.

    `finish` is given the folder with the files before it takes its place.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.parent / f".{folder.name}.{secrets.token_hex(4)}.new"
    old = new.with_suffix(".old")
    new.mkdir()
    try:
        get_files(client, source, files, new)
        finish(new)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
