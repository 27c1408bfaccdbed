"""What requests and answers have in common: named models that refuse unknown fields, and pages."""

import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from nbcohort.errors import Invalid
from nbcohort.i18n import _

T = TypeVar("T")

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


def _of_this_age(instant: datetime) -> datetime:
    if not FIRST <= instant < LAST:
        raise ValueError(_("expected a time from {first} to {last}").format(first=FIRST.year, last=LAST.year - 1))
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_of_this_age)]
"""An instant in a request: far enough from the calendar's ends to be shown in any time zone."""


def _seen_as_it_is(line: str) -> str:
    if not line.strip() or any(unicodedata.category(c) in _UNSEEN or c in _REORDERING for c in line):
        raise ValueError(_("expected one line of text, without control characters or such as reorder the text"))
    return line.strip()


_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_seen_as_it_is)]
"""One line of text in a request, such as a name: what is shown is what is there."""

Prose = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""Text of several lines in a request; a NUL character cannot be stored in every database."""


class Schema(BaseModel):
    """A request or an answer."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(Schema):
    """Which part of a list: at most `limit` items, after the one called `after`."""

    after: str | None = Field(None, max_length=200)
    limit: int = Field(100, ge=1, le=500)


class Page(Schema, Generic[T]):
    """A part of a list; `next` is the `after` of the next part, or null at the end."""

    items: list[T]
    next: str | None


def page_of(items: Sequence[T], query: PageQuery, key: Callable[[T], str]) -> Page[T]:
    """Return the part of `items` that `query` asks for; for lists short enough to be made whole.

    Raises:
        Invalid: `after` names no item of the list.
    """
    start = 0
    if query.after is not None:
        keys = [key(item) for item in items]
        if query.after not in keys:
            raise Invalid(_("after: there is no such item in this list; begin again without it."))
        start = keys.index(query.after) + 1
    part = list(items[start : start + query.limit])
    more = start + query.limit < len(items)
    return Page(items=part, next=key(part[-1]) if more else None)
