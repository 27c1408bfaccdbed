"""Whether dictionaries were changed is seen without looking into them."""

from typing import Any

import pytest

from nbcohort.grading.forked.inside import versions
from nbcohort.grading.forked.inside.versions import Watched


def changed(watched: Watched) -> bool:
    """Return whether it says so, and take it as it is."""
    found = watched.may_have_changed()
    watched.seen()
    return found


def test_every_change_is_seen_and_nothing_else() -> None:
    some: dict[str, Any] = {"a": 1, "b": 2}
    watched = Watched(some)
    assert changed(watched), "It was never seen."
    assert not changed(watched) or not versions._IS_NUMBERED
    _read = some["a"], list(some), some.get("c"), dict(some)
    assert not changed(watched) or not versions._IS_NUMBERED
    some["a"] = 3
    assert changed(watched)
    some["c"] = 4
    assert changed(watched)
    del some["c"]
    assert changed(watched)
    some.update(b=5)
    assert changed(watched)


def test_a_value_that_is_put_back_was_a_change() -> None:
    some: dict[str, Any] = {"a": 1}
    watched = Watched(some)
    watched.seen()
    some["a"] = 2
    some["a"] = 1
    assert watched.may_have_changed()


def test_a_class_is_watched_through_its_dictionary() -> None:
    class Kind:
        name = "a"

    watched = Watched(vars(Kind))
    watched.seen()
    Kind.name = "b"
    assert changed(watched)
    Kind.other = "c"  # type: ignore[attr-defined]
    assert changed(watched)


def test_where_changes_have_no_numbers_everything_may_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_IS_NUMBERED", False)
    watched = Watched({"a": 1})
    watched.seen()
    assert watched.may_have_changed()
