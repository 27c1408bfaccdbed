"""Whether the service has room: what it takes is refused when a disk is full, and everything is read all the same."""

import shutil

from nbcohort.service.house import House

SPARE = 1_000_000
"""Bytes; a disk with less left is full: hardly a notebook fits."""


def disk_is_full(house: House) -> bool:
    """Say whether the disk of the service's files, of the blobs or of the SQLite file is full."""
    file = house.database.file
    free = [shutil.disk_usage(folder).free for folder in (house.data, *([file.parent] if file else []))]
    return min(*free, house.blobs.free()) < SPARE
