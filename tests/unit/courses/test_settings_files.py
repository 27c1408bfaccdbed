# ruff: noqa: E501
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import Field

from nbcohort.courses.mistakes import SettingsError
from nbcohort.courses.settings import CohortSettings, CourseSettings, Relative, Sections, Settings, Weekly
from nbcohort.courses.toml import read_cohort, read_course


class Kudos(Settings):
    how_many: int = Field(2, ge=1, le=6)
    due: Relative


class Cheers(Settings):
    due: Weekly = "sun 20:00"


SECTIONS = Sections(course={"cheers": Cheers}, assignment={"kudos": Kudos})

COURSE = """\
id = "ds"
title = "Data science"
[skills]
"pandas.groupby" = "Summarise by groups."
[assignments.tidy]
title = "Tidy"
release = "week 1 mon 09:00"
due = "Week 1  Sunday 23:59"
skills = ["pandas.groupby"]
[assignments.tidy.late]
policy = "penalty"
per_day = 0.1
[[assignments.tidy.rubric]]
id = "code"
title = "Code"
levels = [
    { points = 0, title = "No" },
    { points = 1, title = "Yes" },
]
[assignments.tidy.kudos]
due = "week 2 fri 23:59"
"""

COHORT = """\
id = "ds1"
title = "DS 1"
start = 2026-01-12
time_zone = "Europe/Berlin"
[assignments.tidy]
due = 2026-01-20T12:00:00
"""


@pytest.fixture
def course_file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(text: str | bytes) -> Path:
        path = tmp_path / "course.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def mistakes_in(path: Path, read: Callable[[Path], object] = lambda path: read_course(path, SECTIONS)) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        read(path)
    return str(refused.value).splitlines()


def test_a_course_is_read_with_defaults_one_spelling_of_times_and_the_plugins_sections(
    course_file: Callable[[str | bytes], Path],
) -> None:
    course = read_course(course_file(COURSE), SECTIONS)
    (tidy,) = course.assignments
    assert (tidy.name, tidy.due) == ("tidy", "week 1 sun 23:59")
    assert tidy.activities == {"kudos": {"how_many": 2, "due": "week 2 fri 23:59"}}
    assert (course.limits.max_total_mb, course.limits.max_files, course.limits.max_file_mb) == (100, 200, 50)
    assert course.limits.max_file_bytes == 50_000_000


def test_settings_travel_as_json_and_back(course_file: Callable[[str | bytes], Path], tmp_path: Path) -> None:
    course = read_course(course_file(COURSE), SECTIONS)
    assert CourseSettings.from_json(course.to_json(), SECTIONS) == course
    (tmp_path / "cohort.toml").write_text(COHORT)
    cohort = read_cohort(tmp_path / "cohort.toml")
    assert cohort.assignments[0].due == "2026-01-20 12:00:00"
    assert CohortSettings.from_json(cohort.to_json()) == cohort


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        (
            '"Week 1  Sunday 23:59"',
            '"wek 2"',
            'course.toml line 8: assignments.tidy.due: expected a time such as "week 2 fri 23:59", found "wek 2"',
        ),
        (
            'title = "Tidy"\n',
            'titel = "Tidy"\ntitle = ""\n',
            'course.toml line 6: assignments.tidy.titel: unknown key (did you mean "title"?); '
            "known here: due, kudos, late, release, rubric, skills, title",
        ),
        ('title = "Tidy"\n', "", "course.toml line 5: assignments.tidy.title: this key is missing"),
        (
            '"penalty"',
            '"penlty"',
            'course.toml line 11: assignments.tidy.late.policy: expected "refuse", "accept" or "penalty", found "penlty"',
        ),
        ("per_day = 0.1", "", 'course.toml line 10: assignments.tidy.late: policy = "penalty" needs per_day, such as per_day = 0.1'),
        ("per_day = 0.1", "per_day = 2", "course.toml line 12: assignments.tidy.late.per_day: expected 1 or less, found 2"),
        (
            "points = 1",
            'points = "1"',
            'course.toml line 18: assignments.tidy.rubric #1.levels #2.points: expected a number, found "1"',
        ),
        (
            '[assignments.tidy.kudos]\ndue = "week 2 fri 23:59"',
            "[assignments.tidy.kudos]\nhow_many = 7",
            "course.toml line 20: assignments.tidy.kudos.due: this key is missing",
        ),
        (
            '[assignments.tidy.kudos]\ndue = "week 2 fri 23:59"',
            "[assignments.tidy.kudoz]",
            'course.toml line 20: assignments.tidy.kudoz: unknown key (did you mean "kudos"?); '
            "known here: due, kudos, late, release, rubric, skills, title; "
            "an activity's own table needs that activity to be installed",
        ),
        (
            "[skills]",
            "[cheer]\n[skills]",
            'course.toml line 3: cheer: unknown key (did you mean "cheers"?); '
            "known here: assignments, cheers, description, id, language, limits, preload, skills, title; "
            "an activity's own table needs that activity to be installed",
        ),
        (
            "[skills]",
            '[cheers]\ndue = "friday"\n[skills]',
            'course.toml line 4: cheers.due: expected a day and a time such as "fri 18:00", found "friday"',
        ),
        ("[skills]", "cheers = 3\n[skills]", "course.toml line 3: cheers: expected a table, found 3"),
        ("[skills]", "[limits]\nmax_total_mb = 1001\n[skills]", "course.toml line 4: limits.max_total_mb: expected 1000 or less, found 1001"),
        ("[skills]", "[limits]\nmax_files = true\n[skills]", "course.toml line 4: limits.max_files: expected a whole number, found true"),
        ('id = "ds"', 'id = "Ds 1"', 'course.toml line 1: id: expected 1 to 41 lower-case letters and digits, with single hyphens between, such as "ds-2026", found "Ds 1"'),
        ('title = "Data science"', 'title = "Data science', "course.toml line 2: column 22: Illegal character '\\n'"),
        ('title = "Data science"', 'title = "a"\ntitle = "b"', "course.toml line 3: title is given twice; keep one of the two"),
        ("[[assignments.tidy.rubric]]", "[assignments.tidy]", "course.toml line 13: [assignments.tidy] is given twice; keep one of the two"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_line_key_and_expectation(
    course_file: Callable[[str | bytes], Path], right: str, wrong: str, sentence: str
) -> None:
    assert right in COURSE
    assert sentence in mistakes_in(course_file(COURSE.replace(right, wrong, 1)))


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(course_file: Callable[[str | bytes], Path]) -> None:
    found = mistakes_in(
        course_file(COURSE.replace('"ds"', "3").replace("0.1", "-1").replace('"week 2 fri', '"weak 2 fri'))
    )
    assert [line.split(": ")[:2] for line in found] == [
        ["course.toml line 1", "id"],
        ["course.toml line 12", "assignments.tidy.late.per_day"],
        ["course.toml line 21", "assignments.tidy.kudos.due"],
    ]


def test_a_file_that_is_not_there_or_not_utf_8_is_told(
    course_file: Callable[[str | bytes], Path], tmp_path: Path
) -> None:
    assert mistakes_in(tmp_path / "none.toml") == [f"none.toml: there is no such file in {tmp_path}"]
    assert mistakes_in(course_file(b'id = "ds"\ntitle = "\xd6ko"\n')) == [
        "course.toml line 2: is not UTF-8 text; save it with the encoding UTF-8"
    ]


def test_assignments_that_are_no_tables_are_told(course_file: Callable[[str | bytes], Path]) -> None:
    assert mistakes_in(course_file("assignments = 3")) == [
        "course.toml line 1: assignments: expected a table for each assignment such as [assignments.tidy-tables]"
    ]
    assert mistakes_in(course_file("[assignments]\ntidy = 3")) == [
        "course.toml line 2: assignments.tidy: expected a table such as [assignments.tidy]"
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ("2026-01-12", "20260112", "cohort.toml line 3: start: expected a date such as 2026-01-12, found 20260112"),
        ("2026-01-12", "9999-12-31", "cohort.toml line 3: start: expected a year from 1970 to 2999, found 9999"),
        ("Europe/Berlin", "Berlin", 'cohort.toml line 4: time_zone: expected a time zone such as "Europe/Berlin", found "Berlin"'),
        (
            "2026-01-20T12:00:00",
            '"20.1."',
            'cohort.toml line 6: assignments.tidy.due: expected a time such as "week 2 fri 23:59" or "2026-03-13 23:59", found "20.1."',
        ),
    ],
)  # fmt: skip
def test_a_mistake_in_a_cohort_is_told(tmp_path: Path, right: str, wrong: str, sentence: str) -> None:
    path = tmp_path / "cohort.toml"
    path.write_text(COHORT.replace(right, wrong))
    assert mistakes_in(path, read_cohort) == [sentence]


