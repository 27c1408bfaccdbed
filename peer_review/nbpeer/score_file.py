"""Reads the reviews of any course from a table of text: CSV, or the like with semicolons or tabs.

Columns are found by their names, whatever their case, order and company. A line that cannot be used stops the reading
with a sentence that names it, or is left out and named, as one likes. What is no mistake is only told: a review without
a score was not written, and the same line twice is one review.
"""

import csv
import io
import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

from nbcohort.api import Invalid, _
from nbpeer.aggregate import Review, Reviews, collect

Column = Literal["submission", "reviewer", "score", "staff", "round"]
NAMES: Mapping[Column, str] = {
    "submission": (
        "submission submissionid work paper item essay project artifact author authorid reviewee gradee submitter"
        " assessee target"
    ),
    "reviewer": (
        "reviewer reviewerid grader graderid rater raterid assessor assessorid peer peerid marker judge evaluator"
    ),
    "score": "score peerscore reviewscore grade peergrade rating mark marks points value percent",
    "staff": (
        "staff staffscore staffgrade instructor instructorscore instructorgrade teacher teacherscore teachergrade"
        " tascore tagrade expert expertscore truth truescore truegrade groundtruth"
    ),
    "round": "round roundid assignment assignmentid task homework hw exercise module week",
}
"""By which names columns are known, the likelier first, in small letters and without spaces and signs."""
NEEDED: tuple[Column, ...] = ("submission", "reviewer", "score")
Key = TypeVar("Key")
_TOLD = 5
"""So many lines are named of each kind that is only told."""


@dataclass(frozen=True)
class Read:
    """What was in a file."""

    reviews: Reviews
    columns: Mapping[Column, str]
    """What was taken for what."""
    notes: tuple[str, ...]
    """What was left out, and why, in sentences."""


class BadLine(Invalid):
    """A line that cannot be used."""


class _Line(NamedTuple):
    number: int
    key: tuple[str, str]
    reviewer: str
    score: float | None
    staff: float | None


@dataclass
class _Found:
    reviews: dict[tuple[tuple[str, str], str], tuple[float, int]] = field(default_factory=dict)
    staff: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    unwritten: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)


