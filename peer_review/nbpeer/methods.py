"""How scores can be made of reviews: the names, for settings and commands that do not score yet."""

from collections.abc import Mapping
from typing import Literal

MethodOfScores = Literal["bayes", "mean", "median"]

METHODS: Mapping[MethodOfScores, str] = {
    "bayes": "takes off what reviewers are too kind or too strict, and counts reliable ones more",
    "mean": "all reviews count the same",
    "median": "all reviews count the same, one outlier does not count",
}
"""What there is, in a few words."""
