"""Two uploads at once, of one member or of a pair: both end with a receipt, numbered one after the other."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nbcohort.testing import FakeHub, running_service
from tests.faults.people import People, people_of, written
from tests.faults.truth import left_over, truth_of


@pytest.fixture
def people(tmp_path: Path, hub: FakeHub, database: dict[str, str]) -> Iterator[People]:
    with (
        running_service(tmp_path / "service", hub, tick_seconds=1, within=(), **database) as service,
        people_of(service, 0) as people,
    ):
        yield people


def at_once(people: People, accounts: list[str], files: dict[str, Path]) -> list[dict[str, Any]]:
    """Let each of `accounts` hand in `files`, all beginning at the same moment."""
    together = threading.Barrier(len(accounts))

    def hand_in(account: str) -> dict[str, Any]:
        together.wait()
        return people.hand_in(account, files)

    with ThreadPoolExecutor(len(accounts)) as pool:
        return list(pool.map(hand_in, accounts))


def test_uploads_of_one_member_and_of_a_pair_at_once_are_numbered_one_after_the_other(
    people: People, tmp_path: Path
) -> None:
    contents = {"ps1.ipynb": b"{}", "big.bin": os.urandom(2_000_000)}
    files = written(tmp_path / "home", contents)
    alone = at_once(people, ["cleo", "cleo", "cleo"], files)
    people.room.pair("ada", "ben")
    paired = at_once(people, ["ada", "ben", "ada", "ben"], files)
    assert sorted(one["attempt"] for one in alone) == [1, 2, 3]
    assert sorted(one["attempt"] for one in paired) == [1, 2, 3, 4]
    assert all(set(one["submitters"]) == {"ada", "ben"} for one in paired)
    truth = truth_of(people.room.service)
    assert {one["id"]: one["receipt"] for one in (*alone, *paired)} == truth.receipts
    for one in (*alone, *paired):
        path = f"{people.submissions}/{one['id']}/files/big.bin"
        assert people.clients[one["submitters"][0]].read(path) == contents["big.bin"]
    assert [one["attempt"] for one in people.room.items("ada", "submissions", latest=True)] == [4]
    assert left_over(people.room.service) == []
