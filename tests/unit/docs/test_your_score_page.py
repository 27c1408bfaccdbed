"""docs/your-score.md shows what the program computes."""

import re
from pathlib import Path

import numpy as np

from nbpeer.aggregate import Review, review_quality
from nbpeer.score_words import reasons
from nbpeer.scoring import Evidence, score_round

PAGE = (Path(__file__).parents[3] / "docs" / "your-score.md").read_text("utf-8")
QUOTED = re.findall(r"```text\n(.*?)\n```", PAGE, re.DOTALL)


def reviews_on_the_page() -> list[Review]:
    table = re.findall(r"^\|(.*)\|$", PAGE, re.MULTILINE)
    header, _line, *rows = [[cell.strip() for cell in row.split("|")] for row in table]
    return [
        Review(author, row[0], float(given), "example")
        for row in rows
        for author, given in zip(header[1:], row[1:], strict=True)
        if given
    ]


def test_the_sentences_of_the_example_are_those_of_its_table() -> None:
    scores = score_round(Evidence("example", tuple(reviews_on_the_page()), {}), "bayes", np.random.default_rng(1))
    for quoted, author in zip(QUOTED[:2], ("Cleo", "Hana"), strict=True):
        assert quoted == "\n".join(reasons(scores, scores.works[author]))


def test_the_quality_on_the_page_is_what_its_formula_gives() -> None:
    quality = review_quality(4, 3, [5, 20, 5], [75, 100, 50], [10])
    assert QUOTED[2] == "\n".join([*(part.sentence for part in quality.parts), quality.sentence])
