import numpy as np
import pytest

from nbpeer.aggregate import Review, collect, score, triage
from tests.unit.nbpeer.worlds import scored, world


def test_a_submission_with_one_review_is_looked_at_before_those_with_many() -> None:
    found = world(np.random.default_rng(1))
    rows = [row for row in found.rows if row.submission != "s010"]
    rows.append(next(row for row in found.rows if row.submission == "s010"))
    reviews = collect(rows)
    (first,) = triage(reviews, score(reviews, np.random.default_rng(0), for_triage=True), 1)
    assert first.submission == "s010"
    assert 0 < first.own <= first.gain


def test_checking_the_suggested_lowers_the_error_more_than_checking_some() -> None:
    differences = []
    for seed in range(12):
        rng = np.random.default_rng([2, seed])
        found = world(rng, bias=1.5, k=3)
        # Submissions get from one to three reviews, as in a round with dropouts.
        rows = [row for row in found.rows if row.reviewer >= "m015" or rng.random() < 0.3]
        reviews = collect(rows)
        scores = score(reviews, np.random.default_rng(0), for_triage=True)
        chosen = {(one.round, one.submission) for one in triage(reviews, scores, 8)}
        some = {reviews.keys[i] for i in rng.choice(len(reviews.keys), 8, replace=False)}
        errors = [
            found.error(score(collect(rows, {key: found.truth[key] for key in which}), np.random.default_rng(0)))
            for which in (chosen, some)
        ]
        differences.append(errors[0] - errors[1])
    assert np.mean(differences) < 0


def test_what_staff_scored_is_not_suggested_again_nor_what_does_not_matter() -> None:
    found = world(np.random.default_rng(3), n=20, rounds=2)
    staff = dict(list(found.truth.items())[:15])
    reviews = collect(found.rows, staff)
    scores = score(reviews, np.random.default_rng(0), for_triage=True)
    suggested = {(one.round, one.submission) for one in triage(reviews, scores, 100)}
    assert suggested == set(found.truth) - set(staff)
    of_round = {key for key in found.truth if key[0] == "r01"}
    assert {one.round for one in triage(reviews, scores, 3, of_round)} == {"r01"}


def test_a_large_budget_is_spent_without_naming_anything_twice() -> None:
    found = world(np.random.default_rng(4), n=150, k=3)
    scores = score(found.reviews, np.random.default_rng(0), for_triage=True)
    suggested = triage(found.reviews, scores, 150)
    assert len({one.submission for one in suggested}) == 150


def test_where_scores_do_not_differ_the_fewest_reviews_come_first() -> None:
    reviews = collect([Review("a", "m1", 5), Review("a", "m2", 5), Review("b", "m1", 5)])
    scores = score(reviews, np.random.default_rng(0), for_triage=True)
    assert [one.submission for one in triage(reviews, scores, 2)] == ["b", "a"]


def test_what_cannot_be_asked_is_said() -> None:
    found = world(np.random.default_rng(5), n=10)
    with pytest.raises(ValueError, match="negative"):
        triage(found.reviews, scored(found), -1)
    with pytest.raises(ValueError, match="for triage"):
        triage(found.reviews, scored(found), 1)
    with pytest.raises(ValueError, match="bayes"):
        triage(found.reviews, scored(found, "mean"), 1)
