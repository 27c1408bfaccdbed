"""Mutants of a test's assertions: honest answers pass none of them, answers that equal everything do."""

import ast
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbcohort.grading.forked.inside import forks
from nbcohort.grading.forked.inside.operands import Operands


class Shell:
    """As much of IPython as is needed."""

    def __init__(self) -> None:
        self.ast_transformers: list[Any] = []


def claims(test: str, **names: Any) -> list[list[str]]:
    """Return what is claimed of a test that passes with these names."""
    shell, kept = Shell(), Operands()
    kept.begin(shell)
    tree = ast.fix_missing_locations(kept.visit(ast.parse(test)))
    exec(compile(tree, "test", "exec"), {"np": np, "pd": pd, "pytest": pytest, **names})  # noqa: S102 - it is our own
    found = kept.end(shell, test)
    assert shell.ast_transformers == []
    return found


class Same:
    """Equal to everything, and more and less than everything."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True

    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__

    def equals(self, other: object) -> bool:
        return True


class Two:
    """Equals a text."""

    def __init__(self, x: int) -> None:
        self.x = x

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return other == "two of Two"


class Column:
    """Comparing makes conditions, as in libraries for tables."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> str:  # type: ignore[override]
        return f"is {other}"

    def where(self, condition: str) -> str:
        return "two" if condition == "is 2" else "none"


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
    "assert 0 < f() < 2": {"f": lambda: 1},
    "assert all(f(x) == 2 * x for x in range(3))": {"f": lambda x: 2 * x},
    "assert f(2) == 'two of Two'\nassert f(2)": {"f": lambda x: Two(x)},
    "assert f().where(f() == 2) == 'two'": {"f": lambda: Column()},
}
"""Tests, with honest answers."""


@pytest.mark.parametrize("test", HONEST)
def test_an_honest_answer_passes_no_mutant(test: str) -> None:
    assert claims(test, **HONEST[test]) == []


@pytest.mark.parametrize(
    "test",
    [
        "assert f() == 4",
        "assert 4 == f()",
        "assert f() < 4",
        "assert 3 in f()",
        "for x in range(2):\n    assert f() == x",
        "assert all(f() == x for x in range(2))",
        "assert 1 < 2 and (f() == 3 or f() == 4)",
    ],
)
def test_an_answer_that_agrees_with_everything_passes_a_mutant_of_each_test(test: str) -> None:
    assert claims(test, f=Same)


def test_an_answer_that_changes_from_one_call_to_the_next_is_not_suspected() -> None:
    answers = iter((4, 5, 6))

    assert claims("assert f() >= 4", f=lambda: next(answers)) == []


@pytest.mark.parametrize(
    "test",
    [
        "from unittest.mock import ANY\nassert f() == ANY",
        "with pytest.raises(AssertionError):\n    assert f() == 2",
        "assert f() == 2 or f() == 1",
        "assert f() == pytest.approx(1.0)",
        "assert not f() == 2",
        "values = [f(), 2]\nassert values == [1, 2]\nvalues.append(3)",
        "assert sorted([f(), 0]) == [0, 1], f'{f()} == 2'",
    ],
)
def test_what_may_fail_or_equals_everything_by_design_is_no_matter(test: str) -> None:
    assert claims(test, f=lambda: 1) == []


def test_functions_of_a_test_are_left_as_they_are() -> None:
    test = "def check(x):\n    assert x == 1\nasync def wait(x):\n    assert x == 1\nclass Case:\n    assert 1 == 1"
    assert ast.dump(Operands().visit(ast.parse(test))) == ast.dump(ast.parse(test))


def test_what_the_comparing_does_is_not_done_to_the_notebook() -> None:
    counted: list[object] = []

    class Counts:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            counted.append(other)
            return other == 4

    assert claims("assert f() == 4", f=Counts) == []
    assert counted == [4]


@pytest.mark.parametrize("does", ["while True: pass", "import os; os._exit(3)", "self == self"])
def test_who_never_ends_comparing_or_ends_the_process_has_no_say(does: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "_SECONDS", 0.3)
    names: dict[str, Any] = {}
    lines = f"        if type(other) is not int:\n            {does}\n        return other == 4"
    exec(f"class Odd:\n    def __eq__(self, other):\n{lines}", names)  # noqa: S102

    assert claims("assert f() == 4", f=names["Odd"]) == []


def test_what_is_compared_may_go_when_the_notebook_lets_go_of_it() -> None:
    test = "assert f() == [1] * 10\nimport gc, weakref\nx = np.zeros(9)\nassert x.sum() == 0\n"
    test += "assert x.size == 9\ngone = weakref.ref(x)\ndel x\ngc.collect()\nassert gone() is None"
    assert claims(test, f=lambda: [1] * 10) == []


def test_of_a_loop_only_the_first_rounds_are_kept() -> None:
    names: dict[str, Any] = {"f": Same}
    kept = Operands()
    kept.begin(Shell())
    tree = ast.fix_missing_locations(kept.visit(ast.parse("for x in range(1000):\n    assert f() == x")))
    exec(compile(tree, "test", "exec"), names)  # noqa: S102

    assert len(kept._kept) == 20
