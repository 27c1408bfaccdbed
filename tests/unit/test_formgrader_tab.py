"""Only frames get the button that opens formgrader in a tab."""

from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httputil import HTTPHeaders

from nbcohort.formgrader_tab import Framed


def request(destination: str | None, path: str = "/user/room/formgrader") -> Any:
    headers = HTTPHeaders({"Sec-Fetch-Dest": destination} if destination else {})
    return SimpleNamespace(path=path, headers=headers)


@pytest.mark.parametrize(
    ("destination", "framed"), [("iframe", True), ("document", False), ("empty", False), (None, False)]
)
def test_only_a_frame_is_answered(destination: str | None, framed: bool) -> None:
    assert (Framed("/user/room/formgrader(?:/.*)?").match(request(destination)) is not None) == framed


def test_other_pages_are_left_alone() -> None:
    assert Framed("/user/room/formgrader(?:/.*)?").match(request("iframe", "/user/room/lab")) is None