def test_over_http_the_same_keys_are_named_without_lines() -> None:
    data = {"id": "ds", "title": "DS", "assignments": [{"name": "tidy", "title": "T", "release": "x", "due": "week 1 mon 09:00", "activities": {"reveiw": {}}}]}  # fmt: skip
    with pytest.raises(SettingsError) as refused:
        CourseSettings.from_json(data, SECTIONS)
    assert str(refused.value).splitlines() == [
        "course.toml: assignments.tidy.reveiw: unknown key; known here: due, kudos, late, release, rubric, skills, title; "
        "an activity's own table needs that activity to be installed",
        'course.toml: assignments.tidy.release: expected a time such as "week 2 fri 23:59", found "x"',
    ]


def test_a_course_has_sections_of_activities_beside_its_own_tables(course_file: Callable[[str | bytes], Path]) -> None:
    course = read_course(course_file(COURSE.replace("[skills]", '[cheers]\ndue = "Friday 18:00"\n[skills]')), SECTIONS)
    assert course.activities == {"cheers": {"due": "fri 18:00"}}
    assert course.section("cheers", Cheers) == Cheers(due="fri 18:00")
    assert course.section("kudos", Kudos) is None
    assert course.assignments[0].section("kudos", Kudos) == Kudos(how_many=2, due="week 2 fri 23:59")


def test_stored_sections_outlive_the_activity_that_knew_them(course_file: Callable[[str | bytes], Path]) -> None:
    stored = read_course(course_file(COURSE.replace("[skills]", "[cheers]\n[skills]")), SECTIONS).to_json()
    course, mistakes = CourseSettings.from_stored(stored, Sections())
    assert course.to_json() == stored
    assert [(mistake.key, mistake.sentence.partition(";")[0]) for mistake in mistakes] == [
        (("cheers",), "unknown key"),
        (("assignments", "tidy", "kudos"), "unknown key"),
    ]


def test_stored_sections_that_a_newer_activity_refuses_count_as_not_there(
    course_file: Callable[[str | bytes], Path],
) -> None:
    class Strict(Settings):
        how_many: int = Field(ge=5)

    stored = read_course(course_file(COURSE), SECTIONS).to_json()
    course, mistakes = CourseSettings.from_stored(stored, Sections(assignment={"kudos": Strict}))
    assert course.assignments[0].section("kudos", Strict) is None
    assert {str(mistake) for mistake in mistakes} == {
        "course.toml: assignments.tidy.kudos.how_many: expected 5 or more, found 2",
        "course.toml: assignments.tidy.kudos.due: unknown key; known here: how_many",
    }
