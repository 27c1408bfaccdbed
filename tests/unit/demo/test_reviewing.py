"""The made-up reviewers read what is there, differ from each other, and fill in a form that is accepted."""

import json
from typing import Any

import pytest

from nbcohort.courses.new import template
from nbcohort.demo import story
from nbcohort.demo.answers import fill_in, read_answers
from nbcohort.demo.reviewing import Impression, as_form, read, write
from nbpeer.sheet import read_sheet

RUBRIC = [("decisions", 4), ("code", 3), ("figure", 4), ("report", 4)]
REVIEWERS = [one.account for one in story.LEARNERS]


def handed_in(answers: str) -> dict[str, Any]:
    """The notebook as a reviewer gets it: filled in, and without metadata."""
    file = template() / "source" / story.FIRST / f"{story.FIRST}.ipynb"
    notebook: dict[str, Any] = json.loads(file.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = (
                "raise NotImplementedError()" if cell["cell_type"] == "code" else "*Write your answer here.*"
            )
    fill_in(notebook, read_answers(answers))
    return {"cells": [{**cell, "metadata": {}} for cell in notebook["cells"]]}


def impressions() -> dict[str, Impression]:
    return {one.answers: read(handed_in(one.answers)) for one in story.HAND_INS}


def test_good_work_is_seen_to_be_better_than_bad_work() -> None:
    seen = impressions()
    for criterion in ("decisions", "code", "figure", "report"):
        assert getattr(seen["right"], criterion) > getattr(seen["wrong"], criterion)


def test_the_same_review_is_written_every_time() -> None:
    seen = read(handed_in("pair"))
    assert write(seen, RUBRIC, "ada") == write(seen, RUBRIC, "ada")


def test_reviewers_of_one_work_differ_in_scores_and_words() -> None:
    seen = read(handed_in("second_attempt"))
    written = [write(seen, RUBRIC, reviewer) for reviewer in REVIEWERS]
    assert len({review["overall"] for review in written}) == len(REVIEWERS)
    assert len({json.dumps(review["scores"]) for review in written}) >= 3


@pytest.mark.parametrize("reviewer", REVIEWERS)
def test_every_review_is_complete_and_within_the_rubric(reviewer: str) -> None:
    for seen in impressions().values():
        review = write(seen, RUBRIC, reviewer)
        assert review["overall"]
        for criterion, levels in RUBRIC:
            assert 0 <= review["scores"][criterion] < levels
            assert review["comments"][criterion].endswith((".", "?"))


def test_a_criterion_that_nobody_thought_of_gets_a_review_too() -> None:
    assert write(read(handed_in("right")), [("elegance", 3)], "bo")["scores"]["elegance"] in range(3)


def test_the_form_says_what_was_written() -> None:
    review = write(read(handed_in("wrong")), RUBRIC, "goran")
    review["comments"]["code"] = 'A "quote", a \\ and\na second line: é.'
    assert read_sheet(as_form(review)) == review
