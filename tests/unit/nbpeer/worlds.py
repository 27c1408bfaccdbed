"""Simulated reviews whose truth is known, for the tests of scores."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbpeer.aggregate import Review, Reviews, Scores, collect, score

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    rows: list[Review]
    truth: dict[tuple[str, str], float]
    bias: dict[str, float]

    @property
    def reviews(self) -> Reviews:
        return collect(self.rows)

    def error(self, scores: Scores) -> float:
        return float(np.mean([(one.score - self.truth[one.round, one.submission]) ** 2 for one in scores.submissions]))


def world(
    rng: np.random.Generator,
    *,
    n: int = 60,
    k: int = 4,
    rounds: int = 1,
    bias: float = 1.0,
    noise: Floats | float = 1.0,
    constant: int = 0,
    heavy: bool = False,
) -> World:
    """Return `rounds` rounds of n works by n reviewers, k reviews each, on a scale about 7 with a spread of 1.5.

    The biases have the standard deviation `bias`, reviews that of `noise` (of each reviewer); the first `constant`
    reviewers give everybody 10; `heavy` noise has wide tails.
    """
    biases = bias * rng.standard_normal(n)
    deviations = np.broadcast_to(np.asarray(noise, float), (n,))
    rows, truths = [], {}
    for number in range(rounds):
        truth = 7 + 1.5 * rng.standard_normal(n)
        order, name = rng.permutation(n), f"r{number:02}"
        for place in range(n):
            truths[name, f"s{place:03}"] = float(truth[place])
            for step in rng.choice(n, k, replace=False):
                who = order[step]
                off = rng.standard_t(2) / 2 if heavy else rng.standard_normal()
                value = 10.0 if who < constant else truth[place] + biases[who] + deviations[who] * off
                rows.append(Review(f"s{place:03}", f"m{who:03}", float(value), name))
    return World(rows, truths, {f"m{who:03}": float(biases[who]) for who in range(n)})


def scored(found: World | Reviews, method: str = "bayes", seed: int = 0) -> Scores:
    reviews = found if isinstance(found, Reviews) else found.reviews
    return score(reviews, np.random.default_rng(seed), method)  # type: ignore[arg-type]
