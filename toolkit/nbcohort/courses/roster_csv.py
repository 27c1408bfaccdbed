"""Read a list of members: a CSV file with the columns account, name and role (the last two may be missing). Pure."""

import csv
import io
from dataclasses import dataclass

from nbcohort.courses.mistakes import suggestion
from nbcohort.errors import Invalid
from nbcohort.i18n import _

COLUMNS = ("account", "name", "role")
ROLES = ("learner", "mentor", "instructor")


@dataclass(frozen=True)
class NewMember:
    """A line of the file."""

    account: str
    name: str | None
    role: str


def read_roster(text: str, file: str) -> list[NewMember]:
    """Return the members in `text`, separated by commas, semicolons or tabs, as spreadsheets write them.

    Raises Invalid, with every mistake in a line of its own; then nobody should be added.
    """
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [(name or "").strip().lower() for name in rows.fieldnames or ()]
    rows.fieldnames = columns
    unknown = [name for name in columns if name not in COLUMNS]
    if "account" not in columns or unknown:
        hint = suggestion(unknown[0], COLUMNS) if unknown else ""
        raise Invalid(
            _("{file} line 1: expected the columns account, name, role; found {found}{hint}").format(
                file=file, found=", ".join(columns) or _("nothing"), hint=hint
            )
        )
    members: list[NewMember] = []
    mistakes: list[str] = []
    first: dict[str, int] = {}
    for row in rows:
        cells = {key: (value or "").strip() for key, value in row.items() if key in COLUMNS}
        account, role = cells["account"], cells.get("role") or "learner"
        if not any(cells.values()):
            continue
        if not account:
            sentence = _("there is no account")
        elif account in first:
            sentence = _('"{account}" is on line {line} already').format(account=account, line=first[account])
        elif role not in ROLES:
            sentence = _('expected learner, mentor or instructor as role, found "{role}"').format(role=role)
        else:
            members.append(NewMember(account, cells.get("name") or None, role))
            first[account] = rows.line_num
            continue
        mistakes.append(f"{file} line {rows.line_num}: {sentence}")
    if mistakes:
        raise Invalid("\n".join(mistakes))
    return members
