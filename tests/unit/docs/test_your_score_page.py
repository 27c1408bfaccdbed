"""docs/your-score.md shows what the program computes."""

import re
from pathlib import Path

import numpy as np

from nbpeer.aggregate import Review, review_quality
from nbpeer.compared import Counting, Decided, Version
from nbpeer.comparison_scores import score_comparisons
from nbpeer.score_words import reasons
from nbpeer.scoring import Evidence, score_round

PAGE = (Path(__file__).parents[3] / "docs" / "your-score.md").read_text("utf-8")
QUOTED = re.findall(r"```text\n(.*?)\n```", PAGE, re.DOTALL)


def table_on_the_page(corner: str) -> tuple[list[str], list[list[str]]]:
    """Return the first line and the others of the table that has `corner` at its left above."""
    (table,) = re.findall(rf"^(\| {corner} \|.*\|\n(?:\|.*\|\n)+)", PAGE, re.MULTILINE)
    header, _line, *rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
    return header, rows


def reviews_on_the_page() -> list[Review]:
    header, rows = table_on_the_page("by")
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


def comparisons_on_the_page() -> list[Decided]:
    header, rows = table_on_the_page("better than")
    found = []
    for row in rows:
        for worse, times in zip(header[1:], row[1:], strict=True):
            one, other = (Counting(Version(name, 1, {}), "example", 1, name) for name in (row[0], worse))
            found += [Decided(one, other, "")] * int(times or 0)
    return found


def test_the_sentences_about_comparisons_are_those_of_their_table() -> None:
    scores = score_comparisons(comparisons_on_the_page())
    assert QUOTED[2] == "\n".join(reasons(scores, scores.works["Cleo"]))
    assert (scores.works["Ben"].won, scores.works["Ben"].count) == (4, 6)
    assert f"has {scores.works['Ben'].whole.percent:.1f} %: Cleo's" in PAGE


def test_the_quality_on_the_page_is_what_its_formula_gives() -> None:
    quality = review_quality(4, 3, [5, 20, 5], [75, 100, 50], [10])
    assert QUOTED[3] == "\n".join([*(part.sentence for part in quality.parts), quality.sentence])
