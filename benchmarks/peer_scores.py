"""How near scores from peer reviews come to the truth, in a simulated class whose truth is known.

The class is that of Burrell and Schoenebeck, Measurement Integrity in Peer Prediction: A Peer Assessment Case Study
(2021): 100 members each hand in one submission and review four, along a random 4-regular graph. A submission's true
score is Bin(10, 0.7), a reviewer's bias N(0, 1), their effort U(0, 2); a review is the mean of 1 + Poisson(effort)
draws of Bin(10, (truth + bias) / 10), the probability clipped to 0-1, rounded to whole points. The figures published
with it are of an EM algorithm that is told the truth's mean and variance, the biases' variance and the distribution of
the reliabilities. Ours is told the reviews. All figures are mean squared errors over submissions, in points squared,
with standard errors over simulated classes; each class is seen by all methods.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from nbpeer.aggregate import Review, Reviews, Scores, collect, score, triage
from nbpeer.methods import MethodOfScores

N, K, TOP = 100, 4, 10
ROUNDS = 10
CHECKED = N // 10
PUBLISHED = {
    "mse_mean": 0.560,
    "mse_one": 0.361,
    "mse_mean_unbiased": 0.330,
    "mse_one_unbiased": 0.283,
}
GOALS = {"mse_one": 0.361, "mse_pooled10": 0.29}
WHAT = {
    "mse_mean": "the mean of the reviews",
    "mse_median": "their median",
    "mse_one": "our default, one assignment",
    "mse_spot_random": "the same, 10 % at random scored by staff",
    "mse_spot_chosen": "the same, 10 % chosen by triage scored by staff",
    "mse_mean_unbiased": "the mean, nobody is biased",
    "mse_one_unbiased": "our default, nobody is biased",
    "mse_mean10": "the mean, ten assignments",
    "mse_pooled10": "our default, biases pooled over ten assignments",
    "mse_pooled10_without_offset": "of it, what is not an offset common to all",
    "coverage90_one": "part of the truth in the 90 % intervals, one",
    "coverage90_pooled10": "part of the truth in the 90 % intervals, ten",
}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Reviews, and the truth that they are about, in the order of `reviews.keys`."""

    reviews: Reviews
    truth: Floats
    bias: Floats
    """(N) of the members, in the order of `reviews.reviewers`."""

    def checked(self, which: list[int]) -> Reviews:
        """Return the reviews with staff's scores, which are the truth, of the submissions `which`."""
        names = (self.reviews.reviewers, self.reviews.reviewer)
        rows = zip(self.reviews.submission, names[1], self.reviews.score, strict=True)
        keys = self.reviews.keys
        return collect(
            [Review(keys[i][1], names[0][r], float(value), keys[i][0]) for i, r, value in rows],
            {keys[i]: float(self.truth[i]) for i in which},
        )


