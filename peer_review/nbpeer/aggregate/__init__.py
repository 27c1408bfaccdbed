"""What reviews add up to: a score per submission, and what is known of each reviewer.

- `rubric.py`: one submission's reviews by the course's rubric, in percent; all reviews weigh the same;
- `reviews.py`: all reviews of a course, from which the rest is computed;
- `scores.py`: a score with an interval for each submission, and bias and reliability of each reviewer;
- `bayes.py`: the model behind its default, PG1 of Piech et al. (2013);
- `triage.py`: which submissions staff should look at first;
- `pairwise.py`: scores from comparisons instead of reviews;
- `quality.py`: how good a member's reviews were, and how that came about.

`docs/peer-scores.md` tells the methods, their sources, and how well they do.
"""

from nbpeer.aggregate.pairwise import Comparison, Ranked, rank
from nbpeer.aggregate.quality import Part, Quality, QualityWeights, helpfulness_of, review_quality
from nbpeer.aggregate.reviews import Review, Reviews, collect
from nbpeer.aggregate.rubric import Method, Scale, Score, Summary, aggregate, total
from nbpeer.aggregate.scores import Interval, ReviewerScore, Scores, SubmissionScore, score
from nbpeer.aggregate.triage import Suggestion, triage

__all__ = [
    "Comparison",
    "Interval",
    "Method",
    "Part",
    "Quality",
    "QualityWeights",
    "Ranked",
    "Review",
    "ReviewerScore",
    "Reviews",
    "Scale",
    "Score",
    "Scores",
    "SubmissionScore",
    "Suggestion",
    "Summary",
    "aggregate",
    "collect",
    "helpfulness_of",
    "rank",
    "review_quality",
    "score",
    "total",
    "triage",
]
