"""One shape for what checks find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nbcohort.checks.results import MOST_FINDINGS, Finding, Result, Where, line, prose, result


def finding(name: str, *, passed: bool) -> Finding:
    return Finding(what=name, where=Where(notebook="ps1.ipynb"), passed=passed)


def test_it_passes_if_everything_did_and_there_was_no_trouble() -> None:
    good, bad = finding("a", passed=True), finding("b", passed=False)
    assert result([good]).passed
    assert not result([good, bad]).passed
    assert not result([good], trouble="It broke off.").passed
    assert result().passed


def test_it_comes_back_from_json_as_it_was() -> None:
    made = result([finding("a", passed=False)], trouble="So.", tier="landlock", seconds=0.5)
    assert Result.model_validate_json(made.model_dump_json()) == made


def test_one_that_contradicts_itself_is_refused() -> None:
    wrong = {**result().model_dump(mode="json"), "passed": False}
    with pytest.raises(ValidationError, match="passed has to be what findings and trouble say"):
        Result.model_validate(wrong)


def test_of_very_many_findings_those_that_failed_stay() -> None:
    many = [finding(str(number), passed=number != MOST_FINDINGS) for number in range(MOST_FINDINGS + 1)]
    kept = result(many)
    assert len(kept.findings) == MOST_FINDINGS
    assert (kept.findings[0].what, kept.passed) == (str(MOST_FINDINGS), False)


@given(st.text(st.characters(), max_size=3000))
def test_any_text_of_a_learners_can_be_kept(text: str) -> None:
    made = Finding(what=line(text), where=Where(notebook=line(text)), passed=True, message=prose(text))
    assert "\n" not in made.what
    made.model_dump_json().encode("utf-8")
