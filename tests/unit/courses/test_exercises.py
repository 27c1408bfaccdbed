"""The exercise bank: what its metadata may say, and what a writer of exercises is told when it is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from nbcohort.courses.exercises import Exercise, ExerciseProblem, load_bank

SHIPPED = Path(__file__).parents[3] / "exercises"
GOOD: dict[str, Any] = {
    "title": "Choose rows with a mask",
    "skills": ["pandas.select"],
    "difficulty": 1,
    "prerequisites": [],
    "minutes": 10,
}


def write_exercise(bank: Path, name: str, **changes: object) -> Path:
    """Write a notebook without cells, with good metadata but for `changes`; a change to `...` leaves the key out."""
    metadata = {key: value for key, value in {**GOOD, **changes}.items() if value is not ...}
    path = bank / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": [], "metadata": {"nbcohort": metadata}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def complaint(bank: Path) -> str:
    """Return the sentence with which loading `bank` fails."""
    with pytest.raises(ExerciseProblem) as caught:
        load_bank(bank)
    return str(caught.value)


def test_a_bank_comes_in_an_order_in_which_it_can_be_learnt(tmp_path: Path) -> None:
    write_exercise(tmp_path, "a-last", prerequisites=["m-middle", "z-first"])
    write_exercise(tmp_path, "m-middle", prerequisites=["z-first"])
    write_exercise(tmp_path, "z-first")
    assert list(load_bank(tmp_path)) == ["z-first", "m-middle", "a-last"]


def test_an_exercise_knows_its_metadata_and_where_it_is(tmp_path: Path) -> None:
    path = write_exercise(tmp_path, "select-rows", difficulty=2)
    exercise = load_bank(tmp_path)["select-rows"]
    assert (exercise.path, exercise.metadata.difficulty) == (path, 2)
    assert exercise.metadata.skills == ["pandas.select"]


def test_files_and_hidden_folders_beside_exercises_do_no_harm(tmp_path: Path) -> None:
    write_exercise(tmp_path, "select-rows")
    (tmp_path / "README.md").write_text("How to write one")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    assert list(load_bank(tmp_path)) == ["select-rows"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"minutes": ...}, "minutes is missing"),
        ({"level": "easy"}, "level is not a key that exists"),
        ({"difficulty": 6}, "difficulty is 6, but input should be less than or equal to 5"),
        ({"difficulty": "2"}, "difficulty is '2', but input should be a valid integer"),
        ({"skills": []}, "skills is [], but list should have at least 1 item"),
        ({"skills": ["pandas", "Group By"]}, "skills.1 is 'Group By'"),
        ({"title": ""}, "title is ''"),
        ({"prerequisites": ["../elsewhere"]}, "prerequisites.0 is '../elsewhere'"),
        (
            {"minutes": 0, "difficulty": 0},
            "greater than or equal to 1; minutes is 0",
        ),
    ],
)
def test_wrong_metadata_is_named_with_file_and_key(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    path = write_exercise(tmp_path, "select-rows", **changes)
    sentence = complaint(tmp_path)
    assert said in sentence
    assert str(path) in sentence


def test_a_prerequisite_has_to_exist(tmp_path: Path) -> None:
    write_exercise(tmp_path, "group", prerequisites=["select"])
    assert complaint(tmp_path) == "The exercise group has the prerequisite select, but there is no such exercise."


def test_prerequisites_may_not_go_round_in_a_circle(tmp_path: Path) -> None:
    write_exercise(tmp_path, "hen", prerequisites=["egg"])
    write_exercise(tmp_path, "egg", prerequisites=["hen"])
    sentence = complaint(tmp_path)
    assert sentence.startswith("Prerequisites go round in a circle")
    assert "hen -> egg" in sentence


def test_an_exercise_may_not_require_itself(tmp_path: Path) -> None:
    write_exercise(tmp_path, "egg", prerequisites=["egg"])
    assert "egg -> egg" in complaint(tmp_path)


def test_a_folder_without_its_notebook_is_named(tmp_path: Path) -> None:
    (tmp_path / "select-rows").mkdir()
    assert "select-rows.ipynb" in complaint(tmp_path)


def test_a_folder_with_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    write_exercise(tmp_path, "Select_Rows")
    assert "lower-case words with hyphens" in complaint(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_a_notebook_that_is_not_json_is_named(tmp_path: Path, content: str) -> None:
    write_exercise(tmp_path, "select-rows").write_text(content, encoding="latin-1")
    assert "cannot be read as a notebook" in complaint(tmp_path)


@pytest.mark.parametrize("content", ["[]", "{}", '{"metadata": {}}', '{"metadata": []}'])
def test_a_notebook_without_our_metadata_says_what_it_needs(tmp_path: Path, content: str) -> None:
    write_exercise(tmp_path, "select-rows").write_text(content)
    assert "it needs title, skills, difficulty, prerequisites and minutes" in complaint(tmp_path)


def test_a_bank_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "There is no folder" in complaint(tmp_path / "nowhere")


@pytest.fixture(scope="module")
def shipped() -> dict[str, Exercise]:
    """The bank that comes with nbcohort."""
    return load_bank(SHIPPED)


def before(bank: dict[str, Exercise], name: str) -> set[str]:
    """Return the names of all exercises that have to come before `name`."""
    direct = bank[name].metadata.prerequisites
    return set(direct).union(*(before(bank, prerequisite) for prerequisite in direct))


def test_the_bank_that_we_ship_has_twelve_exercises_and_no_other_notebooks(shipped: dict[str, Exercise]) -> None:
    assert len(shipped) >= 12
    assert {exercise.path for exercise in shipped.values()} == set(SHIPPED.rglob("*.ipynb"))


def test_the_path_becomes_harder_by_single_steps_and_names_no_prerequisite_twice(shipped: dict[str, Exercise]) -> None:
    for exercise in shipped.values():
        prerequisites = exercise.metadata.prerequisites
        hardest = max((shipped[prerequisite].metadata.difficulty for prerequisite in prerequisites), default=0)
        assert hardest <= exercise.metadata.difficulty <= hardest + 1, exercise.name
        for prerequisite in prerequisites:
            others = set(prerequisites) - {prerequisite}
            assert not any(prerequisite in before(shipped, other) for other in others)


def test_each_skill_has_one_exercise_that_introduces_it(shipped: dict[str, Exercise]) -> None:
    introduced = [exercise.metadata.skills[0] for exercise in shipped.values()]
    assert len(set(introduced)) == len(introduced)


def test_the_readme_shows_the_path(shipped: dict[str, Exercise]) -> None:
    readme = (SHIPPED / "README.md").read_text(encoding="utf-8")
    arrows, rows = set(), set()
    for exercise in shipped.values():
        about = exercise.metadata
        skills = ", ".join(f"`{skill}`" for skill in about.skills)
        link = f"[{about.title}]({exercise.name}/{exercise.path.name})"
        rows.add(f"| {link} | {skills} | {about.difficulty} | {about.minutes} |")
        arrows |= {f"    {prerequisite} --> {exercise.name}" for prerequisite in about.prerequisites}
    lines = readme.splitlines()
    assert {line for line in lines if line.startswith("| [")} == rows
    assert {line for line in lines if " --> " in line} == arrows
