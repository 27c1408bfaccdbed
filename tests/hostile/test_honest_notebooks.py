"""A hundred honest notebooks: whatever they do, they have the scores that they deserve, and nobody is suspected."""

import pytest

from tests.hostile.attack import Course as Kind
from tests.hostile.course import make_tables
from tests.hostile.harness import LIMITS, Graded, grade_side_by_side, printed
from tests.hostile.honest import DONE, HONEST
from tests.hostile.known import as_bytes
from tests.hostile.ways import WAYS, Way
from tests.unit.grading.course import Course, make_course

pytestmark = [pytest.mark.hostile, pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module", params=[way for way in WAYS if way.user is None], ids=lambda way: way.name)
def graded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Graded]:
    """Grade them, in each kind of sandbox; who starts it makes no difference to what honest people do."""
    way: Way = request.param
    folder = tmp_path_factory.mktemp(f"honest-{way.name}")
    courses: dict[Kind, Course] = {
        "numbers": make_course(folder / "numbers", LIMITS),
        "tables": make_tables(folder / "tables", LIMITS),
    }
    for account, honest in HONEST.items():
        course = courses[honest.course]
        notebook = honest.notebook(course.answered(**honest.answers))
        (course.hand_in(account, None) / "ps1.ipynb").write_bytes(as_bytes(notebook))
    return grade_side_by_side(folder, way, courses)


def test_there_are_a_hundred() -> None:
    assert len(HONEST) == 100
    assert len({(one.cell, *one.answers.values()) for one in HONEST.values()}) == 100


@pytest.mark.parametrize("account", HONEST)
def test_honest_work_has_the_score_that_it_deserves(account: str, graded: dict[Kind, Graded]) -> None:
    honest = HONEST[account]
    course = graded[honest.course]

    assert course.report[account]["reason"] is None
    assert DONE in printed(course.outputs(account))
    assert course.tests(account) == honest.scores


def test_honest_work_raises_no_flag(graded: dict[Kind, Graded]) -> None:
    flags = {account: graded[honest.course].report[account]["flags"] for account, honest in HONEST.items()}

    assert {account: found for account, found in flags.items() if found} == {}
