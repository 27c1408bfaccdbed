"""The cohort that the benchmark of grading makes, and what it concludes from what it measured."""

from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.cohort.assignment import KINDS, QUESTIONS, Submission, filled, grade_id, source_notebook, submission
from benchmarks.cohort.course import Scores, disagreements
from benchmarks.cohort.measure import STOCK, STOCK_START, Bench, in_turns, ours
from benchmarks.cohort.report import Found, as_json, reached
from benchmarks.cohort.whole import CommandFailed, Spent, run


def code_of(one: Submission) -> str:
    cells = filled(source_notebook(), one.sources).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def test_the_assignment_has_26_cells_with_tests_a_plot_and_a_text() -> None:
    cells = source_notebook().cells
    assert len(cells) == 26
    names = [grade_id(cell) for cell in cells]
    assert {"plot", "words", *(f"{question.name}_test" for question in QUESTIONS)} <= set(names)
    tests = [cell.source for cell in cells if grade_id(cell).endswith("_test")]
    assert all("### BEGIN HIDDEN TESTS" in source for source in tests)
    assert len(tests) == 6


def test_the_same_seed_gives_the_same_submissions_and_another_one_others() -> None:
    assert submission(5, seed=1) == submission(5, seed=1)
    assert submission(5, seed=1) != submission(5, seed=2)


def test_no_two_submissions_have_the_same_code() -> None:
    codes = {code_of(submission(number, seed=1)) for number in range(200)}
    assert len(codes) == 200


def test_submissions_are_right_and_wrong_in_every_way() -> None:
    cohort = [submission(number, seed=1) for number in range(24)]
    assert {one.kind for one in cohort} == set(KINDS)
    full = {f"{question.name}_test": question.points for question in QUESTIONS}
    for one in cohort:
        lost = [cell for cell, points in full.items() if one.scores[cell] != points]
        assert len(lost) == {"right": 0, "partly right": 2, "broken": 1, "unfinished": 3, "wrong": 6}[one.kind]
    scores = {one.scores["summary_test"] for one in cohort}
    assert scores == {0.0, 2.0, 3.0}
    assert {one.scores["words"] for one in cohort} == {None, 0.0}


def test_each_score_that_differs_or_is_missing_is_told() -> None:
    mine: Scores = {"ada": {"first": 1.0, "second": None}, "bob": {"first": 0.0}}
    theirs: Scores = {"ada": {"first": 2.0, "second": None}, "cy": {"first": 0.0}}
    assert disagreements("ours", mine, "stock", theirs) == [
        "ada, first: ours gave 1.0, stock 2.0",
        "bob, first: ours gave 0.0, stock none",
        "cy, first: ours gave none, stock 0.0",
    ]
    assert disagreements("ours", mine, "stock", mine) == []


def test_a_score_to_be_given_by_hand_is_not_a_zero() -> None:
    mine: Scores = {"ada": {"words": None}}
    theirs: Scores = {"ada": {"words": 0.0}}
    assert len(disagreements("ours", mine, "stock", theirs)) == 1


@pytest.fixture
def found(tmp_path: Path) -> Found:
    bench = Bench(tmp_path, Console(), 3)
    bench.spent = {
        (STOCK, 24): [Spent(50, 40)],
        (STOCK_START, 24): [Spent(2, 2)],
        (ours(2), 24): [Spent(9, 5), Spent(4, 5), Spent(5, 6)],
        (ours(2), 200): [Spent(20, 30)],
    }
    return Found(bench, 24, (200,), 2)


def test_the_median_of_what_was_measured_counts(found: Found) -> None:
    assert found.end_to_end(24, 2) == 10


def test_stock_is_extrapolated_without_its_start(found: Found) -> None:
    assert found.stock_seconds(200) == 2 + 48 / 24 * 200
    assert found.end_to_end(200, 2) == 402 / 20


def test_what_was_not_measured_has_no_ratio(found: Found) -> None:
    assert found.end_to_end(1000, 2) is None
    assert found.papermill_ratio is None
    assert reached("papermill_ratio", found.papermill_ratio) is None


def test_some_goals_are_to_be_reached_from_above() -> None:
    assert reached("end_to_end_ratio_24", 10.0)
    assert not reached("end_to_end_ratio_24", 9.9)
    assert reached("floor_ratio", 1.5)
    assert not reached("first_result_ms", 20.1)


def test_what_is_dear_comes_between_rounds_of_what_is_cheap() -> None:
    def nothing() -> None:
        pass

    order = in_turns([("stock", nothing), ("papermill", nothing)], [("ours", nothing)], 3)
    assert [what for what, _do in order] == ["ours", "stock", "ours", "papermill", "ours"]


def test_what_fails_is_told_and_leaves_the_other_figures(found: Found) -> None:
    def fail() -> None:
        raise CommandFailed("no such grader")

    found.bench.attempt("stock", fail)
    assert found.bench.troubles == ["stock: no such grader"]
    assert found.end_to_end(24, 2) == 10
    assert found.figures["floor_ratio"] is None
    assert as_json(found)["goals"]["floor_ratio"]["reached"] is None


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="No such file"):
        run(["ls", "missing"], tmp_path, tmp_path / "log")
