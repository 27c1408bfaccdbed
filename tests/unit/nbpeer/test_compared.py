"""What reviewers say of two works, and the scores and sentences that come of it."""

import numpy as np
import pytest

from nbcohort.api import Invalid
from nbpeer.aggregate import Score
from nbpeer.compared import (
    Counting,
    Decided,
    Other,
    Said,
    Version,
    by_task,
    check_complete,
    check_known,
    decided,
    of_json,
    said_of,
    together,
)
from nbpeer.comparison_scores import score_comparisons, uncertainty_of
from nbpeer.comparison_words import comparison_reasons, why_not_compared
from nbpeer.scoring import RoundScores

YES, NO, OPEN = Said(True, "clear"), Said(False, "brief"), Said(None, "")


def version(task: str, pk: int, **said: Said) -> Version:
    return Version(task, pk, said)


def counting(task: str, pk: int, reviewer: str = "ann", **said: Said) -> Counting:
    return Counting(version(task, pk, **said), reviewer, 1, f"work of {task}")


def pair(better: str, worse: str) -> Decided:
    one, other = (Counting(Version(name, 1, {}), "ann", 1, name) for name in (better, worse))
    return Decided(one, other, "clear")


def test_what_one_review_says_of_two_works_the_other_one_says_mirrored() -> None:
    assert said_of("a", None, {"b": version("b", 1, a=YES)}) == {"b": Said(False, "clear")}
    assert said_of("a", version("a", 2, b=OPEN), {"b": version("b", 1, a=YES)}) == {"b": Said(False, "clear")}
    assert said_of("a", version("a", 2), {"b": version("b", 1, c=YES), "c": None}) == {}
    assert of_json({"b": YES.as_json()}) == {"b": YES}


def test_what_was_said_last_holds_whichever_review_says_it() -> None:
    early, late = version("a", 1, b=YES), version("a", 3, b=YES)
    other = version("b", 2, a=Said(True, "later"))
    assert said_of("a", early, {"b": other}) == {"b": Said(False, "later")}
    assert said_of("a", late, {"b": other}) == {"b": YES}
    (found,) = decided([counting("a", 1, b=YES), counting("b", 2, a=Said(True, "later"))])
    assert (found.better.version.task, found.why) == ("b", "later")


def test_what_is_not_given_stays_and_what_says_nothing_is_not_given() -> None:
    assert together(None, {"b": YES}) == {"b": YES}
    assert together({"b": OPEN, "c": NO}, {"b": YES}) == {"b": YES, "c": NO}
    assert together({"b": Said(None, "Hm.")}, {"b": YES}) == {"b": Said(None, "Hm.")}
    assert together({"b": OPEN, "c": OPEN}, {"b": Said(None, "Hm.")}) == {"b": OPEN}, "what was typed is taken back"


def test_a_reviewer_is_asked_about_works_whose_review_is_submitted() -> None:
    others = [Other("b", "K7Q2", submitted=True), Other("c", "M3X9", submitted=False)]
    with pytest.raises(Invalid, match="this work or K7Q2 is better before you submit"):
        check_complete({}, others)
    with pytest.raises(Invalid, match="why this work is better than K7Q2, or why not"):
        check_complete({"b": Said(True, " ")}, others)
    check_complete({"b": YES}, others)
    check_known(["b", "c"], others)
    with pytest.raises(Invalid, match='not compared with that of a task "d"'):
        check_known(["d"], others)


def test_pairs_of_one_reviewer_count_once_and_of_two_reviewers_never() -> None:
    ann = [counting("a", 1), counting("b", 2, a=YES), counting("c", 3, a=NO, b=Said(None, "Hm."), gone=YES)]
    ben = [counting("d", 4, "ben", a=YES)]
    found = decided([*ann, *ben])
    assert {(one.better.version.task, one.worse.version.task) for one in found} == {("b", "a"), ("a", "c")}
    assert by_task(found)["a"] == {"b": Said(False, "clear"), "c": Said(True, "brief")}


def test_a_known_order_is_found_again_and_the_middle_is_a_half() -> None:
    rng, works = np.random.default_rng(5), [f"w{i}" for i in range(12)]
    found = []
    for _reviewer in range(12):
        i, j, k = sorted(rng.choice(12, 3, replace=False))
        found += [pair(works[i], works[j]), pair(works[i], works[k]), pair(works[j], works[k])]
    scores = score_comparisons(found)
    percents = [scores.works[work].whole.percent for work in works]
    assert np.corrcoef(percents, range(12))[0, 1] < -0.9
    assert scores.middle == pytest.approx(50)
    assert sum(one.won or 0 for one in scores.works.values()) == scores.usable == len(found)
    assert sum(one.count for one in scores.works.values()) == 2 * len(found)
    for one in scores.works.values():
        assert one.whole.low is not None
        assert one.whole.high is not None
        assert 0 < one.whole.low < one.whole.percent < one.whole.high < 100
    assert RoundScores.of_json(scores.as_json()) == scores


def test_a_work_of_which_there_are_more_comparisons_has_a_surer_score() -> None:
    twice = score_comparisons([pair("a", "b"), pair("b", "a"), pair("a", "c")] * 3).works
    assert uncertainty_of(twice["a"]) < uncertainty_of(twice["c"])
    assert uncertainty_of(twice["a"]) > 0


def test_the_score_is_told_in_words() -> None:
    works = score_comparisons([pair("a", "b"), pair("a", "c"), pair("c", "b")]).works
    first, second, _why, last = comparison_reasons(works["a"])
    assert first == "Of 2 comparisons with other works, it was found better in 2."
    assert f"{works['a'].whole.percent:.1f} %" in second
    assert last.startswith("Nine times in ten, a work with such comparisons has a chance between ")
    alone = score_comparisons([pair("a", "b")]).works
    assert comparison_reasons(alone["a"])[0] == "In 1 comparison with another work it was found better."
    assert comparison_reasons(alone["b"])[0] == "In 1 comparison with another work it was not found better."


def test_why_there_is_no_score_or_a_partial_one_is_told() -> None:
    def tally(count: int, wanted: int) -> Score:
        return Score({}, None, count, wanted, "mean")

    scored = score_comparisons([pair("a", "b")]).works["a"]
    assert "has compared it with another one" in str(why_not_compared(tally(1, 2), None))
    assert "none of the reviews came in" in str(why_not_compared(tally(0, 2), None))
    assert "nobody else handed something in" in str(why_not_compared(tally(0, 0), None))
    assert "by 1 of 2 reviewers" in str(why_not_compared(tally(1, 2), scored))
    assert why_not_compared(tally(2, 2), scored) is None


def test_without_comparisons_there_are_no_scores() -> None:
    scores = score_comparisons([])
    assert (scores.works, scores.middle, scores.method) == ({}, None, "comparisons")
