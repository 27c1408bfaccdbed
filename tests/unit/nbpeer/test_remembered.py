"""Scrubbed files are made once."""

from nbpeer.remembered import EACH, Remembered
from nbpeer.scrub import Scrubbed


def test_a_file_is_scrubbed_once_for_each_key_and_the_longest_unused_is_forgotten_first() -> None:
    made: list[str] = []

    def scrub(name: str) -> Scrubbed:
        made.append(name)
        return Scrubbed(b"x" * 1000)

    kept = Remembered(most=2 * (1000 + EACH))
    for name in ("a", "b", "a", "c", "a", "b"):
        assert kept.get(name, lambda name=name: scrub(name)).data == b"x" * 1000  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]


def test_what_is_larger_than_all_that_is_kept_is_given_and_not_kept() -> None:
    kept = Remembered(most=100)
    assert [kept.get("a", lambda number=n: Scrubbed(b"%d" % number)).data for n in range(2)] == [b"0", b"1"]  # type: ignore[misc]
