import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbpeer.aggregate import Comparison, rank

NAMES = st.sampled_from("abcde")
COMPARISONS = st.lists(
    st.tuples(NAMES, NAMES).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: Comparison(*pair)), max_size=20
)


def test_strengths_are_found_from_who_won() -> None:
    rng = np.random.default_rng(1)
    strength = rng.standard_normal(30)
    comparisons = []
    for _number in range(3000):
        i, j = rng.choice(30, 2, replace=False)
        better = rng.random() < 1 / (1 + math.exp(strength[j] - strength[i]))
        comparisons.append(Comparison(f"{i:02}", f"{j:02}") if better else Comparison(f"{j:02}", f"{i:02}"))
    ranked = {one.submission: one for one in rank(comparisons)}
    found = np.array([ranked[f"{i:02}"].strength for i in range(30)])
    assert np.corrcoef(found, strength)[0, 1] > 0.95
    middle = strength - strength.mean()
    inside = [ranked[f"{i:02}"].low <= middle[i] <= ranked[f"{i:02}"].high for i in range(30)]
    assert np.mean(inside) > 0.75


def test_two_of_three_wins_are_what_the_formula_says() -> None:
    """Wins, the prior's half one among them, are as many as expected at the best fit; strengths are x and 1 / x."""
    best, worst = rank([Comparison("a", "b"), Comparison("a", "b"), Comparison("b", "a")])
    assert best.submission == "a"
    assert best.strength == pytest.approx(-worst.strength, abs=1e-6)
    x = math.exp(best.strength)
    assert 3 * x / (x + 1 / x) + x / (x + 1) == pytest.approx(2.5, abs=1e-6)
    assert best.percent == pytest.approx(100 * x / (x + 1 / x))


def test_who_won_all_and_who_is_in_none_have_a_place() -> None:
    ranked = rank([Comparison("a", "b")], ["c"])
    assert [one.submission for one in ranked] == ["a", "c", "b"]
    assert ranked[1].count == 0
    assert ranked[1].high - ranked[1].low > ranked[0].high - ranked[0].low


def test_nothing_has_no_places_and_one_is_in_the_middle() -> None:
    assert rank([]) == ()
    assert rank([], ["a"])[0].percent == 50


def test_something_is_not_better_than_itself() -> None:
    with pytest.raises(ValueError, match='"a" was compared with itself'):
        rank([Comparison("a", "a")])


@given(COMPARISONS, st.randoms(use_true_random=False))
def test_the_order_of_comparisons_does_not_matter(comparisons: list[Comparison], random: object) -> None:
    shuffled = sorted(comparisons, key=lambda _one: random.random())  # type: ignore[attr-defined]
    for one, other in zip(rank(comparisons, "abcde"), rank(shuffled, "abcde"), strict=True):
        assert one.strength == pytest.approx(other.strength, abs=1e-6)


@given(COMPARISONS)
def test_chances_lie_between_none_and_all_and_average_half(comparisons: list[Comparison]) -> None:
    ranked = rank(comparisons, "abcde")
    assert all(0 < one.percent < 100 and one.low < one.strength < one.high for one in ranked)
    assert np.mean([one.percent for one in ranked]) == pytest.approx(50)
