"""What holds of the scrubber for every text, every code and every heap of bytes."""

import ast
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbpeer.scrub import Identity, Names, Notice, Withheld, cannot_scrub, scrub_file
from nbpeer.scrub.code import replace_in_code
from nbpeer.scrub.encoded import replace_in_text
from tests.unit.nbpeer.planting import PEOPLE, picture, zipped

ROSTER = [Identity(account, name) for account, name in PEOPLE]
NAMES = Names(ROSTER, ROSTER[:4])
MARKS = ["by ", "# ", '"', "'", "\\", "\n", " ", ", ", ".", "M.", "&uuml;", "%C3%BC", "\u0308", "\u200b", "\x1b[1m"]
SIGNS = ["<b>", "/home/", "@", "a@b.de", "f'{", "}'", "(", ")", "{", "x = ", "Max"]
PIECES = st.sampled_from([*(word for person in PEOPLE for word in person), *MARKS, *SIGNS])
TEXT = st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join)
ENDINGS = st.sampled_from([".ipynb", ".py", ".md", ".csv", ".png", ".jpg", ".gif", ".zip", ".gz", ".svg", ".js", ""])
MAGIC = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\x10\0\0\0WEBP", b"PK\x03\x04", b"\x1f\x8b\x08"]
PICTURES = [picture(kind, "x", "x")[:60] for kind in ("PNG", "JPEG", "GIF", "WEBP")]
STARTS = st.sampled_from([*MAGIC, *PICTURES, b"BZh9", b"\xfd7zXZ\0", b"\xff\xfe", b'{"cells": ['])
LONG = ["max ", "M. ", "a@b.", "<a ", "%25", "\\", "/home/", "a-", "QWxs", "<!--", "{", "&amp;", "=C3", "é", "\x1b]"]


@given(TEXT)
@settings(max_examples=100)
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    clean = NAMES.replace_in_prose(text)
    assert NAMES.replace_in_prose(clean) == clean


LINE = """IT = TEXT; f(f'{IT:>{IT}} {IT["IT"]} IT')"""


@given(st.lists(st.sampled_from(["muller", "lovelace", "brien", "maxMuller", "zlovelace", "x"]), min_size=1), TEXT)
@settings(max_examples=80)
def test_identifiers_in_code_stay(identifiers: list[str], text: str) -> None:
    lines = [LINE.replace("IT", name).replace("TEXT", repr(text)) for name in identifiers]
    comment = "".join(char for char in text if char.isprintable())
    source = "\n".join([*lines, f"# {comment}"])
    clean = replace_in_code(source, NAMES)
    assert called(clean) == called(source)


def called(source: str) -> list[str]:
    return [node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]


@given(STARTS, st.binary(max_size=300), ENDINGS)
@settings(max_examples=130)
def test_junk_is_cleaned_or_withheld(start: bytes, data: bytes, ending: str) -> None:
    scrubbed = scrub_file(f"x{ending}", start + data, NAMES, b"")
    assert (scrubbed.data is None) == (scrubbed.withheld is not None)


@pytest.mark.parametrize("piece", LONG)
def test_time_grows_with_length_only(piece: str) -> None:
    names = Names([Identity(f"user{i}", f"Given{i} Family{i}") for i in range(1000)], [Identity("max", "Max Müller")])

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        start = time.process_time()
        replace_in_text(text, names)
        return time.process_time() - start

    seconds(1000)
    assert seconds(80_000) < 60 * seconds(8_000) + 1


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zipped({"zeros.txt": b"0" * 40_000_000}, "x")
    assert scrub_file("x.zip", bomb, NAMES, b"").withheld is Withheld.TOO_LARGE
    for _ in range(6):
        bomb = zipped({"x.zip": bomb}, "x")
    assert scrub_file("x.zip", bomb, NAMES, b"").data != bomb


def test_an_author_is_told_what_cannot_be_made_anonymous() -> None:
    files = {
        "plot.png": picture("PNG", "x", "x"),
        "talk.mp3": b"ID3\0",
        "essay.pdf": b"%PDF-1.4",
        "tools.py": b"def muller(): pass",
        "notes.md": b"April is here. https://github.com/somebody",
        "quiet.md": b"nothing",
        ".git/config": b"x",
    }
    names = Names([], [Identity("mm", "Max Müller"), Identity("april", "April Summer")])
    assert cannot_scrub(files, names) == [
        ("essay.pdf", Notice.WITHHELD),
        ("notes.md", Notice.LINK),
        ("notes.md", Notice.WORD),
        ("plot.png", Notice.PICTURE),
        ("talk.mp3", Notice.SOUND),
        ("tools.py", Notice.IDENTIFIER),
    ]