def regular_graph(n: int, k: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the n * k / 2 edges of a random graph in which everybody has k neighbours."""
    while True:
        edges = rng.permutation(np.repeat(np.arange(n), k)).reshape(-1, 2)
        for _try in range(100):
            bad = _improper(edges, n)
            if not len(bad):
                return edges
            other = rng.integers(len(edges), size=len(bad))
            for i, j in zip(bad, other, strict=True):
                edges[i, 1], edges[j, 1] = edges[j, 1], edges[i, 1]


def _improper(edges: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """Return which edges are loops or repeat an earlier one."""
    ends = np.sort(edges, axis=1)
    _values, first = np.unique(ends[:, 0] * n + ends[:, 1], return_index=True)
    repeated = np.ones(len(edges), bool)
    repeated[first] = False
    return np.flatnonzero(repeated | (edges[:, 0] == edges[:, 1]))


def world(rng: np.random.Generator, rounds: int = 1, *, biased: bool = True) -> World:
    """Return a class that holds `rounds` rounds of peer review."""
    bias, effort = rng.standard_normal(N) * biased, rng.uniform(0, 2, N)
    rows: list[Review] = []
    truths = []
    for number in range(rounds):
        truth = rng.binomial(TOP, 0.7, N)
        edges = regular_graph(N, K, rng)
        of, by = np.concatenate([edges, edges[:, ::-1]]).T
        draws = 1 + rng.poisson(effort[by])
        chance = np.clip((truth[of] + bias[by]) / TOP, 0, 1)
        values = np.rint(rng.binomial(TOP * draws, chance) / draws)
        rows += [
            Review(f"s{i:03}", f"m{r:03}", float(value), f"ps{number:02}")
            for i, r, value in zip(of, by, values, strict=True)
        ]
        truths.append(truth)
    return World(collect(rows), np.concatenate(truths).astype(float), bias)


def one_assignment(seed: int) -> Iterator[tuple[str, float]]:
    """Yield the errors of one class and one round, by method, and with spot checks."""
    rng = np.random.default_rng([seed, 1])
    for suffix, biased in (("_unbiased", False), ("", True)):
        found = world(rng, biased=biased)
        yield f"mse_mean{suffix}", _error(found, found.reviews, rng, "mean")
        yield f"mse_one{suffix}", _error(found, found.reviews, rng)
    yield "mse_median", _error(found, found.reviews, rng, "median")
    scores = score(found.reviews, rng, for_triage=True)
    index = {key: i for i, key in enumerate(found.reviews.keys)}
    chosen = [index[one.round, one.submission] for one in triage(found.reviews, scores, CHECKED)]
    drawn = [int(i) for i in rng.choice(N, CHECKED, replace=False)]
    yield "coverage90_one", _inside(scores, found.truth)
    for name, which in (("random", drawn), ("chosen", chosen)):
        yield f"mse_spot_{name}", _error(found, found.checked(which), rng)


def pooled(seed: int) -> Iterator[tuple[str, float]]:
    """Yield the errors over ten rounds of one class, scored together, and what is left without the common offset."""
    rng = np.random.default_rng([seed, 2])
    found = world(rng, ROUNDS)
    scores = score(found.reviews, rng)
    off = np.array([one.score for one in scores.submissions]) - found.truth
    yield "mse_pooled10", float(np.mean(off**2))
    yield "mse_pooled10_without_offset", float(np.var(off))
    yield "mse_mean10", _error(found, found.reviews, rng, "mean")
    yield "coverage90_pooled10", _inside(scores, found.truth)


def _error(found: World, reviews: Reviews, rng: np.random.Generator, method: MethodOfScores = "bayes") -> float:
    scores = score(reviews, rng, method).submissions
    return float(np.mean((np.array([one.score for one in scores]) - found.truth) ** 2))


def _inside(scores: Scores, truth: Floats) -> float:
    """Return which part of the truth is inside the intervals."""
    intervals = [one.interval for one in scores.submissions]
    return float(
        np.mean([one is not None and one.low <= t <= one.high for one, t in zip(intervals, truth, strict=True)])
    )


def measure(classes: int, classes10: int, console: Console) -> dict[str, tuple[float, float]]:
    """Return mean and standard error of each figure, over `classes` of one round and `classes10` of ten."""
    found: dict[str, list[float]] = {}
    for what, count in ((one_assignment, classes), (pooled, classes10)):
        for seed in track(range(count), what.__name__, console=console, transient=True):
            for name, value in what(seed):
                found.setdefault(name, []).append(value)
    return {name: (float(np.mean(each)), float(np.std(each) / np.sqrt(len(each)))) for name, each in found.items()}


def show(figures: Mapping[str, tuple[float, float]], console: Console) -> None:
    """Print the figures beside the published ones."""
    table = Table("figure", "what it is of", title="Mean squared errors", title_justify="left")
    table.columns[0].no_wrap = True
    for heading in ("found", "± s.e.", "published", "to reach"):
        table.add_column(heading, justify="right")
    for name, what in WHAT.items():
        value, error = figures[name]
        beside = (f"{each[name]:.3f}" if name in each else "" for each in (PUBLISHED, GOALS))
        table.add_row(name, what, f"{value:.3f}", f"{error:.3f}", *beside)
    console.print(table)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, default=150, help="simulated classes of one round")
    parser.add_argument("--classes10", type=int, default=60, help="simulated classes of ten rounds")
    parser.add_argument("--quick", action="store_true", help="a tenth of each: rough figures in some seconds")
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    arguments = parser.parse_args()
    shrink = 10 if arguments.quick else 1
    console = Console(highlight=False)
    figures = measure(max(arguments.classes // shrink, 2), max(arguments.classes10 // shrink, 2), console)
    show(figures, console)
    if arguments.json is not None:
        values = {name: value for name, (value, _error) in figures.items()}
        errors = {f"{name}_se": error for name, (_value, error) in figures.items()}
        arguments.json.write_text(json.dumps(values | errors, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
