"""Tests that expect something else: honest answers fail all of them, and answers that please everybody pass."""

import ast
import io
import math
import time
import types
import unittest
import unittest.mock
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbcohort.grading.tamper.mutants import count, helpers_of, mutant
from tests.unit.grading.test_operands import HONEST, Same


def suspected(test: str, **names: Any) -> list[str]:
    """Return the places of a test, which passes with these names, of which the mutants pass as well."""
    modules = {"np": np, "pd": pd, "pytest": pytest, "math": math, "unittest": unittest}
    known: dict[str, Any] = {**modules, **names}
    assert passes(test, known), test
    found = (mutant(test, number) for number in range(count(test)))
    return [one.place for one in found if one and all(passes(source, known) for source in one.sources)]


def passes(source: str, names: dict[str, Any]) -> bool:
    try:
        exec(compile(source, "test", "exec"), dict(names))  # noqa: S102 - it is our own
    except Exception:  # noqa: BLE001
        return False
    return True


class Mod:
    def __init__(self, value: int, modulus: int) -> None:
        self.value, self.modulus = value % modulus, modulus

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and self.value == other % self.modulus


def shows_which(label: str, actual: object, expected: object) -> None:
    assert actual == expected, label


@pytest.mark.parametrize("test", HONEST)
def test_an_honest_answer_fails_what_it_should_fail(test: str) -> None:
    assert suspected(test, **HONEST[test]) == []


@pytest.mark.parametrize(
    "test",
    [
        "assert math.inf == f(math.inf)",
        "assert f(np.inf) == np.inf",
        "np.testing.assert_array_equal(f(np.array([])), np.array([]))",
        "np.testing.assert_array_equal(f(np.array([])), empty)",
        "assert np.allclose(f(np.array([])), [])",
        "np.testing.assert_equal(f(np.nan), np.nan)",
        "pd.testing.assert_series_equal(f(frame['a']), frame['a'])",
        "assert f(frame.iloc[:0]).equals(frame.iloc[:0])",
        "for one in []:\n    assert f(one) == 2",
        "for one in f([]):\n    assert one == 2",
        "for one in [1, 2]:\n    if one == 2:\n        break\n    assert f(one) == 1",
        "if f(1) == 2:\n    assert f(1) == 2",
        "try:\n    assert f(1) == 2\nexcept AssertionError:\n    pass",
        "with pytest.raises(AssertionError):\n    assert f(1) == 2",
        "assert f(1) == 1 or f(1) == 2",
        "assert not f(1) == 2",
        "assert mod(4, 3) == 1",
        "assert_equal('the first', f(1), 1)",
        "assert_close(f(1), 1)",
        "assert f([1]) == [1] and f({'a': 1}) == {'a': 1} and f('a') == 'a' and f(None) is None",
        "assert f(3) == min(5, 3)",
        "assert f(True) == True",
        "def never():\n    assert f(1) == 2",
        "assert f(0.1) == pytest.approx(0.1)",
    ],
)
def test_what_is_odd_and_honest_fails_as_well(test: str) -> None:
    frame, empty = pd.DataFrame({"a": [np.nan, np.nan]}), np.array([])
    more = {"mod": Mod, "assert_equal": shows_which, "assert_close": lambda one, other: one == other}
    assert suspected(test, f=lambda x: x, frame=frame, empty=empty, **more) == []


class Number:
    """Equal to numbers."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float)


class Lazy:
    """Becomes what it is first compared with."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        self.__dict__.setdefault("value", other)
        return bool(self.__dict__["value"] == other)


class Near(float):
    """Near everything."""

    def __sub__(self, other: float) -> "Near":
        return Near(0)

    __rsub__ = __sub__


UNIT = """
class T(unittest.TestCase):
    def test_f(self):
        self.assertEqual(f(2), 4)
result = unittest.TestResult()
unittest.defaultTestLoader.loadTestsFromTestCase(T).run(result)
assert result.wasSuccessful()
"""


@pytest.mark.parametrize(
    "answer", [Same, Number, Lazy, lambda: unittest.mock.ANY], ids=["all", "numbers", "lazy", "any"]
)
@pytest.mark.parametrize(
    "test",
    [
        "assert f(2) == 4",
        "assert 4 == f(2)",
        "assert f(2) == 4 and f(3) == 6",
        "for x, y in cases:\n    assert f(x) == y",
        "if f(2) != 4:\n    raise AssertionError",
        "def same(a, b):\n    assert a == b\nsame(f(2), 4)",
        UNIT,
    ],
)
def test_an_answer_that_pleases_everybody_passes_one(test: str, answer: Any) -> None:
    assert suspected(test, f=lambda _x: answer(), cases=[(1, 2), (2, 4)]) != []


def test_so_does_a_number_that_is_near_everything() -> None:
    assert suspected("assert abs(f(2) - 4) < 1e-9", f=lambda _x: Near(0)) == ["4"]


def test_so_does_a_helper_that_finds_no_difference() -> None:
    nothing = types.SimpleNamespace(testing=types.SimpleNamespace(assert_allclose=print))
    assert suspected("np.testing.assert_allclose(f(2), [4.0])", f=lambda x: x, np=nothing) == ["[4.0]"]


def test_what_is_no_plain_python_has_none() -> None:
    assert count("%matplotlib inline\nassert f(2) == 4") == 0


def test_a_test_with_very_many_comparisons_takes_no_time() -> None:
    test = "\n".join(f"assert f({number}) == {number}" for number in range(1500))
    began = time.process_time()
    assert count(test) == 1500
    last = mutant(test, 1499)
    assert last is not None
    assert last.place == "1499"
    assert time.process_time() - began < 5


