"""The receipt as a learner finds it beside the work."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nbcohort.submissions.receipt_file import keep_receipt, receipt_text, token_in

BERLIN = ZoneInfo("Europe/Berlin")
HANDED_IN: dict[str, Any] = {
    "id": "sub_a",
    "assignment": "ps1",
    "attempt": 2,
    "submitters": ["ada", "ben"],
    "handed_in_at": "2026-03-06T17:30:05Z",
    "due_at": "2026-03-06T22:59:00Z",
    "late": False,
    "late_seconds": 0.0,
    "files": [{"path": "data/table.csv", "size": 12}, {"path": "ps1.ipynb", "size": 24_100}],
    "receipt": "head.body.signature",
}


def test_a_receipt_says_who_handed_in_what_and_when_and_ends_with_what_is_signed() -> None:
    text = receipt_text(HANDED_IN, "ds1", BERLIN, "ps1.receipt-2")
    assert "Receipt: ps1, attempt 2" in text
    assert "ada, ben" in text
    assert "Fri 6 Mar 18:30:05 2026 (Europe/Berlin)" in text
    assert "Fri 6 Mar 23:59 (Europe/Berlin): in time" in text
    assert "ps1.ipynb" in text
    assert "nbcohort verify-receipt ps1.receipt-2.txt ps1" in text
    assert token_in(text) == "head.body.signature"


def test_lateness_and_a_missing_due_time_are_said() -> None:
    late = {**HANDED_IN, "late": True, "late_seconds": 2880.0}
    assert "late by 0:48:00 (h:mm:ss)" in receipt_text(late, "ds1", BERLIN, "r")
    assert "at no time" in receipt_text({**HANDED_IN, "due_at": None}, "ds1", BERLIN, "r")


def test_it_lies_beside_the_folder_and_overwrites_none(tmp_path: Path) -> None:
    first = keep_receipt(tmp_path / "ps1", HANDED_IN, "ds1", BERLIN)
    assert first == tmp_path / "ps1.receipt-2.txt"
    other = keep_receipt(tmp_path / "ps1", {**HANDED_IN, "id": "sub_b", "receipt": "other"}, "ds2", BERLIN)
    assert other == tmp_path / "ps1.receipt-2-sub_b.txt"
    assert (token_in(first.read_text()), token_in(other.read_text())) == ("head.body.signature", "other")


def test_a_bare_token_is_a_receipt_too() -> None:
    assert token_in("head.body.signature\n") == "head.body.signature"
    assert token_in(" \n\n") == ""
