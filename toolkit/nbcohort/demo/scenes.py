"""The story as scenes: each deed through the interface that a person would use, and how to see that it is done."""

import json
from collections.abc import Callable
from contextlib import closing
from datetime import date
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from nbcohort.courses.schedule import Calendar
from nbcohort.demo import story
from nbcohort.demo.answers import read_answers
from nbcohort.demo.desks import CommandFailed
from nbcohort.demo.play import Scene, Step, wait_until
from nbcohort.demo.story import COHORT, FIRST, IRIS, LEARNERS, SECOND, Person
from nbcohort.demo.world import AT_DESK, BASE, ROOM, World
from nbcohort.errors import NbcohortError
from nbcohort.sandbox import Tier
from nbcohort.spawner import tier_here

CALENDAR = Calendar(date.fromisoformat(story.START), ZoneInfo(story.TIME_ZONE), {})


class StoryStuck(NbcohortError):
    """Something that the story waits for does not happen."""


def scenes(world: World) -> list[Scene]:
    """Return the story's scenes, in order of time."""
    found = [
        *_beginning(world),
        _scene(story.RELEASES, [_release(world, FIRST)]),
        _scene(story.FETCH, [_fetch(world, one, FIRST) for one in LEARNERS], together=True),
        _scene(story.EXTENSION.at, [_extension(world)]),
        *_hand_ins(world),
        _scene(story.SWAP, [_swap(world)]),
        _scene(story.RELEASES_NEXT, [_release(world, SECOND)]),
        _scene(story.LOOKS, [_look(world, one) for one in _submitters()[:2]], together=True),
        *_graded_and_reviewed(world),
        _scene(story.CLOSES, [_close(world)]),
        _scene(story.READS, [_receive(world, one) for one in _submitters()[:2]], together=True),
        _scene(story.STOPS, [_fetch(world, story.person(one), SECOND) for one in story.BUSY], together=True),
    ]
    return sorted(found, key=lambda scene: scene.at)


def _scene(at: str, steps: list[Step], *, together: bool = False) -> Scene:
    return Scene(CALENDAR.instant(at), steps, together)


def _submitters() -> list[Person]:
    return [one for one in LEARNERS if one.account != story.ABSENT]


def _beginning(world: World) -> list[Scene]:
    return [
        _scene(story.BEGINS, [_create(world), _join(world, IRIS, "instructor"), _new(world), _apply(world)]),
        _scene(story.BEGINS, [_join(world, one, "learner") for one in LEARNERS], together=True),
        _scene(story.BEGINS, [_pair(world)]),
    ]


def _create(world: World) -> Step:
    def there() -> bool:
        with closing(world.client(IRIS.account)) as client:
            return COHORT in {one["id"] for one in client.pages("/cohorts")}

    def do() -> str:
        body = {"id": COHORT, "title": "Data science foundations"}
        made = world.post(IRIS.account, "/cohorts", body, "cohort")
        return f"and {made['room']}, its room"

    return Step("cohort", f"Iris makes the cohort {COHORT}", do, there)


def _join(world: World, who: Person, role: str) -> Step:
    def do() -> str:
        body = {"account": who.account, "name": who.name, "role": role}
        world.post(IRIS.account, f"{BASE}/members", body, f"join-{who.account}")
        return ""

    title = "Iris enters it as its instructor" if role == "instructor" else f"{who.name} joins"
    return Step(f"join-{who.account}", title, do, lambda: who.account in world.members())


def _pair(world: World) -> Step:
    def do() -> str:
        ids = world.members()
        body = {"members": [ids[account] for account in story.PAIR], "assignment": None}
        world.post(IRIS.account, f"{BASE}/pairs", body, "pair")
        return "what one hands in counts for both"

    names = " and ".join(story.person(account).first_name for account in story.PAIR)
    return Step("pair", f"Iris makes {names} a pair", do, lambda: bool(world.items(IRIS.account, "/pairs")))


def _new(world: World) -> Step:
    def do() -> str:
        options = ("--id", COHORT, "--start", story.START, "--time-zone", story.TIME_ZONE)
        world.desks.run(ROOM, "nbcohort", "new", ".", *options)
        return "nbcohort new"

    def there() -> bool:
        return (world.desks.home(ROOM) / "course" / "cohort.toml").exists()

    return Step("new", "Iris makes the course folder in the course room", do, there)