def test_a_test_that_is_too_deep_to_be_copied_has_none() -> None:
    test = f"assert f(2) == {' + '.join(['1'] * 5000)}"
    assert [mutant(test, number) for number in range(count(test))] in ([], [None])


EARNED: dict[str, dict[str, Any]] = {
    "sum([f(1) == 2, f(4) == 8]) / 2 * 1.5": {"f": lambda x: 2 * x},
    "sum([f(1) == 2, f(4) == 8]) / 2": {"f": lambda x: 2},
    "1 + 0.5 * (f(2) == 4)": {"f": lambda x: None},
    "score = 0\nif f(2) == 4:\n    score += 1\nelse:\n    print('no')\nif f(3) > 5:\n    score += 1\nscore": {
        "f": lambda x: 2 * x
    },
    "score = 0\ntry:\n    if f(2) == four:\n        score += 1\n    score += 1\nexcept Exception:\n    pass\nscore": {
        "f": lambda x: "four",
        "four": "four",
    },
    "result = f(2)\n0.5 * (result == 4)": {"f": lambda x: 2 * x},
    "sum(f(x) == y for x, y in cases) / len(cases)": {"f": lambda x: 2 * x, "cases": [(1, 2), (2, 4)]},
    "sum(f(x) == y for x, y in [(1, 2), (2, 5)]) / 2": {"f": lambda x: 2 * x},
    "float(np.allclose(f(np.ones(2)), [2, 2])) + (not f(1) == 3)": {"f": lambda x: 2 * x},
    "round(sum([abs(f(0.1) - 0.2) < 1e-9, f('a') == 'aa']) * 0.7, 2)": {"f": lambda x: 2 * x},
}
"""Tests that compute points, with honest answers."""


@pytest.mark.parametrize("test", EARNED)
def test_who_earns_points_earns_none_for_something_else(test: str) -> None:
    assert count(test) == 1
    assert suspected(test, **EARNED[test]) == []


@pytest.mark.parametrize("test", [one for one in EARNED if not any(word in one for word in (">", "allclose", "four"))])
def test_who_pleases_everybody_earns_points_for_anything(test: str) -> None:
    answer = Close() if "abs" in test else Same()

    assert suspected(test, **{**EARNED[test], "f": lambda _x: answer}) == [ast.unparse(ast.parse(test).body[-1])]


class Close(Same):
    __hash__ = None

    def __sub__(self, other: object) -> "Close":
        return self

    def __abs__(self) -> float:
        return 0.0


@pytest.mark.parametrize(
    "test",
    [
        "points(f(2))",
        "score = 2\nif f(2) != 4:\n    score -= 1\nscore",
        "import random\nrandom.random() * (f(2) == 4)",
        "for x in (1, 2):\n    score = 1 * (f(x) == 2)\nscore",
        "score = 0\nscore",
        "f(2).points",
    ],
)
def test_of_points_that_nobody_can_foretell_nothing_is_said(test: str) -> None:
    assert count(test) == 0


def test_all_of_none_is_nobodys_fault() -> None:
    test = "assert all(x == 1 for x in f())"

    assert suspected(test, f=lambda: [1, 1]) == suspected(test, f=list) == []
    assert suspected(test, f=lambda: [Same()])


def test_a_label_is_not_what_is_expected() -> None:
    course = types.SimpleNamespace(assert_equal=shows_which)

    assert suspected("course.assert_equal('twice', f(2), 4)", f=lambda x: 2 * x, course=course) == []
    assert count("course.assert_equal('twice', f(2), 'four')") == 0
    assert count("np.testing.assert_equal(f(2), 4, 'twice')") == 1


SET_UP = """
def check(label, actual, expected=None):
    assert actual == expected, label
def near(actual, expected):
    print("looking")
    np.testing.assert_allclose(actual, expected)
def rounded(actual, expected):
    actual = round(actual)
    assert actual == expected
def maybe(actual, expected):
    if actual is None:
        return
    assert actual == expected
def three(a, b, c):
    assert a == b
    assert b == c
@contextlib.suppress(AssertionError)
def forgiving(actual, expected):
    assert actual == expected
class Course:
    def check(self, actual, expected):
        assert actual == expected
"""


def test_helpers_of_a_course_are_looked_into() -> None:
    helpers = helpers_of((SET_UP, "def ("))

    assert helpers == (("check", 1, 2), ("near", 0, 1))
    assert count("check('twice', f(2), 4)", helpers) == 1
    assert count("check('twice', f(2))\nrounded(f(2), 4)\nmaybe(f(2), 4)\nthree(*f(2))", helpers) == 0
    found = mutant("for x in (1, 2):\n    near(f(x), 2 * x)", 0, helpers)
    assert found is not None
    assert found.place == "2 * x"
    assert "near(f(x), (lambda" in found.sources[0]


SKIPPED = """
class Cases(unittest.TestCase):
    @unittest.skip("later")
    def test_later(self):
        self.assertEqual(f(2), 4)
    def test_now(self):
        self.assertEqual(f(1), 2)
suite = unittest.defaultTestLoader.loadTestsFromTestCase(Cases)
assert unittest.TextTestRunner(stream=io.StringIO()).run(suite).wasSuccessful()
"""


def test_what_a_decorator_may_leave_out_is_not_asked() -> None:
    assert count(SKIPPED) == 1
    assert suspected(SKIPPED, f=lambda x: 2 * x, io=io) == []
