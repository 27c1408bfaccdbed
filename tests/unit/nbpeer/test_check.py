from typing import Any

import pytest

from nbcohort.api import CohortSettings, CourseSettings, Sections
from nbpeer.check import check_course
from nbpeer.settings import ReviewSettings

LEVELS = [{"points": 0, "title": "No"}, {"points": 1, "title": "Yes"}]
RUBRIC = [{"id": "correct", "title": "Correctness", "levels": LEVELS}]


def findings(late: dict[str, Any] | None = None, rubric: Any = RUBRIC, **review: Any) -> list[tuple[str, str]]:
    course = CourseSettings.from_json(
        {
            "id": "ds",
            "title": "Data science",
            "assignments": [
                {
                    "name": "ps1",
                    "title": "Cleaning",
                    "release": "week 1 mon 08:00",
                    "due": "week 1 fri 23:59",
                    "rubric": rubric,
                    "late": late or {},
                    "activities": {"review": {"opens": "week 2 mon 09:00", "due": "week 2 fri 23:59", **review}},
                }
            ],
        },
        Sections(assignment={"review": ReviewSettings}),
    )
    cohort = CohortSettings.from_json({"id": "a", "title": "A", "start": "2026-01-12", "time_zone": "Europe/Berlin"})
    assert check_course(course, cohort) == check_course(course, None)
    return [(found.severity, f"{found.where}: {found.sentence}") for found in check_course(course, cohort)]


def test_a_plan_that_works_has_no_findings() -> None:
    assert findings() == []
    assert findings(form="comparisons", rubric=[]) == []


@pytest.mark.parametrize(
    ("change", "severity", "sentence"),
    [
        ({"opens": "week 1 thu 09:00"}, "error", "before submissions are due"),
        ({"due": "week 2 mon 08:00"}, "error", "before the round opens"),
        ({"rubric": []}, "error", "no rubric to review by"),
        ({"k": 6}, "warning", "6 reviews are much work"),
        ({"late_until": "week 2 thu 23:59"}, "error", "late reviews end before"),
        ({"calibrates": "week 2 mon 09:00"}, "error", "calibration begins when the round opens"),
        ({"replies_due": "week 2 fri 23:59"}, "error", "replies are due before reviews are shown"),
        ({"revisions_until": "week 2 fri 23:59"}, "error", "revisions are due before reviews are shown"),
        (
            {"revisions_until": "week 3 mon 12:00", "release": "week 3 tue 12:00", "reviews_shown": "released"},
            "error",
            "revisions are due before reviews are shown (week 3 tue 12:00)",
        ),
        ({"release": "week 2 thu 23:59"}, "error", "released before reviewing is over"),
        ({"submission_weight": 0}, "error", "above 0"),
        ({"form": "comparisons", "k": 1}, "error", "nothing to compare it with"),
        ({"form": "comparisons", "calibrates": "week 1 mon 09:00"}, "error", "take calibrates out"),
        ({"late": {"policy": "accept"}}, "warning", "accepted without end"),
        ({"late": {"policy": "accept", "until": "week 2 wed 12:00"}}, "warning", "before late submissions are refused"),
    ],
)
def test_what_an_instructor_can_get_wrong_is_found(change: dict[str, Any], severity: str, sentence: str) -> None:
    ((found, text),) = findings(**change)
    assert found == severity
    assert sentence in text
    assert text.startswith("course.toml: assignments.ps1.review")


def test_a_plan_with_all_phases_has_no_findings() -> None:
    times: dict[str, Any] = {
        "calibrates": "week 1 sun 12:00",
        "late_until": "week 2 sun 23:59",
        "replies_due": "week 3 wed 23:59",
        "revisions_until": "week 3 sun 23:59",
        "release": "week 3 fri 12:00",
    }
    assert findings(**times) == []
    assert findings(release="staff") == []


def test_an_assignment_without_review_has_nothing_to_check() -> None:
    course = CourseSettings.from_json(
        {
            "id": "ds",
            "title": "Data science",
            "assignments": [{"name": "ps1", "title": "C", "release": "week 1 mon 08:00", "due": "week 1 fri 23:59"}],
        },
        Sections(),
    )
    assert check_course(course, None) == []
