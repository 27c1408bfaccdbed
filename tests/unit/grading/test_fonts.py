"""Matplotlib's list of fonts is made once, and not by notebooks."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nbcohort.grading.forked import fonts
from nbcohort.grading.forked.fonts import Fonts
from nbcohort.grading.forked.zygote import Environment, Zygote
from nbcohort.sandbox import SandboxUnavailable, Tier, probe

TIER = Tier(privileged=True, proc=True)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "nbcohort"


def start(tier: Tier) -> None:
    zygote = Zygote(Environment(("matplotlib.pyplot",), (), tier))
    try:
        zygote.wait_until_ready()
    finally:
        zygote.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["namespaces", "landlock"])
def test_the_list_is_made_once(kind: str, cache: Path) -> None:
    try:
        tier = probe(kind)
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))

    start(tier)
    (kept,) = cache.iterdir()
    made = kept.read_text()
    kept.write_text(made.replace('"DejaVu Sans Mono"', '"Kept from before"'))
    start(tier)

    assert '"DejaVu Sans Mono"' in made
    assert "Kept from before" in kept.read_text(), "it was made anew"


@pytest.mark.slow
@pytest.mark.parametrize("spoilt", [b"{no fonts", b"\xff\xfe\0", b""])
def test_what_is_not_a_list_of_fonts_is_made_anew(spoilt: bytes, cache: Path) -> None:
    try:
        tier = probe()
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))
    start(tier)
    (kept,) = cache.iterdir()
    head, name, _text = kept.read_bytes().split(b"\n", 2)
    kept.write_bytes(b"\n".join([head, name, spoilt]))

    start(tier)

    assert '"DejaVu Sans Mono"' in kept.read_text()


def filled(cache: Path, text: bytes) -> bytes:
    """Let a zygote make the list `text`; return what it was given."""
    one = Fonts(TIER)
    try:
        given = os.pread(one.number, 1 << 20, 0)
        os.pwrite(one.number, text, 0)
        one.keep()
        return given
    finally:
        one.close()


@pytest.mark.parametrize(
    ("change", "is_known"),
    [
        (lambda folder: None, True),
        (lambda folder: (folder / "below" / "new.ttf").touch(), False),
        (lambda folder: (folder / "below" / "old.ttf").unlink(), False),
    ],
    ids=["nothing", "a new font", "a font less"],
)
def test_a_list_of_other_fonts_is_not_used(
    change: Callable[[Path], None], is_known: bool, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "fonts"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "old.ttf").touch()
    monkeypatch.setattr(fonts, "_FOLDERS", (str(folder), str(tmp_path / "none")))

    assert filled(cache, b"list.json\nfonts") == b""
    change(folder)

    assert filled(cache, b"list.json\nfonts") == (b"list.json\nfonts" if is_known else b"")


def test_without_a_folder_to_keep_it_in_nothing_is_kept(cache: Path) -> None:
    cache.parent.write_text("a file")

    assert filled(cache, b"list.json\nfonts") == b""
    assert filled(cache, b"list.json\nfonts") == b""