def decode(data: bytes) -> str:
    """Return the text of a file that a spreadsheet wrote: UTF-8, UTF-16 with its mark, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read_reviews(
    text: str,
    named: Mapping[Column, str] | None = None,
    staff_reviewers: Collection[str] = (),
    *,
    leave_out: bool = False,
) -> Read:
    """Return the reviews in `text`, whose first line names the columns.

    `named` says which columns are meant, where their names do not. `staff_reviewers`: whose scores are staff's.
    Raises Invalid where a column is missing or no review is left, and BadLine for the first line that cannot be used,
    unless to `leave_out` those.
    """
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [name.strip() for name in next(reader, [])]
        places = _places(header, named or {})
        found = _Found()
        for line in _lines(reader, places, found, leave_out=leave_out, comma=delimiter != ","):
            try:
                _take(found, line, staff_reviewers)
            except BadLine as error:
                _object(found, error, leave_out=leave_out)
    except csv.Error as error:
        raise Invalid(_("Line {line} is not CSV: {error}.").format(line=reader.line_num, error=error)) from None
    if not found.reviews:
        raise Invalid(_("There are no reviews in the file: no line has a submission, a reviewer and a score."))
    reviews = collect(
        (Review(key[1], who, value, key[0]) for (key, who), (value, _line) in found.reviews.items()),
        {key: value for key, (value, _line) in found.staff.items()},
    )
    return Read(reviews, {name: header[place] for name, place in places.items()}, tuple(_notes(found)))


def _places(header: list[str], named: Mapping[Column, str]) -> dict[Column, int]:
    """Return where each column is."""
    plain = [re.sub(r"[\W_]+", "", name.casefold()) for name in header]
    places: dict[Column, int] = {}
    for column, name in named.items():
        if name not in header:
            raise Invalid(
                _('There is no column "{name}"; there are: {names}.').format(name=name, names=_listed(header))
            )
        places[column] = header.index(name)
    for column, synonyms in NAMES.items():
        if column not in places:
            free = (
                plain.index(each)
                for each in synonyms.split()
                if each in plain and plain.index(each) not in places.values()
            )
            place = next(free, None)
            if place is not None:
                places[column] = place
    missing = [column for column in NEEDED if column not in places]
    if missing:
        raise Invalid(
            _("No column is called {missing}; there are: {names}. Name it with --{option}.").format(
                missing=_(" or ").join(NAMES[missing[0]].split()[:3]), names=_listed(header), option=missing[0]
            )
        )
    return places


def _listed(header: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in header) or _("none")


def _lines(
    reader: Any, places: Mapping[Column, int], found: _Found, *, leave_out: bool, comma: bool
) -> Iterator[_Line]:
    """Yield the lines that have something in them; `comma`: a number may have one instead of its point."""
    while True:
        cells = next(reader, None)
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        try:
            yield _line(reader.line_num, cells, places, comma=comma)
        except BadLine as error:
            _object(found, error, leave_out=leave_out)


def _line(number: int, cells: list[str], places: Mapping[Column, int], *, comma: bool) -> _Line:
    values = {column: cells[place].strip() if place < len(cells) else "" for column, place in places.items()}
    if not values["submission"]:
        raise BadLine(_("Line {line}: it does not say which submission it is about.").format(line=number))
    score, staff = (_number(number, values.get(column, ""), comma=comma) for column in ("score", "staff"))
    if score is not None and not values["reviewer"]:
        raise BadLine(_("Line {line}: it does not say who gave the score.").format(line=number))
    return _Line(number, (values.get("round", ""), values["submission"]), values["reviewer"], score, staff)


def _number(line: int, text: str, *, comma: bool) -> float | None:
    if text.casefold() in {"", "na", "n/a", "nan", "null", "none", "-"}:
        return None
    plain = text.removesuffix("%").strip()
    try:
        value = float(plain.replace(",", ".") if comma else plain)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e100:
        raise BadLine(_('Line {line}: "{text}" is not a number.').format(line=line, text=text[:50]))
    return value


def _take(found: _Found, line: _Line, staff_reviewers: Collection[str]) -> None:
    """Put a line to the others; raises BadLine where it contradicts one of them."""
    staff = line.staff
    if line.reviewer in staff_reviewers and line.score is not None:
        _put(found.staff, line.key, line.score, line.number, _("staff's score of this submission"))
    elif line.score is not None:
        before = len(found.reviews)
        _put(found.reviews, (line.key, line.reviewer), line.score, line.number, _("this reviewer's score"))
        if len(found.reviews) == before:
            found.repeated.append(line.number)
    elif staff is None:
        found.unwritten.append(line.number)
    if staff is not None:
        _put(found.staff, line.key, staff, line.number, _("staff's score of this submission"))


def _put(into: dict[Key, tuple[float, int]], key: Key, value: float, line: int, what: str) -> None:
    kept, before = into.setdefault(key, (value, line))
    if kept != value:
        raise BadLine(
            _("Line {line}: {what} is {value:g}, but {kept:g} in line {before}.").format(
                line=line, what=what, value=value, kept=kept, before=before
            )
        )


def _object(found: _Found, error: BadLine, *, leave_out: bool) -> None:
    if not leave_out:
        raise BadLine(_("{error} Mend it, or leave out such lines with --leave-out.").format(error=error)) from None
    found.bad.append(str(error))


def _notes(found: _Found) -> Iterator[str]:
    for lines, sentence in (
        (found.unwritten, _("Lines without a score, left out: {count} ({lines}).")),
        (found.repeated, _("Lines that repeat another one, left out: {count} ({lines}).")),
    ):
        if lines:
            listed = ", ".join(map(str, lines[:_TOLD])) + (", ..." if len(lines) > _TOLD else "")
            yield sentence.format(count=len(lines), lines=listed)
    if found.bad:
        yield _("Lines that cannot be used, left out: {count}.").format(count=len(found.bad))
        yield from found.bad[:_TOLD]
