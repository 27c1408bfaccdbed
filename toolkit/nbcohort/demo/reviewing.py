"""How the made-up reviewers read a notebook and what they write about it. Pure and repeatable.

They see what every reviewer sees: an anonymised copy, from which they cannot know whose it is. So they judge what is
there: how much was left unsolved, what looks odd, what the figure shows, what was written. What they say is in
`reviews.toml`; each has a way of their own to see and to say it.
"""

import json
import re
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PHRASES = Path(__file__).with_name("reviews.toml")
_SECTION = re.compile(r"^## (\d+)\.")
_FIGURE, _TEXTS = 9, (10, 11)
"""Numbers of the notebook's sections that hold the figure and the free-text answers."""

_ODD = ("except:", "inplace=True", "import json", "import dates_made_easy", "print(len(tidy))", "dayfirst=True")
"""What makes a reader frown."""
_REASONS = ("because", "would", "could be wrong", "ask", "look at", "if ")
_WORDS_ENOUGH = 110


@dataclass(frozen=True)
class Impression:
    """What a reader notices, each from 0 (bad) to 1 (good), and how many words of text there were."""

    decisions: float
    code: float
    figure: float
    report: float
    words: int


def read(notebook: Mapping[str, Any]) -> Impression:
    """Return the impression that a submitted notebook makes."""
    sections = _sections(notebook["cells"])
    code = [_source(cell) for cells in sections.values() for cell in cells if cell["cell_type"] == "code"]
    unsolved = sum("raise NotImplementedError" in text for text in code)
    odd = sum(sign in text for text in code for sign in _ODD)
    figure = "\n".join(_source(cell) for cell in sections.get(_FIGURE, []) if cell["cell_type"] == "code")
    texts = [_answer(sections.get(number, [])).lower() for number in _TEXTS]
    words = sum(len(text.split()) for text in texts)
    reasons = sum(reason in text for text in texts for reason in _REASONS)
    return Impression(
        decisions=min(1.0, reasons / 6),
        code=max(0.0, 0.95 - 0.25 * unsolved - 0.3 * odd),
        figure=0.0 if "plot" not in figure else 0.2 + 0.4 * ("label(" in figure) + 0.35 * ("legend" in figure),
        report=min(0.95, words / _WORDS_ENOUGH) if words > 20 else 0.1,
        words=words,
    )


def write(impression: Impression, rubric: Sequence[tuple[str, int]], reviewer: str) -> dict[str, Any]:
    """Return the review that `reviewer` writes: `scores`, `comments`, `overall`.

    Args:
        impression: what was noticed.
        rubric: criteria as (id, number of levels).
        reviewer: a key under `reviewers` in `reviews.toml`.
    """
    phrases = tomllib.loads(_PHRASES.read_text("utf-8"))
    voice = phrases["reviewers"][reviewer]
    scores, comments, seen = {}, {}, []
    for criterion, levels in rubric:
        quality = getattr(impression, criterion, (impression.code + impression.report) / 2)
        felt = min(1.0, max(0.0, quality + voice["leniency"] + _taste(reviewer, criterion)))
        seen.append(felt)
        scores[criterion] = round(felt * (levels - 1))
        said = phrases["criteria"].get(criterion, phrases["criteria"]["any"])[_band(felt)]
        comments[criterion] = _fill(_pick(said, reviewer, criterion), impression)
    if voice.get("brief"):
        comments = {name: f"{comment.split('. ')[0].rstrip('.')}." for name, comment in comments.items()}
    overall = voice[_band(sum(seen) / len(seen))]
    return {"scores": scores, "comments": comments, "overall": _fill(overall, impression)}


def as_form(review: Mapping[str, Any]) -> str:
    """Return a review as the form (TOML) that `nbcohort review submit` takes."""
    lines = [f"overall = {_quoted(review['overall'])}"]
    for criterion, level in review["scores"].items():
        lines += ["", f"[criteria.{_quoted(criterion)}]", f"level = {level}"]
        lines.append(f"comment = {_quoted(review['comments'].get(criterion, ''))}")
    return "\n".join(lines) + "\n"


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


def _band(quality: float) -> str:
    return "good" if quality > 0.72 else "middling" if quality > 0.4 else "weak"


def _taste(*of: str) -> float:
    """Return how much more, or less, somebody cares for something: from -0.18 to 0.12, always the same."""
    return (_number(*of) % 6 - 3) * 0.06


def _pick(choices: Sequence[str], *of: str) -> str:
    """Return one of `choices`, always the same for the same circumstances."""
    return choices[_number(*of) % len(choices)]


def _number(*of: str) -> int:
    return zlib.crc32("/".join(of).encode()) >> 8


def _fill(text: str, impression: Impression) -> str:
    return text.format(words=impression.words)


def _quoted(text: str) -> str:
    """Return `text` as a TOML basic string; JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)
