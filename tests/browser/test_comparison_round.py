"""A round of comparisons in JupyterLab: which of my two works is better, and why; then what its author reads of it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from nbcohort.testing import running_fake_hub, running_service
from tests.service.classroom import ok
from tests.service.lab_server import Server, is_extension_there, running_server
from tests.service.review_room import ReviewRoom, notebook

OVERALL = "Works; next, name the units, since a reader cannot guess them."
LEARNERS = ("ada", "ben", "cleo", "dora")
WHY = "It says what it counts."


@pytest.fixture
def room(tmp_path: Path) -> Iterator[ReviewRoom]:
    """Four learners review two works each, and all but ada have done so: the second is the better one.

    So has hana, of the second work of ada and the one that ada neither wrote nor reviews.
    """
    with running_fake_hub() as hub, running_service(tmp_path / "service", hub) as service:
        room = ReviewRoom(service)
        room.apply_review(rubric=[], form="comparisons", k=2)
        for account in LEARNERS:
            room.hand_in(account, files={"ps1.ipynb": notebook(f"My answer is {len(account)}.")})
        room.open_round()
        for account in LEARNERS[1:]:
            compare(room, account, WHY)
        one, other = (task["pseudonym"] for task in room.tasks("ada"))
        known = {one, other, room.work_of("ada")["pseudonym"]}
        for work in {work["pseudonym"] for work in room.round()["works"]} - known | {other}:
            given = {"work": work, "account": "hana", "reason": "One more."}
            ok(room.client("ines").post(f"{room.root}/review/rounds/{room.round()['id']}/tasks", json=given))
        compare(room, "hana", "Hana can follow it.")
        yield room


def compare(room: ReviewRoom, account: str, why: str) -> None:
    """Let `account` review two works: the second is the better one."""
    first, second = (task["id"] for task in room.tasks(account))
    ok(room.put_review(account, first, {"overall": OVERALL, "submit": True}))
    comparisons = {first: {"better": True, "why": why}}
    ok(room.put_review(account, second, {"overall": OVERALL, "comparisons": comparisons, "submit": True}))


@pytest.fixture
def ada(room: ReviewRoom, tmp_path: Path) -> Iterator[Server]:
    assert is_extension_there(), "the extension is not built: `make install` does it"
    with running_server(tmp_path / "ada" / "home", room.service.environment("ada")) as server:
        yield server


@pytest.fixture
def page(browser: Browser, ada: Server) -> Iterator[Page]:
    """JupyterLab with *Today* open."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-GB")
    context.set_default_timeout(180_000)
    page = context.new_page()
    page.goto(ada.lab)
    page.locator(".lm-TabBar-tab[data-id='nbcohort-today']").click()
    ada.wait_until_noted("nbcohort-today")
    yield page
    context.close()


def form_of(page: Page, pseudonym: str) -> Locator:
    return page.get_by_role("form", name=f"Your review of work {pseudonym}", exact=True)


def submit(form: Locator) -> None:
    form.get_by_role("button", name="Submit review").click()
    expect(form.locator(".jp-nbcohort-standing")).to_contain_text("Submitted. You can change it until")


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("NBCOHORT_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_two_works_are_compared_and_their_author_reads_why(page: Page, room: ReviewRoom) -> None:
    one, other = room.tasks("ada")
    first, second = one["pseudonym"], other["pseudonym"]
    the_first_review_compares_nothing(page, first, second)
    the_second_asks_which_is_better(page, first, second)
    what_is_decided_is_seen_in_both(page, first, second)

    said = {"better": True, "why": "Its loop is easy to follow."}
    assert room.get("ada", f"tasks/{other['id']}/review").json()["comparisons"] == {one["id"]: said}
    room.close_round()
    the_author_reads_why(page)


def the_first_review_compares_nothing(page: Page, first: str, second: str) -> None:
    page.locator("#nbcohort-today").get_by_role("button", name=re.compile(f"Review work {first}")).click()
    form = form_of(page, first)
    expect(form.get_by_role("region", name="Compare")).to_contain_text(
        f"Work {second}: you will be asked once you have reviewed it."
    )
    form.get_by_label("Overall comment").fill(OVERALL)
    submit(form)


def the_second_asks_which_is_better(page: Page, first: str, second: str) -> None:
    form_of(page, first).get_by_role("button", name=second, exact=True).click()
    form = form_of(page, second)
    pair = form.get_by_role("radiogroup", name=f"Which is better: this work, {second}, or work {first}?")
    form.get_by_role("button", name="Submit review").click()
    for sentence in ("Choose the better one.", "Say why.", "Write something on the whole"):
        expect(form.get_by_text(sentence)).to_be_visible()
    picture(page, "comparison-missing")
    expect(pair.get_by_role("radio", name=f"This work, {second}")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(pair.get_by_role("radio", name=f"Work {first}")).to_be_checked()
    page.keyboard.press("ArrowUp")
    pair.get_by_label("Why?").press_sequentially("Its loop is easy ")
    page.reload()  # before anything has been sent, and maybe before the Lab has noted that this review is open

    page.locator("#nbcohort-today").get_by_role("button", name=re.compile(f"Review work {second}")).click()
    expect(pair.get_by_label("Why?")).to_have_value("Its loop is easy ")
    expect(pair.get_by_role("radio", name=f"This work, {second}")).to_be_checked()
    pair.get_by_label("Why?").fill("Its loop is easy to follow.")


def what_is_decided_is_seen_in_both(page: Page, first: str, second: str) -> None:
    """The other review is opened beside this one, and needs no answer of its own."""
    form = form_of(page, second)
    form.get_by_role("button", name=f"Open work {first} beside this one").press("Enter")
    beside = form_of(page, first)
    form.get_by_label("Overall comment").fill(OVERALL)
    submit(form)
    pair = beside.get_by_role("radiogroup", name=f"Which is better: this work, {first}, or work {second}?")
    expect(pair.get_by_role("radio", name=f"Work {second}")).to_be_checked()
    expect(pair.get_by_label("Why?")).to_have_value("Its loop is easy to follow.")
    others = form.get_by_role("region", name="What others wrote on this work")
    expect(others).to_contain_text(OVERALL)
    expect(others).to_contain_text(
        re.compile("Found (better than|not as good as) another work, because:Hana can follow it.")
    )
    others.scroll_into_view_if_needed()
    picture(page, "comparison")


def the_author_reads_why(page: Page) -> None:
    page.locator("#nbcohort-today").get_by_role("button", name="Reviews of my work").click()
    received = page.locator(".jp-nbcohort-Received:visible")
    expect(received).to_contain_text(re.compile(r"Found better in \d of 2 comparisons\."))
    said = received.locator(".jp-nbcohort-compared li")
    expect(said).to_have_count(2)
    because = f"^Found (better than|not as good as) another work, because:{WHY}$"
    expect(said.first).to_have_text(re.compile(because))
    picture(page, "comparison-received")