def _apply(world: World) -> Step:
    def do() -> str:
        world.desks.run(ROOM, "nbcohort", "apply", ".", "--yes")
        return "nbcohort apply"

    def there() -> bool:
        with closing(world.client(IRIS.account)) as client:
            return any(one["id"] == COHORT and one["settings_version"] for one in client.pages("/cohorts"))

    return Step("apply", "Iris sends its settings to the service", do, there)


def _release(world: World, assignment: str) -> Step:
    def do() -> str:
        world.desks.run(ROOM, "nbgrader", "generate_assignment", assignment, "--force")
        world.desks.run(ROOM, "nbgrader", "release_assignment", assignment)
        return "nbgrader release_assignment"

    def there() -> bool:
        return bool(world.items(IRIS.account, "/releases", assignment=assignment))

    return Step(f"release-{assignment}", f"Iris releases {assignment}", do, there)


def _fetch(world: World, who: Person, assignment: str) -> Step:
    def do() -> str:
        world.desks.run(who.account, "nbgrader", "fetch_assignment", assignment, "--course", COHORT)
        return ""

    def there() -> bool:
        return (world.desks.home(who.account) / assignment).exists()

    return Step(f"fetch-{assignment}-{who.account}", f"{who.first_name} fetches {assignment}", do, there)


def _extension(world: World) -> Step:
    given = story.EXTENSION

    def do() -> str:
        due = CALENDAR.instant(given.due)
        body = {
            "assignment": FIRST,
            "member": world.members()[given.account],
            "due_at": due.isoformat(),
            "reason": given.reason,
        }
        world.post(IRIS.account, f"{BASE}/extensions", body, f"extension-{given.account}")
        return f"until {CALENDAR.local(due):%a %H:%M}"

    def there() -> bool:
        return any(one["account"] == given.account for one in world.items(IRIS.account, "/extensions"))

    name = story.person(given.account).first_name
    return Step(f"extension-{given.account}", f"Iris gives {name} more time", do, there)


def _hand_in(world: World, one: story.HandIn) -> Step:
    which = [other for other in story.HAND_INS if _same_hands(other.account, one.account)].index(one) + 1

    def do() -> str:
        cells = json.dumps(read_answers(one.answers))
        world.desks.run(one.account, *AT_DESK, "fill", f"{FIRST}/{FIRST}.ipynb", stdin=cells)
        world.desks.run(one.account, "nbgrader", "submit", FIRST, "--course", COHORT)
        latest = max(world.submissions(one.account, FIRST), key=lambda found: int(found["attempt"]))
        late = ", late" if latest["late"] else ""
        return f"attempt {latest['attempt']}{late}: {one.note}"

    def there() -> bool:
        return len(world.submissions(one.account, FIRST)) >= which

    return Step(f"hand-in-{one.key}", f"{story.person(one.account).first_name} hands in {FIRST}", do, there)


def _same_hands(one: str, other: str) -> bool:
    return one == other or {one, other} <= set(story.PAIR)


def _swap(world: World) -> Step:
    def opened() -> bool:
        found = world.round(FIRST)
        return found is not None and found["id"] is not None

    def do() -> str:
        _wait(opened, "the review round opens")
        whole = world.get(IRIS.account, f"/review/rounds/{world.round(FIRST)['id']}")
        tasks = sum(len(work["tasks"]) for work in whole["works"])
        return f"{len(whole['works'])} works, {tasks} reviews to write"

    return Step("swap", "The service swaps the submissions for peer review", do, opened)


def _grade(world: World) -> Step:
    def do() -> str:
        unsafe = () if isinstance(tier_here(), Tier) else ("--unsafe",)  # made-up people, and the user was warned
        try:
            printed = world.desks.run(ROOM, "nbcohort", "grade", FIRST, "--json", *unsafe)
        except CommandFailed as failure:
            raise _ungraded(failure) from failure
        result, _end = json.JSONDecoder().raw_decode(printed.lstrip())
        return (
            f"nbcohort grade: {len(result['submissions'])} notebooks, each in a sandbox of its own: {result['sandbox']}"
        )

    def there() -> bool:
        graded = {one["submission"] for one in world.items(IRIS.account, "/feedback", assignment=FIRST)}
        handed_in = world.items(IRIS.account, "/submissions", assignment=FIRST, latest="true")
        return bool(handed_in) and graded >= {one["id"] for one in handed_in}

    return Step("grade", f"Iris grades {FIRST} in the course room", do, there)


