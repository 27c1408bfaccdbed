"""Manifests: one canonical form, and no path that could do harm."""

import json
import os
import unicodedata
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nbcohort.errors import Invalid, TooLarge
from nbcohort.submissions.manifest import (
    BadPath,
    Entry,
    Limits,
    canonical,
    check_path,
    digest,
    human,
    make_manifest,
    shown,
)

SHA = "a" * 64


def entry(path: str, size: int = 1) -> Entry:
    return Entry(path, size, SHA)


def paths(manifest: tuple[Entry, ...]) -> list[str]:
    return [one.path for one in manifest]


@pytest.mark.parametrize(
    "path",
    ["ps1.ipynb", "data/penguins.csv", "a b/ü.txt", ".hidden", "a..b", "x" * 255, "日本/語.csv", "12:30 notes.txt"],
)
def test_ordinary_names_are_taken(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../ps1.ipynb", "leads out"),
        ("a/../../b", "leads out"),
        ("/etc/passwd", "absolute"),
        ("C:/Windows", "drive"),
        ("c:file", "drive"),
        ("a\\b", "backslash"),
        ("", "empty"),
        (".", "empty"),
        ("a//b", "empty"),
        ("a/./b", "empty"),
        ("a/", "empty"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("a\x1b[2Jb", "control"),
        ("a\u2028b", "control"),
        ("a\u202egpj.exe", "reorders"),
        (b"\xff.csv".decode("utf-8", "surrogateescape"), "UTF-8"),
        (unicodedata.normalize("NFD", "ü.txt"), "NFC"),
        ("x" * 256, "too long"),
        ("ü" * 128, "too long"),
        ("/".join(["x" * 200] * 6), "too long"),
    ],
)
def test_dangerous_names_are_refused_with_the_reason(path: str, reason: str) -> None:
    with pytest.raises(BadPath, match=reason) as refused:
        check_path(path)
    json.dumps({"detail": str(refused.value), **refused.value.extra}, ensure_ascii=False).encode()
    assert str(refused.value).isprintable()


@given(st.text())
def test_a_path_that_is_taken_stays_below_its_folder(path: str) -> None:
    try:
        check_path(path)
    except BadPath:
        return
    assert os.path.normpath(os.path.join("/folder", path)) == f"/folder/{path}"  # noqa: PTH118
    assert path.encode().decode() == path


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["a.txt", "A.txt"], "upper and lower"),
        (["Data/x", "data/y"], "upper and lower"),
        (["straße", "STRASSE"], "upper and lower"),
        (["a", "a/b"], "both a file and a folder"),
        (["a", "a.txt", "a/b"], "both a file and a folder"),
        (["A", "a/b"], "upper and lower|both"),
        (["a", "a"], "twice"),
    ],
)
def test_names_that_collide_are_refused_in_any_order(names: list[str], reason: str) -> None:
    for order in permutations(names):
        with pytest.raises(BadPath, match=reason):
            make_manifest([entry(name) for name in order])


@given(st.sets(st.text(alphabet="abc/é", min_size=1, max_size=6), min_size=1, max_size=6))
def test_accepted_manifests_can_be_written_to_a_file_system_that_ignores_case(names: set[str]) -> None:
    try:
        manifest = make_manifest(map(entry, names))
    except BadPath:
        return
    folders = {"/".join(one.path.split("/")[:depth]).casefold() for one in manifest for depth in range(1, 9)}
    files = {one.path.casefold() for one in manifest}
    assert len(files) == len(names)
    assert not any(file.startswith(f"{other}/") for file in files for other in files)
    assert folders


def test_entries_are_sorted_by_path() -> None:
    assert paths(make_manifest(map(entry, ["b", "a/z", "Z", "é"]))) == ["Z", "a/z", "b", "é"]


def test_canonical_form_is_json_without_spaces_sorted_in_utf8() -> None:
    manifest = [Entry("ü", 2, "b" * 64), Entry("a", 1, "c" * 64)]
    expected = f'[{{"path":"a","sha256":"{"c" * 64}","size":1}},{{"path":"ü","sha256":"{"b" * 64}","size":2}}]'
    assert canonical(manifest) == expected.encode()


@given(st.lists(st.builds(Entry, st.text(st.characters(codec="utf-8")), st.integers(0), st.just(SHA)), max_size=5))
def test_canonical_form_does_not_depend_on_the_order_and_loses_nothing(entries: list[Entry]) -> None:
    text = canonical(entries)
    assert canonical(reversed(entries)) == text
    assert [Entry(**one) for one in json.loads(text)] == sorted(entries)


@given(st.data())
def test_any_change_changes_the_digest(data: st.DataObject) -> None:
    names = st.text(alphabet="abc", min_size=1, max_size=3)
    manifests = st.lists(
        st.builds(Entry, names, st.integers(0, 3), st.sampled_from(["a" * 64, "b" * 64])), max_size=4, unique=True
    ).map(sorted)
    one, other = data.draw(manifests), data.draw(manifests)
    assume(one != other)
    assert digest(one) != digest(other)


def test_limits_are_told_with_numbers() -> None:
    limits = Limits(files=2, file_bytes=1_000, total_bytes=1_500)
    make_manifest([Entry("a", 1_000, SHA), Entry("b", 500, "b" * 64)], limits)
    with pytest.raises(TooLarge, match="3 files, and at most 2"):
        make_manifest([entry("a"), entry("b"), entry("c")], limits)
    with pytest.raises(TooLarge, match="“a” has 1 kB"):
        make_manifest([entry("a", 1_040)], limits)
    with pytest.raises(TooLarge, match=r"1\.6 kB together, and at most 1\.5 kB"):
        make_manifest([Entry("a", 800, SHA), Entry("b", 801, "b" * 64)], limits)


def test_no_files_and_impossible_entries_are_refused() -> None:
    with pytest.raises(Invalid, match="no files"):
        make_manifest([])
    with pytest.raises(Invalid, match="cannot be right"):
        make_manifest([entry("a", -1)])
    with pytest.raises(Invalid, match="cannot be right"):
        make_manifest([Entry("a", 1, "xyz")])


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (100_000_000, "100 MB"), (5 * 10**12, "5000 GB")],
)
def test_sizes_are_written_for_people(size: int, text: str) -> None:
    assert human(size) == text


def test_shown_names_are_short_and_printable() -> None:
    assert shown("a\x1b\udcff") == "“a\\x1b\\udcff”"
    assert len(shown("x" * 500)) == 120


def test_one_hash_cannot_have_two_sizes() -> None:
    with pytest.raises(Invalid, match="different sizes"):
        make_manifest([entry("a", 1), entry("b", 2)])
