"""Mutants of a test's assertions: honest answers pass none of them, answers that equal everything do."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbcohort.grading.tamper.mutants import experiment


def claims(test: str, **names: Any) -> tuple[str, ...]:
    """Return what is claimed of a test that is run with these names."""
    found = experiment(test)
    assert found
    names = {"np": np, "pd": pd, **names}
    exec(test, dict(names))  # noqa: S102 - it is our own, and passes
    with pytest.raises(AssertionError) as error:
        exec(found.source, names)  # noqa: S102
    passed = found.passed(str(error.value))
    assert passed is not None
    return passed


class Same:
    """Equal to everything, and more and less than everything."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True

    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__

    def equals(self, other: object) -> bool:
        return True


HONEST: dict[str, dict[str, Any]] = {
    "assert f(2) == 4, 'twice'": {"f": lambda x: 2 * x},
    "assert 4 == f(2)": {"f": lambda x: 2 * x},
    "for x in range(5):\n    assert f(x) == 2 * x": {"f": lambda x: 2 * x},
    "assert f(2) != 3\nassert f(2) > 3\nassert f(2) <= 4": {"f": lambda x: 2 * x},
    "assert np.array_equal(f([1]), [2])": {"f": lambda xs: 2 * np.array(xs)},
    "assert (f(np.arange(3)) == [0, 2, 4]).all()": {"f": lambda xs: 2 * xs},
    "np.testing.assert_allclose(f(np.arange(3.0)), [0, 2, 4])": {"f": lambda xs: 2 * xs},
    "pd.testing.assert_frame_equal(f(), pd.DataFrame({'a': [1]}))": {"f": lambda: pd.DataFrame({"a": [1]})},
    "assert f().equals(pd.DataFrame({'a': [1]}))": {"f": lambda: pd.DataFrame({"a": [1]})},
    "assert 'a' in f() and 'b' not in f()": {"f": lambda: {"a": 1}},
    "assert 'a' in f()\nassert 'c' not in f()": {"f": lambda: iter("ab")},
    "it = f()\nassert next(it) == 1\nassert next(it)\nassert not next(it)": {"f": lambda: iter((1, 2, 0))},
    "assert f() is None": {"f": lambda: None},
    "assert isinstance(f(), float) and not f()": {"f": lambda: 0.0},
    "def same(a, b):\n    assert a == b\nsame(f(2), 4)": {"f": lambda x: 2 * x},
    "assert 0 < f() < 2": {"f": lambda: 1},
}
"""Tests, with honest answers."""


@pytest.mark.parametrize("test", HONEST)
def test_an_honest_answer_passes_no_mutant(test: str) -> None:
    assert claims(test, **HONEST[test]) == ()


@pytest.mark.parametrize(
    "test",
    [
        "assert f() == 4",
        "assert 4 == f()",
        "assert f() < 4",
        "assert 3 in f()",
        "assert f().equals(5)",
        "for x in range(2):\n    assert f() == x",
        "def same(a, b):\n    assert a == b\nsame(f(), 4)",
    ],
)
def test_an_answer_that_agrees_with_everything_passes_a_mutant_of_each_test(test: str) -> None:
    assert claims(test, f=Same)


def test_a_helper_that_finds_no_difference_is_seen() -> None:
    assert claims("assert_same_equal(f(), 4)", f=lambda: 5, assert_same_equal=lambda left, right: None)


def test_an_answer_that_changes_from_one_call_to_the_next_is_not_suspected() -> None:
    answers = iter((4, 5, 6))

    assert claims("assert f() >= 4", f=lambda: next(answers)) == ()
    values = iter((1, 0))
    assert claims("assert f()", f=lambda: next(values)) == ()


@pytest.mark.parametrize(
    "test",
    [
        "with pytest.raises(ValueError):\n    assert f() == 1",
        "try:\n    assert f() == 1\nexcept AssertionError:\n    pass",
        "from unittest.mock import ANY\nassert f() == ANY",
        "print(f())",
        "%matplotlib inline\nassert f() == 1",
    ],
)
def test_nothing_is_claimed_of_what_may_fail_or_equals_everything_by_design(test: str) -> None:
    assert experiment(test) is None


def test_an_experiment_that_did_not_get_to_its_end_claims_nothing() -> None:
    found = experiment("assert f() == 1")
    assert found

    assert found.passed("name 'f' is not defined") is None
    assert found.passed(f"('{found.token}', {{}})") == ()
    assert len(found.passed(f"('{found.token}', {{0: True, 2: True}})") or ()) == 2


def test_imports_from_the_future_stay_first() -> None:
    found = experiment("from __future__ import annotations\nassert f() == 1")
    assert found

    compile(found.source, "test", "exec")
