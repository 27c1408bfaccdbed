"""Comments at cells, without a service."""

import json

import pytest

from nbcohort.api import Invalid
from nbpeer.inline import Inline, cells_of, of_json, place

NOTEBOOK = json.dumps({"cells": [{"id": "a"}, {}, {"id": "c"}]}).encode()


def test_cells_without_an_id_are_called_by_their_number() -> None:
    assert cells_of(NOTEBOOK) == {"a": 0, "cell-1": 1, "c": 2}


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"cells": 3}', b'{"cells": [1]}', b"[" * 100_000, b"\xff"])
def test_what_is_no_notebook_has_no_cells(data: bytes) -> None:
    assert cells_of(data) == {}


def test_a_submitted_comment_has_its_place_in_the_submission_and_survives_being_kept() -> None:
    comments = [Inline("clean.ipynb", "c", "x", "why?"), Inline("clean.ipynb", None, "", "fine")]
    placed = place(comments, {"clean.ipynb": "dora.ipynb"}, lambda _path: NOTEBOOK, submit=True)
    assert [(one.path, one.index) for one in placed] == [("dora.ipynb", 2), ("dora.ipynb", None)]
    assert of_json(one.as_json() for one in placed) == placed


def test_files_are_not_read_for_a_draft() -> None:
    def read(path: str) -> bytes:
        raise AssertionError(path)

    (draft,) = place([Inline("a", "nowhere", "", "")], {"a": "a"}, read, submit=False)
    assert (draft.path, draft.index) == (None, None)
    with pytest.raises(Invalid, match="no file"):
        place([Inline("b", None, "", "")], {"a": "a"}, read, submit=False)
