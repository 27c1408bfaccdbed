"""The figures of the benchmark, on fewer classes: within three standard errors of what is to be reached."""

import numpy as np
import pytest

from benchmarks import peer_scores


def test_everybody_reviews_and_is_reviewed_as_often_and_nobody_themselves() -> None:
    edges = peer_scores.regular_graph(100, 4, np.random.default_rng(0))
    assert (np.bincount(edges.ravel()) == 4).all()
    assert (edges[:, 0] != edges[:, 1]).all()
    assert len({frozenset(edge) for edge in edges.tolist()}) == 200


@pytest.mark.parametrize(
    ("classes", "better", "worse", "reach"),
    [
        ("one_assignment", "mse_one", "mse_mean", 0.361),
        ("one_assignment", "mse_one_unbiased", "mse_mean_unbiased", 0.283),
        ("pooled", "mse_pooled10", "mse_mean10", 0.29),
    ],
)
def test_errors_are_as_small_as_is_to_be_reached(classes: str, better: str, worse: str, reach: float) -> None:
    figures = [dict(getattr(peer_scores, classes)(seed)) for seed in range(8)]
    errors = np.array([one[better] for one in figures])
    assert errors.mean() <= reach + 3 * errors.std() / np.sqrt(len(errors))
    assert errors.mean() < np.mean([one[worse] for one in figures])
