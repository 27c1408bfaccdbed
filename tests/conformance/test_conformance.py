"""nbgrader's own tests pass against our code, but for those that are listed with a reason in expected/."""

from pathlib import Path

import pytest

from tests.conformance.expectations import differences, expected_of
from tests.conformance.runner import run
from tests.conformance.suites import SUITES, Suite

PARTS = [
    pytest.param(suite, part, id=suite.name if suite.parts == 1 else f"{suite.name}-{part + 1}")
    for suite in SUITES
    for part in range(suite.parts)
]


@pytest.mark.conformance
@pytest.mark.timeout(1500)  # a suite's own limit comes first
@pytest.mark.parametrize(("suite", "part"), PARTS)
def test_nbgraders_tests_end_as_expected(suite: Suite, part: int, tmp_path: Path) -> None:
    expected = expected_of(suite)
    done = run(suite, tmp_path, part, mirrored=expected.mirrored)
    wrong = differences(expected, done)
    assert not wrong, "\n\n".join([done.output[-2000:], *wrong])