def _ungraded(failure: CommandFailed) -> NbcohortError:
    """Return what `nbcohort grade` says about those whom it could not grade, or the failure itself."""
    try:
        result, _end = json.JSONDecoder().raw_decode(failure.output.lstrip())
        reasons = [f"{one['account']}: {one['reason']}" for one in result["submissions"] if one["reason"]]
    except (ValueError, LookupError):
        return failure
    return StoryStuck("; ".join(reasons))


def _look(world: World, who: Person) -> Step:
    def do() -> str:
        world.desks.run(who.account, "nbgrader", "fetch_feedback", FIRST, "--course", COHORT)
        return ""

    def there() -> bool:
        return (world.desks.home(who.account) / FIRST / "feedback").exists()

    return Step(f"feedback-{who.account}", f"{who.first_name} fetches the feedback", do, there)


def _hand_ins(world: World) -> list[Scene]:
    found = []
    for at, some in groupby(story.HAND_INS, key=lambda one: one.at):
        found.append(_scene(at, [_hand_in(world, one) for one in some], together=True))
    return found


def _graded_and_reviewed(world: World) -> list[Scene]:
    """Return the scenes of grading and reviewing; what has the same time is done side by side."""
    steps: dict[str, list[Step]] = {story.GRADES: [_grade(world)]}
    for written in story.REVIEWS:
        steps.setdefault(written.at, []).extend(_review(world, story.person(one)) for one in written.accounts)
    return [_scene(at, some, together=True) for at, some in steps.items()]


def _review(world: World, who: Person) -> Step:
    leave = 1 if who.account == story.LEAVES_ONE else 0

    def to_write() -> list[Any]:
        tasks = world.review_tasks(who.account)
        return sorted(tasks, key=lambda task: str(task["pseudonym"]))[: max(1, len(tasks) - leave)]

    def do() -> str:
        tasks = to_write()
        for task in tasks:
            if task["state"] != "submitted":
                _write_review(world, who, task)
        left = len(world.review_tasks(who.account)) - len(tasks)
        written = f"{len(tasks)} review{'s' if len(tasks) != 1 else ''}"
        return written + (f", and leaves {left} undone" if left else "")

    def there() -> bool:
        tasks = to_write()
        return bool(tasks) and all(task["state"] == "submitted" for task in tasks)

    return Step(f"review-{who.account}", f"{who.first_name} writes peer reviews", do, there)


def _write_review(world: World, who: Person, task: Any) -> None:
    folder = f"reviews/{task['pseudonym']}"
    if not (world.desks.home(who.account) / folder / "review.toml").exists():
        world.desks.run(who.account, "nbcohort", "review", "fetch", task["id"], folder, "--cohort", COHORT)
    world.desks.run(who.account, *AT_DESK, "review", folder, who.account, stdin=json.dumps(task["rubric"]))
    world.desks.run(
        who.account, "nbcohort", "review", "submit", task["id"], f"{folder}/review.toml", "--cohort", COHORT
    )


def _close(world: World) -> Step:
    def closed() -> bool:
        found = world.round(FIRST)
        return found is not None and found["phase"] == "closed"

    def do() -> str:
        _wait(closed, "the review round closes")
        return "authors see what was said"

    return Step("close", "The review round closes", do, closed)


def _receive(world: World, who: Person) -> Step:
    def do() -> str:
        found = world.items(who.account, "/review/received", assignment=FIRST)
        count = sum(len(one["reviews"]) for one in found)
        overall = found[0]["score"]["overall"] if found else None
        return f"{count} of them" + (f", {overall['percent']:.0f} % on the whole" if overall else "")

    return Step(f"read-{who.account}", f"{who.first_name} reads the reviews", do)


def _wait(holds: Callable[[], bool], what: str) -> None:
    try:
        wait_until(holds, what)
    except TimeoutError as error:
        raise StoryStuck(f"{error}; the demo's hub.log says more.") from None
