"""The receipt as its owner keeps it: a text file beside the work, whose last line is what the service signed.

Everything above that line is for reading and proves nothing; `nbcohort verify-receipt` looks at the last line only. The
file lies beside the folder that was handed in, not in it, so that no later submission contains it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nbcohort.courses.moments import moment, moment_in
from nbcohort.i18n import _
from nbcohort.submissions.manifest import human, shown


def keep_receipt(beside: Path, submission: Mapping[str, Any], cohort: str, zone: ZoneInfo) -> Path:
    """Write <assignment>.receipt-<attempt>.txt beside the folder that was handed in; return where.

    `submission` is what the service says of it. A receipt that is there already is not overwritten: the new one's name
    gets longer. Raises OSError.
    """
    stem = f"{submission['assignment']}.receipt-{submission['attempt']}"
    text = receipt_text(submission, cohort, zone, stem)
    for name in (f"{stem}.txt", f"{stem}-{submission['id']}.txt"):
        file = beside.with_name(name)
        try:
            with file.open("x", encoding="utf-8") as new:
                new.write(text)
        except FileExistsError:
            continue
        break
    return file


def receipt_text(submission: Mapping[str, Any], cohort: str, zone: ZoneInfo, stem: str) -> str:
    """Return what is in the file `stem`.txt."""
    at = datetime.fromisoformat(submission["handed_in_at"]).astimezone(zone)
    title = _("Receipt: {assignment}, attempt {attempt}").format(**submission)
    lines = [
        (_("Cohort"), cohort),
        (_("Counts for"), ", ".join(submission["submitters"])),
        (_("Handed in"), f"{moment(at, zone)}:{at:%S} {at.year} ({zone.key})"),
        (_("Due"), _due(submission, zone)),
        *(
            (_("Files") if not i else "", f"{shown(file['path'])}  {human(file['size'])}")
            for i, file in enumerate(submission["files"])
        ),
    ]
    verify = f"nbcohort verify-receipt {stem}.txt {submission['assignment']}"
    return "\n".join(
        [
            title,
            "=" * len(title),
            "",
            *(f"{name:<12}{text}".rstrip() for name, text in lines),
            "",
            _("The last line is the receipt itself, signed by the service. This verifies it:"),
            "",
            f"    {verify}",
            "",
            str(submission["receipt"]),
            "",
        ]
    )


def token_in(text: str) -> str:
    """Return what the service signed: the last line that is not empty, be there others above it or not."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _due(submission: Mapping[str, Any], zone: ZoneInfo) -> str:
    if submission["due_at"] is None:
        return _("at no time")
    due = moment_in(submission["due_at"], zone)
    if not submission["late"]:
        return _("{due}: in time").format(due=due)
    late = timedelta(seconds=round(submission["late_seconds"]))
    return _("{due}: late by {time} (h:mm:ss)").format(due=due, time=late)
