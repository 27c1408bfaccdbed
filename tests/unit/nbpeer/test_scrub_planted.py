"""Forty people hide in everything that a submission can hold, and none is found in what a reviewer gets."""

import re

import pytest

from nbpeer.scrub import Identity, Names, Withheld, clean_paths, scrub_file
from tests.unit.nbpeer.detecting import flat, found_in
from tests.unit.nbpeer.planting import PEOPLE, submission

ROSTER = [Identity(account, name) for account, name in PEOPLE]
WITHHELD = {"talk.mp3", "essay.pdf", "essay.docx", "model.pkl"}


def needles(account: str, name: str) -> set[str]:
    """Return what must not be left of a person, as the detector sees it."""
    words = [word for word in re.split(r"[\s,־]+", name) if len(flat(word)) > (4 if flat(word).isascii() else 2)]
    whole = {flat(account), flat(name), flat("".join(reversed(name.split())))}
    are_words = {"will", "young", "april", "may", "series"}
    return {needle for needle in whole | {flat(word) for word in words} if needle not in are_words and len(needle) > 2}


@pytest.mark.parametrize(("account", "name"), PEOPLE, ids=[account for account, _ in PEOPLE])
def test_nobody_is_found_in_what_a_reviewer_gets(account: str, name: str) -> None:
    names = Names(ROSTER, [Identity(account, name)])
    files = submission(account, name)
    paths = clean_paths(files, names)
    wanted = needles(account, name)
    withheld = set()
    for path, original in paths.items():
        scrubbed = scrub_file(path, files[original], names, b"secret")
        if scrubbed.data is None:
            assert scrubbed.withheld is Withheld.UNREADABLE
            withheld.add(path)
            continue
        hits = found_in(path.encode() + b"\n", wanted) | found_in(scrubbed.data, wanted)
        assert not hits, path
    assert withheld == WITHHELD


@pytest.mark.parametrize(("account", "name"), PEOPLE[:3])
def test_the_detector_finds_them_in_what_was_handed_in(account: str, name: str) -> None:
    for path, data in submission(account, name).items():
        if path not in (".DS_Store", "old.csv", "more.zip", "more.tar.gz", "notes.txt.gz", "essay.docx"):
            assert found_in(data, needles(account, name)), path
