"""The model behind the scores: PG1 of Piech et al., with everything that it assumes learned from the reviews.

Piech, Huang, Chen, Do, Ng and Koller, Tuned Models of Peer Assessment in MOOCs (EDM 2013), section 3, model PG1: a
submission i has a true score t_i, a reviewer r a bias b_r and a reliability (precision) p_r, and a review is

    y_ir ~ N(t_i + b_r, 1 / p_r),   t_i ~ N(mean of its round, V),   b_r ~ N(0, B),   p_r ~ Gamma.

They fix the parameters of these distributions by hand. Here they have priors that know nothing of the scale, since all
happens in units of the scores' standard deviation: standard deviations are half-Cauchy (Gelman, Prior distributions for
variance parameters in hierarchical models, Bayesian Analysis 2006), a round's mean is flat, the shape of the
reliabilities' Gamma is uniform in the coefficient of variation, which is its inverse root. A reviewer's bias and
reliability are the same in all rounds: that is how rounds help each other.

Reviews alone cannot tell whether all reviewers are too kind, so the average reviewer counts as unbiased. Staff's scores
can tell: they are true scores that are known. Then biases have a mean of their own, which is zero or, as likely as one
in ten before anything is seen (`_LENIENT`), of the size of one reviewer's bias. The doubt keeps few staff scores from
moving all others at random.

Scales end. Near the ends reviews spread less, and what a reviewer would give beyond them is cut off, so that a bias
shows less than it is. The ends are taken to be the lowest and the highest score there is. By how much the spread falls
is estimated with the rest, and a review that is expected beyond the ends hardly counts (`_CUT_OFF`, which was chosen on
simulated classes). What is expected comes from a first part of the chain that knows nothing of ends: it makes fixed
weights for the rest, as in penalised quasi-likelihood (Breslow and Clayton, Approximate inference in generalized linear
mixed models, JASA 1993). That first part also says how high true scores are as a whole, if staff do not: weights by
who is cut off must not move it.

Fixed weights leave out that scales have steps, and what the spread of the reviews says of the true score. By how much
the normal model is off for it is looked up at the end (`grid.py`).

Somebody who gives everybody the same looks precise: where many do, the model would take them for the reliable ones and
the others for careless. So they count by the chance that it is one (`_attention`).

How: Gibbs sampling, in which each step is a few passes over the reviews, so that 100,000 of them take seconds, and
which keeps what is unknown of variances in the intervals. Three things keep the chain from getting stuck: it begins
with reviewers who are equally reliable (`ALIKE`), biases are sampled as a product (parameter expansion, Gelman 2006,
section 3), and all true scores move against all biases at once, which reviews hardly notice. What is averaged over the
chain are the means and variances of the true scores given the rest, not draws of them (Rao-Blackwell).
"""

import math
from dataclasses import dataclass

import numpy as np

from nbpeer.aggregate.grid import Given, Grid
from nbpeer.aggregate.reviews import Floats, Reviews

SWEEPS = 650
SETTLED, WEIGHED, WARM_UP = 50, 150, 250
"""After so many sweeps the chain has forgotten its start, is told of the scale's ends, and counts."""
ALIKE = 20
"""In so many sweeps at first all reviewers are equally reliable. Otherwise a chain may begin by taking somebody who is
strict for careless, as that explains the same reviews, if worse, and find no way from there."""
KEPT = 200
"""So many of the means given the rest are kept, evenly spread over the sweeps that count, if at all."""
_SHAPES = np.exp(np.linspace(math.log(0.5), math.log(500), 40))
_LOG_GAMMAS = np.array([math.lgamma(shape) for shape in _SHAPES])
_NARROWING = np.linspace(0, 0.95, 20)
"""By which part the variance of reviews may be less at the ends of the scale than in its middle."""
_CUT_OFF = 0.1
"""What a review counts at least that tells little: not nothing, as some submissions have no others."""
_LENIENT = math.log(1 / 9)
"""Log odds, before anything is seen, that reviewers as a whole give more or less than staff."""
_LEAST_NOISE = 1e-6
"""Variance of a review's noise, in units of the scores' variance, below which nobody's is taken to be."""


