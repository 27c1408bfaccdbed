"""Every surprise in a run of nbgrader's tests is told, the pleasant ones, too."""

import pytest

from tests.conformance.expectations import Expected, differences, expected_of
from tests.conformance.runner import Outcome, Run
from tests.conformance.suites import SUITES, Suite

EXPECTED = Expected(
    tests=4, left={"t::left": "No."}, skipped={"t::skipped": "Windows."}, mirror=frozenset({"t::mirrored"})
)


def ended(**outcomes: str) -> Run:
    """A run of four tests, as expected but for `outcomes`."""
    ends = {"good": "passed", "mirrored": "passed", "left": "failed", "skipped": "skipped"} | outcomes
    return Run(
        collected=frozenset(f"t::{name}" for name in ends),
        outcomes={f"t::{name}": Outcome(outcome, f"why {name} {outcome}") for name, outcome in ends.items()},
        output="",
    )


def test_a_run_as_expected_has_no_differences() -> None:
    assert differences(EXPECTED, ended()) == []
    assert differences(EXPECTED, ended(mirrored="failed"), mirror=False) == []


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("good", "failed"), ("good", "skipped"), ("mirrored", "failed"), ("left", "passed"), ("skipped", "passed")],
)
def test_a_test_that_ends_otherwise_is_told_with_its_traceback(name: str, outcome: str) -> None:
    (one,) = differences(EXPECTED, ended(**{name: outcome}))
    assert one.startswith(f"t::{name} {outcome}; expected: ")
    assert one.endswith(f"why {name} {outcome}")


def test_a_test_that_does_without_the_mirror_is_told() -> None:
    assert differences(EXPECTED, ended(), mirror=False) == [
        "t::mirrored passed; expected: failed.\nwhy mirrored passed"
    ]


def test_new_vanished_and_doubly_listed_tests_are_told() -> None:
    assert differences(EXPECTED, ended(more="passed")) == ["There are 5 tests, not 4."]
    gone = Expected(tests=4, left={"t::left": "No."}, skipped={"t::skipped": "W."}, mirror=frozenset({"t::gone"}))
    assert differences(gone, ended()) == ["t::gone is listed, but there is no such test."]
    twice = Expected(tests=4, left={"t::left": "No."}, skipped={"t::skipped": "W."}, mirror=frozenset({"t::left"}))
    assert differences(twice, ended()) == ["t::left is listed twice."]


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: str(suite.name))
def test_every_reason_is_a_sentence(suite: Suite) -> None:
    expected = expected_of(suite)
    for reason in [*expected.left.values(), *expected.skipped.values()]:
        assert len(reason) > 10
        assert reason.endswith(".")
