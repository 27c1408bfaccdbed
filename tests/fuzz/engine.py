"""Let schemathesis send what it makes of the API's description, as one person, and say what is wrong in answers."""

import random
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import schemathesis
import schemathesis.engine
import schemathesis.hooks
from schemathesis.engine.events import EngineEvent, FatalError, NonFatalError, ScenarioFinished

from nbcohort.testing import RunningService
from tests.fuzz.seeded import SeededRoom

SEED = 20260112
SURE = 3
"""How many requests of an operation are made such that it can be done, until it was: what is reached is no luck. Those
that a busy machine answers with 503 are made again."""

NOT_FAULTS = {
    "positive_data_acceptance": "a well-formed request may name an assignment that is not there: that is a 422, too",
    "negative_data_rejection": "an id of a form that is never given is refused as one that is not there: a 404",
    "missing_required_header": "no header is required but the token, and a missing token is a role of its own here",
    "ignored_auth": "a missing token is a role of its own here; that it is needed is asserted there",
    "ensure_resource_availability": "who creates something need not be one who may read it",
    "use_after_free": "what is withdrawn or ended is kept, and can be read",
    "object_level_authorization": "has its own tests, with the permissions' whole table",
}
"""Checks of schemathesis that are about other promises than ours, and why."""


Boundaries = Literal["all"] | Sequence[str]
"""Of all operations, or of those with these ids."""
ALL: Literal["all"] = "all"


def settings(token: str | None, examples: int, boundaries: Boundaries) -> dict[str, Any]:
    """Schemathesis' configuration: the same requests each time, and nothing left behind."""
    some = (
        [] if boundaries == ALL else [{"include-operation-id": name, "phases": _coverage(True)} for name in boundaries]
    )
    return {
        "seed": SEED,
        "headers": {"Authorization": f"Bearer {token}"} if token else {},
        "continue-on-failure": True,
        "request-timeout": 60,
        "generation": {"deterministic": True, "database": "none", "max-examples": examples},
        "checks": {name: {"enabled": False} for name in NOT_FAULTS},
        "cache": {"enabled": False},
        "phases": {
            **_coverage(boundaries == ALL),
            "stateful": {"max-steps": 4, "generation": {"max-examples": examples}},
        },
        "operations": some,
    }


def _coverage(enabled: bool) -> dict[str, Any]:
    return {"coverage": {"enabled": enabled}}


def fuzz(
    room: SeededRoom, token: str | None, *, examples: int, boundaries: Boundaries
) -> tuple[list[str], Counter[tuple[str, int]]]:
    """Return what was wrong, and how often which operation answered with which status.

    Args:
        examples: how many requests are made up for each operation.
        boundaries: of which operations those are sent, too, that lie at the boundaries of each of their parameters.
    """
    config = schemathesis.Config.from_dict(settings(token, examples, boundaries))
    schema = schemathesis.openapi.from_url(f"{room.service.url}openapi.json", config=config)

    tried: Counter[str] = Counter()
    done: set[str] = set()

    def before_call(context: object, case: Any, kwargs: object) -> None:
        operation = case.operation.definition.raw["operationId"]
        if operation not in done and tried[operation] < SURE:
            room.make_sensible(case)
        else:
            room.seed(case, random.Random(zlib.crc32(repr(case).encode())))  # noqa: S311

    def after_call(context: object, case: Any, response: Any) -> None:
        operation = case.operation.definition.raw["operationId"]
        tried[operation] += response.status_code != 503
        if response.status_code < 300:
            done.add(operation)

    faults: list[str] = []
    statuses: Counter[tuple[str, int]] = Counter()
    schemathesis.hook(before_call)
    schemathesis.hook(after_call)
    try:
        for event in schemathesis.engine.from_schema(schema).execute():
            faults += _faults(event)
            if isinstance(event, ScenarioFinished):
                _count(event, statuses)
    finally:
        schemathesis.hooks.unregister(before_call)
        schemathesis.hooks.unregister(after_call)
    return faults, statuses


def _faults(event: EngineEvent) -> list[str]:
    if isinstance(event, FatalError):
        return [f"schemathesis failed: {event.exception!r}"]
    if isinstance(event, NonFatalError):
        return [f"{event.label}: {event.value!r}"]
    if not isinstance(event, ScenarioFinished):
        return []
    return [
        f"{event.label}: {check.name}: {check.failure_info.failure.message}\n{check.failure_info.code_sample}"
        for checks in event.recorder.checks.values()
        for check in checks
        if check.failure_info is not None
    ]


def _count(event: ScenarioFinished, statuses: Counter[tuple[str, int]]) -> None:
    for case_id, interaction in event.recorder.interactions.items():
        if interaction.response is not None:
            operation = event.recorder.cases[case_id].value.operation
            statuses[operation.definition.raw["operationId"], interaction.response.status_code] += 1


@contextmanager
def nothing_unexpected(service: RunningService) -> Iterator[None]:
    """Fail if something unexpected comes to the service's log meanwhile."""
    log = service.data.parent / "service.log"
    before = log.stat().st_size
    yield
    assert b"Traceback" not in log.read_bytes()[before:]