@dataclass(frozen=True)
class Posterior:
    """What is known after the reviews, in points: of n submissions and m reviewers."""

    mean: Floats
    """(n) expected true scores."""
    variance: Floats
    """(n)"""
    bias: Floats
    """(m) expected biases: how much more than others a reviewer gives."""
    bias_variance: Floats
    """(m)"""
    noise: Floats
    """(m) typical standard deviation of a review about true score and bias."""
    reliability: Floats
    """(m) mean of the log odds of `V / (V + 1 / p_r)`: what is true in differences once bias is gone."""
    reliability_variance: Floats
    """(m)"""
    draws: Floats
    """(n, `KEPT` or 0) true scores expected given biases and the rest, over the chain: how they vary together."""
    rest: Floats
    """(n) mean variance of the true scores given biases and the rest: what varies in each alone."""


def sample(reviews: Reviews, rng: np.random.Generator, *, keep: bool = False) -> Posterior:
    """Return the posterior of `reviews`; with its `draws` only to `keep` them.

    Raises ValueError when there is nothing to learn from: no reviews, or all scores (staff's, too) the same.
    """
    known = np.concatenate([reviews.score, reviews.staff[~np.isnan(reviews.staff)]])
    unit = float(known.std()) if len(reviews.score) else 0.0
    if unit <= 1e-12 * float(np.abs(known).max(initial=0.0)):
        raise ValueError("Scores that are all the same, or none, tell nothing about reviewers.")
    zero = float(reviews.score.mean())
    chain = _Chain(reviews, (reviews.score - zero) / unit, (reviews.staff - zero) / unit, rng)
    sums = _Sums(chain, keep=keep)
    for _number in range(ALIKE):
        chain.sweep(alike=True)
    settled = _run(chain, SETTLED - ALIKE, WEIGHED - ALIKE)
    chain.weigh(*settled)
    chain.weigh(*_run(chain, (WARM_UP - WEIGHED) // 2, WARM_UP - WEIGHED))
    for number in range(SWEEPS - WARM_UP):
        chain.sweep()
        sums.add(number)
    means = sums.means()
    offset = 0.0 if chain.anchored.any() else float(np.mean(settled[0] - means))
    return sums.posterior(zero, unit, means, offset)


def _run(chain: "_Chain", skipped: int, sweeps: int) -> tuple[Floats, Floats]:
    """Let the chain go on; return the means of true scores and biases over the sweeps that are not skipped."""
    truth, bias = np.zeros(len(chain.truth)), np.zeros(len(chain.bias))
    for number in range(sweeps):
        chain.sweep()
        if number >= skipped:
            truth += chain.mean
            bias += chain.bias
    return truth / (sweeps - skipped), bias / (sweeps - skipped)


class _Chain:
    """The state of the sampler, in units of the scores' standard deviation, and its steps."""

    def __init__(self, reviews: Reviews, score: Floats, staff: Floats, rng: np.random.Generator) -> None:
        self.reviews, self.score, self.rng = reviews, score, rng
        self.anchored = ~np.isnan(staff)
        self.anchors = staff[self.anchored]
        self.on_anchor = self.anchored[reviews.submission]
        self.attention = np.maximum(_attention(reviews, score), _CUT_OFF)[reviews.reviewer]
        self.uncut, self.weights = self.attention, self.attention
        self.grid = Grid(reviews, score, self.attention, _resolution(score)) if np.ptp(score) > 0 else None
        self.per_round = reviews.in_round(np.ones(len(reviews.keys)))
        # Samples for calibration are chosen, not handed in: how they spread says nothing about submissions.
        whole = reviews.in_round(self.anchored.astype(float)) == self.per_round
        self.typical = ~whole[reviews.round] if not whole.all() else np.ones(len(reviews.keys), bool)
        self.most_precise = 1 / max(_resolution(score) ** 2 / 12, _LEAST_NOISE)
        m = len(reviews.reviewers)
        self.counts = self.totals = reviews.per_reviewer(self.attention)
        self.truth = np.where(
            self.anchored, staff, reviews.per_submission(score) / np.maximum(reviews.per_submission(), 1)
        )
        self.mean, self.variance = self.truth, np.zeros(len(self.truth))
        self.means = reviews.in_round(self.truth) / self.per_round
        self.spread = 0.5
        off = reviews.per_reviewer(score - self.truth[reviews.submission]) / np.maximum(reviews.per_reviewer(), 1)
        self.factor, self.factors, self.factors_spread, self.lenience = 0.5, off / 0.5, 1.0, 0.0
        self.lenient = False
        self.bias = self.factor * self.factors
        self.precision, self.shape, self.noise, self.noise_rate = np.full(m, 2.0), 5.0, 0.5, 1.0

    def sweep(self, *, alike: bool = False) -> None:
        """Draw everything once, each given all else; reviewers' reliabilities as one, while they are to be `alike`."""
        self._draw_truth()
        self._draw_bias()
        self._shift()
        self._draw_lenience()
        self._draw_rounds()
        if alike:
            self._draw_precision_of_all()
        else:
            self._draw_precision()
            self._draw_shape()

    def weigh(self, truth: Floats, bias: Floats) -> None:
        """Weigh the reviews by what the scale's ends do to them, at these true scores and biases."""
        if self.grid is None:
            return
        low, high = self.grid.ends
        expected = truth[self.reviews.submission] + bias[self.reviews.reviewer]
        from_middle = self.grid.place(expected)
        precision = self.precision[self.reviews.reviewer]
        errors = precision * self._errors() ** 2
        likely = np.array(
            [-np.sum(np.log(v) + errors / v) / 2 for v in (1 - part * from_middle for part in _NARROWING)]
        )
        chances = np.exp(likely - likely.max())
        spread = 1 - np.dot(chances, _NARROWING) / chances.sum() * from_middle
        self.uncut = self.attention * np.where((expected < low) | (expected > high), _CUT_OFF, 1.0)
        self.weights = self.uncut / spread
        self.counts, self.totals = self.reviews.per_reviewer(self.uncut), self.reviews.per_reviewer(self.weights)

    def _errors(self) -> Floats:
        return self.score - self.truth[self.reviews.submission] - self.bias[self.reviews.reviewer]

    def _normal(self, weighted: Floats, precision: Floats) -> Floats:
        noise = self.rng.standard_normal(len(precision))
        return np.asarray(weighted / precision + noise / np.sqrt(precision), np.float64)

    def _draw_truth(self) -> None:
        weights = self.precision[self.reviews.reviewer] * self.weights
        precision = 1 / self.spread + self.reviews.per_submission(weights)
        sums = self.reviews.per_submission(weights * (self.score - self.bias[self.reviews.reviewer]))
        mean = (self.means[self.reviews.round] / self.spread + sums) / precision
        self.truth = mean + self.rng.standard_normal(len(mean)) / np.sqrt(precision)
        mean[self.anchored] = self.truth[self.anchored] = self.anchors
        self.mean, self.variance = mean, np.where(self.anchored, 0.0, 1 / precision)

    def _draw_bias(self) -> None:
        """Draw biases as `factor * factors`, with a normal prior of scale 1 on the factor: together a half-Cauchy."""
        m = len(self.bias)
        off = self.weights * (self.score - self.truth[self.reviews.submission])
        residuals = self.precision * self.reviews.per_reviewer(off)
        weights = self.precision * self.totals
        self.factors = self._normal(
            self.factor * residuals + self.lenience / self.factors_spread,
            1 / self.factors_spread + self.factor**2 * weights,
        )
        precision = 1 + np.dot(self.factors**2, weights)
        self.factor = np.dot(self.factors, residuals) / precision + self.rng.standard_normal() / math.sqrt(precision)
        squares = np.sum((self.factors - self.lenience) ** 2) + self.lenience**2
        self.factors_spread = (0.5 + squares / 2) / self.rng.standard_gamma(0.5 + (m + self.lenient) / 2)
        self.bias = self.factor * self.factors

    def _shift(self) -> None:
        """Add a constant to all true scores that are not known, and take it from all biases."""
        spread = self.factor**2 * self.factors_spread
        if not spread > 1e-12:
            return
        weights = self.precision[self.reviews.reviewer] * self.weights * self.on_anchor
        off = (self.truth - self.means[self.reviews.round])[self.anchored]
        count, total = (1, self.factor * self.lenience) if self.lenient else (len(self.bias), float(self.bias.sum()))
        precision = weights.sum() + len(off) / self.spread + count / spread
        mean = (total / spread - np.dot(weights, self._errors()) + off.sum() / self.spread) / precision
        shift = mean + self.rng.standard_normal() / math.sqrt(precision)
        self.truth = np.where(self.anchored, self.truth, self.truth + shift)
        self.means = self.means + shift
        self.bias = self.bias - shift
        self.factors = self.factors - shift / self.factor
        if self.lenient:
            self.lenience -= shift / self.factor

    def _draw_lenience(self) -> None:
        """Draw whether the biases' mean is zero, then the mean, in units of `factor`; it is zero without anchors."""
        if not self.anchored.any():
            return
        m, middle = len(self.factors), float(self.factors.mean())
        own, common = self.factors_spread / m, self.factors_spread * (1 + 1 / m)
        odds = _LENIENT + 0.5 * (math.log(own / common) + middle**2 * (1 / own - 1 / common))
        self.lenient = self.rng.random() < 1 / (1 + math.exp(-min(odds, 500)))
        draw = self.rng.standard_normal() * math.sqrt(self.factors_spread / (m + 1))
        self.lenience = middle * m / (m + 1) + draw if self.lenient else 0.0

    def _draw_rounds(self) -> None:
        """Draw the rounds' means, and how true scores spread about them: half-Cauchy as a mixture of inverse gammas."""
        sums = self.reviews.in_round(self.truth)
        self.means = self._normal(sums / self.spread, self.per_round / self.spread)
        off = (self.truth - self.means[self.reviews.round])[self.typical]
        rate = self.rng.standard_gamma(1.0) / (1 + 1 / self.spread)
        self.spread = (rate + np.dot(off, off) / 2) / self.rng.standard_gamma(0.5 + len(off) / 2)

    def _draw_precision_of_all(self) -> None:
        errors = np.dot(self.weights, self._errors() ** 2)
        drawn = self.rng.standard_gamma(1 + self.counts.sum() / 2) / (_LEAST_NOISE + errors / 2)
        self.precision = np.full(len(self.bias), min(drawn, self.most_precise))
        self.shape, self.noise = float(_SHAPES[-1]), 1 / float(self.precision[0])

    def _draw_precision(self) -> None:
        squares = self.weights * self._errors() ** 2
        rates = self.shape * self.noise + self.reviews.per_reviewer(squares) / 2
        drawn = self.rng.standard_gamma(self.shape + self.counts / 2) / rates
        self.precision = np.minimum(drawn, self.most_precise)

    def _draw_shape(self) -> None:
        """Draw the noise of a typical reviewer (half-Cauchy as a mixture of gammas) and how much reviewers differ."""
        m, total, logs = len(self.precision), self.precision.sum(), np.log(self.precision).sum()
        self.noise = self.rng.standard_gamma(m * self.shape + 0.5) / (self.shape * total + self.noise_rate)
        self.noise_rate = self.rng.standard_gamma(1.0) / (self.noise + 1)
        likely = m * (_SHAPES * np.log(_SHAPES * self.noise) - _LOG_GAMMAS)
        likely += _SHAPES * (logs - self.noise * total) - np.log(_SHAPES) / 2
        chances = np.cumsum(np.exp(likely - likely.max()))
        self.shape = float(_SHAPES[np.searchsorted(chances, self.rng.random() * chances[-1])])


class _Sums:
    """Sums over the sweeps that count."""

    def __init__(self, chain: _Chain, *, keep: bool) -> None:
        self.chain, self.count, self.keep = chain, 0, keep
        self.rest, self.rounds, self.spread = np.zeros(len(chain.truth)), np.zeros(len(chain.means)), 0.0
        self.truth, self.bias, self.odds = (np.zeros((2, len(each))) for each in (chain.truth, chain.bias, chain.bias))
        self.logs = np.zeros(len(chain.bias))
        self.draws: list[Floats] = []

    def add(self, number: int) -> None:
        """Add the chain's state, `number` sweeps after the warm-up."""
        chain = self.chain
        logs = np.log(chain.precision)
        for sums, values in (
            (self.truth, chain.mean),
            (self.bias, chain.bias),
            (self.odds, logs + math.log(chain.spread)),
        ):
            sums[0] += values
            sums[1] += values**2
        self.rest += chain.variance
        self.logs += logs
        self.rounds += chain.means
        self.spread += chain.spread
        self.count += 1
        if self.keep and number % ((SWEEPS - WARM_UP) // KEPT) == 0:
            self.draws.append(chain.mean)

    def means(self) -> Floats:
        """Return (n) the means of the true scores: the chain's, and by how much the normal model's are off.

        That is looked up where the rest is as expected. It varies little with the rest, so this comes as near to the
        truth as looking at each sweep, which takes many times as long.
        """
        chain, reviews = self.chain, self.chain.reviews
        truth, bias = (_moments(sums / self.count) for sums in (self.truth, self.bias))
        if chain.grid is None:
            return truth[0]
        given = Given(
            mean=truth[0],
            variance=np.where(chain.anchored, self.spread / self.count, self.rest / self.count + truth[1]),
            bias=bias[0],
            precision=np.exp(self.logs / self.count),
            means=self.rounds / self.count,
            spread=self.spread / self.count,
        )
        weights = given.precision[reviews.reviewer] * chain.weights
        sums = reviews.per_submission(weights * (chain.score - given.bias[reviews.reviewer]))
        precision = 1 / given.spread + reviews.per_submission(weights)
        normal = (given.means[reviews.round] / given.spread + sums) / precision
        return np.where(chain.anchored, truth[0], truth[0] + chain.grid.means(given) - normal)

    def posterior(self, zero: float, unit: float, means: Floats, offset: float) -> Posterior:
        """Return the averages in points: a unit of the chain is `unit` points, its zero is at `zero`.

        `offset`, in units, is added to all true scores and taken from all biases.
        """
        truth, bias, odds = (_moments(sums / self.count) for sums in (self.truth, self.bias, self.odds))
        rest = self.rest / self.count
        draws = np.array(self.draws).T if self.keep else np.zeros((len(rest), 0))
        return Posterior(
            mean=zero + unit * (means + offset),
            variance=np.where(self.chain.anchored, 0.0, unit**2 * (rest + truth[1])),
            bias=unit * (bias[0] - offset),
            bias_variance=unit**2 * bias[1],
            noise=unit * np.exp(-self.logs / self.count / 2),
            reliability=odds[0],
            reliability_variance=odds[1],
            draws=zero + unit * draws,
            rest=unit**2 * rest,
        )


def _attention(reviews: Reviews, score: Floats) -> Floats:
    """Return (m) the chance that a reviewer looked: 1, but for those who gave all of two and more the same.

    For each value, it is the number of reviewers expected to give nothing else by chance, as often as the value occurs
    among all reviews, over the number of those who did (a local false discovery rate, Efron et al. 2001).
    """
    values, which = np.unique(score, return_inverse=True)
    share = np.bincount(which) / max(len(score), 1)
    counts = reviews.per_reviewer().astype(np.intp)
    lowest, highest = np.full(len(counts), len(values)), np.full(len(counts), -1)
    np.minimum.at(lowest, reviews.reviewer, which)
    np.maximum.at(highest, reviews.reviewer, which)
    constant = (lowest == highest) & (counts > 1)
    sizes, of_size = np.unique(counts[counts > 1], return_counts=True)
    found = np.bincount(lowest[constant], minlength=len(values))
    expected = np.array([np.dot(of_size, share[v] ** sizes) if found[v] else 0.0 for v in range(len(values))])
    attention = np.ones(len(counts))
    attention[constant] = np.minimum(expected[lowest[constant]] / found[lowest[constant]], 1.0)
    return attention


def _moments(means: Floats) -> tuple[Floats, Floats]:
    """Return mean and variance from the means of the values and of their squares."""
    return means[0], np.maximum(means[1] - means[0] ** 2, 0.0)


def _resolution(score: Floats) -> float:
    """Return the smallest difference between two scores: they are rounded to it, which is noise as well."""
    return float(np.diff(np.unique(score)).min(initial=np.inf)) if len(np.unique(score)) > 1 else 0.0
