"""`kill -9` at any moment loses nothing that has a receipt, and leaves nothing half done."""

import json
import os
import random
import secrets
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbcohort.client import file_url
from nbcohort.submissions.manifest import make_manifest
from nbcohort.submissions.receipts import check_files, verify
from nbcohort.testing import FakeHub, RunningService, running_service, wait_until
from nbcohort.transfer import describe
from tests.faults.people import Line, People, people_of, written
from tests.faults.truth import left_over, truth_of

PEOPLE = 20
EACH = 10
KILLS = 5
EAGER = (0.3,) * 200
"""Pauses of a client that asks again and again for a minute, for the test's sake more often than `PATIENT`."""


@dataclass
class HandedIn:
    """What one person got back, and what they had handed in."""

    account: str
    files: dict[str, Path]
    answer: dict[str, Any] = field(default_factory=dict)


def _hand_in_ten(
    people: People, account: str, folder: Path, seed: int, done: list[HandedIn], errors: list[Exception]
) -> None:
    rng = random.Random(seed)  # noqa: S311
    same = rng.randbytes(3_000)  # one file of each hand-in stays as it was
    try:
        for number in range(EACH):
            contents = {
                "ps1.ipynb": f"{account} {number}".encode(),
                "data/same.csv": same,
                "big.bin": rng.randbytes(rng.choice((10_000, 100_000, 600_000))),
            }
            one = HandedIn(account, written(folder / account / str(number), contents))
            one.answer = people.hand_in(account, one.files)
            done.append(one)
    except Exception as error:  # noqa: BLE001  # shown by the test
        errors.append(error)


@contextmanager
def _all_at_it(people: People, folder: Path, seed: int) -> Iterator[tuple[list[HandedIn], list[threading.Thread]]]:
    done: list[HandedIn] = []
    errors: list[Exception] = []
    threads = [
        threading.Thread(target=_hand_in_ten, args=(people, f"p{number:02}", folder, seed + number, done, errors))
        for number in range(PEOPLE)
    ]
    for thread in threads:
        thread.start()
    try:
        yield done, threads
    finally:
        for thread in threads:
            thread.join()
    assert errors == []


def _kill_in_the_middle(
    service: RunningService, people: People, rng: random.Random, threads: Sequence[threading.Thread]
) -> None:
    """Kill the service while requests are under way, some moments after the first of them, if there are any left."""
    wait_until(lambda: people.line.under_way > 0 or _are_done(threads), 60, "that somebody hands in")
    time.sleep(rng.uniform(0.0, 0.5))
    service.stop(signal.SIGKILL)


def _are_done(threads: Sequence[threading.Thread]) -> bool:
    return not any(thread.is_alive() for thread in threads)


def test_kill_9_under_200_hand_ins_loses_no_receipt_and_leaves_no_half_submission(
    tmp_path: Path, hub: FakeHub, database: dict[str, str]
) -> None:
    seed = int(os.environ.get("NBCOHORT_FAULTS_SEED") or secrets.randbelow(1_000_000))
    print(f"NBCOHORT_FAULTS_SEED={seed}")  # noqa: T201  # shown when the test fails
    rng = random.Random(seed)  # noqa: S311
    with (
        running_service(tmp_path / "service", hub, tick_seconds=1, within=(), **database) as service,
        people_of(service, PEOPLE, line=Line(loses=random.Random(seed)), pauses=EAGER) as people,  # noqa: S311
    ):
        keys = people.room.keys()
        with _all_at_it(people, tmp_path / "homes", seed) as (done, threads):
            kills = 0
            while kills < KILLS and not _are_done(threads):
                _kill_in_the_middle(service, people, rng, threads)
                kills += 1
                dead = set(left_over(service))  # nobody writes any more
                service.start()
                assert not dead & set(left_over(service))
        assert kills >= KILLS // 2
        assert people.line.interrupted > 0, people.line.broken
        assert len(done) == PEOPLE * EACH
        service.stop(signal.SIGKILL)
        service.start()
        assert left_over(service) == []
        _check_all(service, people, done, keys, tmp_path / "again")


def _check_all(
    service: RunningService, people: People, done: list[HandedIn], keys: list[dict[str, Any]], folder: Path
) -> None:
    assert people.room.keys() == keys
    truth = truth_of(service)
    assert sorted(truth.attempts) == sorted(people.room.members[f"p{number:02}"] for number in range(PEOPLE))
    assert {len(attempts) for attempts in truth.attempts.values()} == {EACH}
    seen = {one["id"]: one for account in {one.account for one in done} for one in people.seen_by(account)}
    assert {one["id"]: one["receipt"] for one in seen.values()} == truth.receipts
    assert {one["id"] for one in people.room.items("ines", "submissions", limit=500)} == set(truth.receipts)
    assert {one.answer["id"]: one.answer["receipt"] for one in done} == truth.receipts
    for begun in truth.begun:
        assert people.room.client("ines").get(f"{people.submissions}/{begun}").status_code == 404
    for number, one in enumerate(done):
        _check_one(people, one, keys, folder / str(number))
    _check_repeats(people)


def _check_one(people: People, one: HandedIn, keys: list[dict[str, Any]], folder: Path) -> None:
    receipt = verify(one.answer["receipt"], keys)
    assert receipt.submission == one.answer["id"]
    assert receipt.submitters == (people.room.members[one.account],)
    assert receipt.attempt == one.answer["attempt"]
    got = {}
    for file in one.answer["files"]:
        got[file["path"]] = folder / file["path"]
        path = file_url(f"{people.submissions}/{one.answer['id']}", file["path"])
        people.clients[one.account].download(path, got[file["path"]], file["size"], file["sha256"])
        assert got[file["path"]].read_bytes() == one.files[file["path"]].read_bytes()
    check_files(receipt, make_manifest(list(describe(got))))


def _check_repeats(people: People) -> None:
    """Whoever asked twice with one key got one answer, and gets it again now."""
    answers = people.line.answers
    assert any(len(repeated) > 1 for repeated in answers.values())
    for repeated in answers.values():
        assert len({content for _request, content in repeated}) == 1
    people.line.loses = None
    for repeated in list(answers.values())[::7]:
        request, content = repeated[0]
        again = people.line.handle_request(request)
        assert again.status_code < 300
        assert json.loads(again.content) == json.loads(content)
