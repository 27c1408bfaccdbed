from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcohort.api import Invalid
from nbpeer.sheet import read_sheet, write_sheet

TASK = {
    "id": "tsk_a",
    "pseudonym": "K7Q2",
    "title": "Cleaning",
    "due_at": "2026-01-23T22:59:00Z",
    "rubric": [
        {
            "id": "correct",
            "title": "Correctness",
            "description": "Does it hold?",
            "levels": [
                {"points": 0, "title": "No", "description": ""},
                {"points": 1.5, "title": "Yes", "description": "All\nof it."},
            ],
        }
    ],
}
EMPTY = {"scores": {}, "comments": {}, "overall": ""}
BERLIN = ZoneInfo("Europe/Berlin")
LINES = st.text(st.characters(exclude_categories=["Cs"]), max_size=50).filter(lambda text: "\r" not in text)


def test_a_fresh_form_has_no_level_and_shows_what_the_levels_mean() -> None:
    text = write_sheet(TASK, EMPTY, BERLIN)
    assert "# Due: Fri 23 Jan 23:59 (Europe/Berlin)" in text
    assert "# Correctness. Does it hold?" in text
    assert "1 = Yes (counts 1.5): All of it." in text
    assert read_sheet(text) == {"scores": {}, "comments": {"correct": ""}, "overall": ""}


@given(LINES, LINES)
def test_what_was_written_comes_back_unchanged(overall: str, comment: str) -> None:
    review = {"scores": {"correct": 1}, "comments": {"correct": comment}, "overall": overall}
    assert read_sheet(write_sheet(TASK, review, BERLIN)) == review


COMPARED = {
    **TASK,
    "form": "comparisons",
    "rubric": [],
    "compared_with": [
        {"task": "tsk_b", "pseudonym": "M3X9", "submitted": True},
        {"task": "tsk_c", "pseudonym": "P2W8", "submitted": False},
    ],
}


def test_where_works_are_compared_the_form_asks_which_is_better() -> None:
    text = write_sheet(COMPARED, {**EMPTY, "comparisons": {}}, BERLIN)
    assert '# Put "this" or "other" in place of each "?"' in text
    assert "# Which is better: this work, or the other one, M3X9? And why?\n[compared" in text
    assert "until you have submitted the review of P2W8" in text
    nothing = {"better": None, "why": ""}
    assert read_sheet(text)["comparisons"] == {"tsk_b": nothing, "tsk_c": nothing}


@given(LINES, st.sampled_from([True, False, None]))
def test_what_was_said_of_two_works_comes_back_unchanged(why: str, better: bool | None) -> None:
    comparisons = {task: {"better": better, "why": why} for task in ("tsk_b", "tsk_c")}
    review = {**EMPTY, "comparisons": comparisons}
    assert read_sheet(write_sheet(COMPARED, review, BERLIN)) == review


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("overall = ", "not valid TOML"),
        ("overall = 3", "overall should be text"),
        ("criteria = 3", "a table, as in the form"),
        ("[criteria]\ncorrect = 3", "should be a table with level and comment"),
        ('[criteria.correct]\nlevel = "high"', "should be the number of a level"),
        ("[criteria.correct]\nlevel = true", "should be the number of a level"),
        ("[criteria.correct]\ncomment = 3", 'comment on "correct" should be text'),
        ("compared = 3", "a table, as in the form"),
        ("[compared]\ntsk_b = 3", "should be a table with better and why"),
        ("[compared.tsk_b]\nbetter = true", 'should be "this", "other" or'),
        ('[compared.tsk_b]\nbetter = ["this"]', 'should be "this", "other" or'),
        ("[compared.tsk_b]\nwhy = 3", "why in .* should be text"),
    ],
)
def test_a_form_that_was_damaged_gets_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        read_sheet(text)
