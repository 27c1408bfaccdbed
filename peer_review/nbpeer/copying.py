"""The copy of somebody's files that a reviewer gets."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from nbcohort.api import Acting, WorkFile, roster
from nbpeer.copies import Copy
from nbpeer.scrub import Identity, Names, clean_paths


@lru_cache(maxsize=256)
def _names(roster: tuple[Identity, ...], authors: tuple[Identity, ...]) -> Names:
    """Return the same names for the same people: they take a while to make, and copies are remembered by them."""
    return Names(roster, authors)


def copy_for(
    acting: Acting, kept: Iterable[Mapping[str, Any]], authors: Iterable[str], secret: bytes, *, anonymous: bool
) -> Copy:
    """Return a copy of the files `kept` (path, size, hash) of `authors` (member ids); cell ids come from `secret`."""
    files = {file["path"]: WorkFile(**file) for file in kept}
    if not anonymous:
        return Copy(acting.house, dict(sorted(files.items())), None, secret)
    members = roster(acting.session, acting.cohort)
    identities = {one.id: Identity(one.account, one.name) for one in members}
    names = _names(
        tuple(identities.values()), tuple(identities[author] for author in sorted(authors) if author in identities)
    )
    paths = clean_paths(files, names)
    return Copy(acting.house, {clean: files[path] for clean, path in paths.items()}, names, secret)
