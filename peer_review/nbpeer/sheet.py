"""The form that a reviewer fills in with an editor: a TOML file with the rubric as comments. Pure."""

import textwrap
import tomllib
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from nbcohort.api import Invalid, _, moment_in

OPEN = "?"
"""Stands where no level was chosen yet."""

_WIDTH = 100


def write_sheet(
    task: Mapping[str, Any],
    review: Mapping[str, Any],
    zone: ZoneInfo,
    command: str = "submit",
    file: str = "review.toml",
) -> str:
    """Return the form for `task`, with what `review` has already (both as the service sends them), times in `zone`.

    `command` is what hands in `file`, which the form will be.
    """
    due_at = task["due_at"]
    lines = [
        *_comment(_("Review of work {pseudonym}, {title}").format(pseudonym=task["pseudonym"], title=task["title"])),
        *(_comment(_("Due: {due}").format(due=moment_in(due_at, zone))) if due_at else ()),
        *_comment(
            _("Put the number of a level in place of each {open}, write comments between the quotes, then run:").format(
                open=f'"{OPEN}"'
            )
        ),
        f"#   nbcohort review {command} {task['id']} {file}",
        "",
        *_comment(_("On the whole: what works, and one concrete next step, with the reason.")),
        f"overall = {_text(review['overall'])}",
    ]
    for criterion in task["rubric"]:
        lines += ["", *_comment(_title(criterion))]
        for i, level in enumerate(criterion["levels"]):
            lines += _comment(_level(i, level), indent="     ")
        score = review["scores"].get(criterion["id"])
        lines += [
            f'[criteria."{criterion["id"]}"]',
            f'level = "{OPEN}"' if score is None else f"level = {score}",
            f"comment = {_text(review['comments'].get(criterion['id'], ''))}",
        ]
    return "\n".join(lines) + "\n"


def read_sheet(text: str) -> dict[str, Any]:
    """Return what was filled in, as the service takes it: scores, comments, overall.

    Raises Invalid, with the sentence for the reviewer, when it is not what `write_sheet` wrote, filled in.
    """
    try:
        sheet = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(
            _("The review is not valid TOML: {error}. Keep the quotes, and write \\\\ for a backslash.").format(
                error=error
            )
        ) from None
    criteria = sheet.get("criteria", {})
    overall = sheet.get("overall", "")
    if not isinstance(criteria, dict) or not isinstance(overall, str):
        raise Invalid(_("overall should be text in quotes, and [criteria] a table, as in the form."))
    scores: dict[str, int] = {}
    comments: dict[str, str] = {}
    for name, entry in criteria.items():
        if not isinstance(entry, dict):
            raise Invalid(_('[criteria."{name}"] should be a table with level and comment.').format(name=name))
        level, comment = entry.get("level", OPEN), entry.get("comment", "")
        if not isinstance(comment, str):
            raise Invalid(_('The comment on "{name}" should be text in quotes.').format(name=name))
        comments[name] = comment
        if level == OPEN:
            continue
        if not isinstance(level, int) or isinstance(level, bool):
            raise Invalid(_('The level of "{name}" should be the number of a level.').format(name=name))
        scores[name] = level
    return {"scores": scores, "comments": comments, "overall": overall}


def _title(criterion: Mapping[str, Any]) -> str:
    description = criterion["description"]
    return f"{criterion['title']}. {description}" if description else str(criterion["title"])


def _level(number: int, level: Mapping[str, Any]) -> str:
    points = _("counts {points}").format(points=f"{level['points']:g}")
    description = f": {level['description']}" if level["description"] else ""
    return f"{number} = {level['title']} ({points}){description}"


def _comment(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()), _WIDTH, initial_indent="# " + indent[:-3], subsequent_indent="# " + indent
    ) or ["#"]


def _text(text: str) -> str:
    """Return `text` as a TOML string over several lines, with what would end or change it escaped."""
    escaped = "".join(
        f"\\u{ord(char):04x}" if (ord(char) < 32 and char not in "\n\t") or ord(char) == 127 else char
        for char in text.replace("\\", "\\\\").replace('"""', '""\\"')
    )
    if escaped.endswith('"'):
        escaped = escaped[:-1] + '\\"'
    return f'"""\n{escaped}"""'
