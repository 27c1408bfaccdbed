"""What authors should know before they hand in: what of them cannot be made anonymous. Runs where the files are."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from nbcohort.api import ServiceClient
from nbpeer import sentences
from nbpeer.scrub import LARGEST, Identity, Names, Notice, cannot_scrub
from nbpeer.terminal import base_of


def notices(client: ServiceClient, cohort: str, assignment: str, files: Mapping[str, Path]) -> Iterator[str]:
    """Yield a sentence for each thing in `files` that reviewers would see of the author all the same, or not get.

    Nothing where the assignment is not reviewed anonymously. Small files come first.
    """
    author = client.get(f"{base_of(cohort)}/authors/{quote(assignment, safe='')}")
    if not author["anonymous"]:
        return
    me = Identity(author["account"], author["name"])
    names = Names([me], [me])
    for path, file in sorted(files.items(), key=lambda item: (item[1].stat().st_size, item[0])):
        if file.stat().st_size > LARGEST:
            yield line(path, Notice.TOO_LARGE)
            continue
        for _path, notice in cannot_scrub({path: file.read_bytes()}, names):
            yield line(path, notice)


def line(path: str, notice: Notice) -> str:
    """Return the sentence about a file."""
    return f"{path}: {sentences.notice(notice)}"
