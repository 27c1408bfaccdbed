"""The form that a reviewer fills in with an editor: a TOML file with the rubric as comments. Pure.

Where works are compared, it has a table for each other work of the reviewer instead of the criteria.
"""

import textwrap
import tomllib
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from nbcohort.api import Invalid, _, moment_in

OPEN = "?"
"""Stands where no level was chosen yet, or not which work is better."""
BETTER = {True: "this", False: "other", None: OPEN}

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
        *_comment(_how(task)),
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
    for other in task.get("compared_with", ()):
        lines += _other(other, review["comparisons"].get(other["task"], {"better": None, "why": ""}))
    return "\n".join(lines) + "\n"


def _how(task: Mapping[str, Any]) -> str:
    if task.get("form") == "comparisons":
        return _('Put "this" or "other" in place of each {open}, write between the quotes, then run:').format(
            open=f'"{OPEN}"'
        )
    return _("Put the number of a level in place of each {open}, write comments between the quotes, then run:").format(
        open=f'"{OPEN}"'
    )


def _other(other: Mapping[str, Any], said: Mapping[str, Any]) -> list[str]:
    """Return the lines that compare the work with another one."""
    question = _("Which is better: this work, or the other one, {pseudonym}? And why?")
    later = _("This can stay open until you have submitted the review of {pseudonym}.")
    return [
        "",
        *_comment(question.format(pseudonym=other["pseudonym"])),
        *([] if other["submitted"] else _comment(later.format(pseudonym=other["pseudonym"]))),
        f'[compared."{other["task"]}"]',
        f'better = "{BETTER[said["better"]]}"',
        f"why = {_text(said['why'])}",
    ]


def read_sheet(text: str) -> dict[str, Any]:
    """Return what was filled in, as the service takes it: scores, comments, overall; comparisons, if there are any.

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
    compared = {"comparisons": _compared(sheet["compared"])} if "compared" in sheet else {}
    return {"scores": scores, "comments": comments, "overall": overall, **compared}


def _compared(tables: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(tables, dict):
        raise Invalid(_("[compared] should be a table, as in the form."))
    decisions = {word: better for better, word in BETTER.items()}
    found = {}
    for task, entry in tables.items():
        if not isinstance(entry, dict):
            raise Invalid(_('[compared."{task}"] should be a table with better and why.').format(task=task))
        word, why = entry.get("better", OPEN), entry.get("why", "")
        if not isinstance(word, str) or word not in decisions:
            raise Invalid(
                _('better in [compared."{task}"] should be "this", "other" or "{open}".').format(task=task, open=OPEN)
            )
        if not isinstance(why, str):
            raise Invalid(_('why in [compared."{task}"] should be text in quotes.').format(task=task))
        found[task] = {"better": decisions[word], "why": why}
    return found


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
