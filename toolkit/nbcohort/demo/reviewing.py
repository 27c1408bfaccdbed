"""How the made-up reviewers read a notebook and what they write about it. Pure and repeatable.

They see what every reviewer sees: an anonymised copy, from which they cannot know whose it is. So they judge what is
there: how much was left unsolved, what ran, what the figure shows, how much was written. What they say is in
`reviews.toml`; how they say it depends on their manner.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PHRASES = Path(__file__).with_name("reviews.toml")
_SECTION = re.compile(r"^## (\d+)\.")
_FIGURE, _TEXTS = 9, (10, 11)
"""Numbers of the notebook's sections that hold the figure and the free-text answers."""


@dataclass(frozen=True)
class Impression:
    """What a reader notices, each from 0 (bad) to 1 (good), and two counts to refer to."""

    decisions: float
    code: float
    figure: float
    report: float
    unsolved: int
    words: int


def read(notebook: Mapping[str, Any]) -> Impression:
    """Return the impression that a submitted notebook makes."""
    sections = _sections(notebook["cells"])
    code = [_source(cell) for cells in sections.values() for cell in cells if cell["cell_type"] == "code"]
    unsolved = sum("raise NotImplementedError" in text for text in code)
    figure = "\n".join(_source(cell) for cell in sections.get(_FIGURE, []) if cell["cell_type"] == "code")
    texts = [_answer(sections.get(number, [])) for number in _TEXTS]
    words = sum(len(text.split()) for text in texts)
    reasons = sum(word in " ".join(texts).lower() for word in ("because", "would", "could be wrong", "ask", "if "))
    longest = max((len(text.splitlines()) for text in code), default=0)
    bare = sum("except:" in text or "inplace=True" in text or "import json" in text for text in code)
    return Impression(
        decisions=_share(min(len(texts[1].split()), 70), 70) * 0.6 + _share(reasons, 5) * 0.4,
        code=max(0.0, 1 - 0.3 * unsolved - 0.3 * bare - (0.4 if longest > 30 else 0)),
        figure=0.0 if "plot" not in figure else 0.3 + 0.35 * ("label" in figure) + 0.35 * ("legend" in figure),
        report=_share(min(words, 120), 120),
        unsolved=unsolved,
        words=words,
    )


def write(impression: Impression, rubric: Sequence[tuple[str, int]], manner: str) -> dict[str, Any]:
    """Return the review that somebody of this manner writes: `scores`, `comments`, `overall`.

    Args:
        impression: what was noticed.
        rubric: criteria as (id, number of levels).
        manner: of the reviewer, a key in `reviews.toml`.
    """
    phrases = tomllib.loads(_PHRASES.read_text("utf-8"))
    voice = phrases["manners"][manner]
    scores, comments, seen = {}, {}, []
    for criterion, levels in rubric:
        quality = getattr(impression, criterion, (impression.code + impression.report) / 2)
        seen.append(quality)
        felt = min(1.0, max(0.0, quality + voice["leniency"]))
        scores[criterion] = round(felt * (levels - 1))
        band = "good" if quality > 0.7 else "middling" if quality > 0.35 else "weak"
        said = phrases["criteria"].get(criterion, phrases["criteria"]["any"])[band]
        comments[criterion] = _fill(_pick(said, manner, criterion, impression), impression)
    if voice.get("short"):
        comments = {name: comment.split(". ")[0].rstrip(".") + "." for name, comment in comments.items()}
    mean = sum(seen) / len(seen)
    whole = "good" if mean > 0.7 else "middling" if mean > 0.4 else "weak"
    overall = _fill(_pick(voice[whole], manner, "overall", impression), impression)
    return {"scores": scores, "comments": comments, "overall": overall}


def as_form(review: Mapping[str, Any]) -> str:
    """Return a review as the form (TOML) that `nbcohort review submit` takes."""
    lines = [f"overall = {_quoted(review['overall'])}"]
    for criterion, level in review["scores"].items():
        lines += ["", f"[criteria.{_quoted(criterion)}]", f"level = {level}"]
        lines.append(f"comment = {_quoted(review['comments'].get(criterion, ''))}")
    return "\n".join(lines) + "\n"


def rubric_of_form(form: str) -> list[tuple[str, int]]:
    """Return the criteria of an empty form, as (id, number of levels): its comments count the levels."""
    found: list[tuple[str, int]] = []
    levels = 0
    for line in form.splitlines():
        if re.match(r"#\s+\d+  ", line):
            levels += 1
        elif section := re.match(r'\[criteria\."(.+)"\]', line):
            found.append((section[1], levels))
            levels = 0
    return found


def _sections(cells: Sequence[Mapping[str, Any]]) -> dict[int, list[Mapping[str, Any]]]:
    """Return the cells by the number of the heading they stand under."""
    sections: dict[int, list[Mapping[str, Any]]] = {0: []}
    number = 0
    for cell in cells:
        if cell["cell_type"] == "markdown" and (heading := _SECTION.match(_source(cell))):
            number = int(heading[1])
        sections.setdefault(number, []).append(cell)
    return sections


def _answer(cells: Sequence[Mapping[str, Any]]) -> str:
    """Return what was written under a section's heading; nothing if it is as it was released."""
    text = "\n".join(_source(cell) for cell in cells[1:] if cell["cell_type"] == "markdown")
    return "" if "answer here" in text.lower() else text


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])


def _share(part: float, whole: float) -> float:
    return part / whole


def _pick(choices: Sequence[str], *of: object) -> str:
    """Return one of `choices`, always the same for the same circumstances."""
    number = int.from_bytes(hashlib.sha256(repr(of).encode()).digest()[:4])
    return choices[number % len(choices)]


def _fill(text: str, impression: Impression) -> str:
    return text.format(unsolved=impression.unsolved, words=impression.words)


def _quoted(text: str) -> str:
    """Return `text` as a TOML basic string; JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)
