"""A learner reviews a peer's work in JupyterLab, and loses nothing that was typed."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, Route, expect

from nbcohort.testing import RunningService, running_fake_hub, running_service
from tests.service.lab_server import Server, is_extension_there, running_server
from tests.service.review_room import ReviewRoom

HOSTILE = (
    "<script>parent.ran = 1</script><img src=x onerror='parent.ran = 1'><a href='javascript:parent.ran = 1'>link</a>"
)
WORKS, NEXT = "The loop is easy to follow. ", "Next, name the units, since a reader cannot guess them."


def work(account: str) -> bytes:
    """A notebook with something to see, and something that should do nothing."""
    cells = [
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": f"# Cleaning\n\nMy answer has *{len(account)}* parts.\n\n{HOSTILE}",
        },
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": "def mean(values):\n    # the units are grams\n    return sum(values) / len(values)",
            "outputs": [
                {"output_type": "display_data", "metadata": {}, "data": {"text/html": f"<b>Table</b>{HOSTILE}"}},
                {"output_type": "stream", "name": "stdout", "text": "42\n"},
            ],
        },
        *({"cell_type": "markdown", "metadata": {}, "source": f"Step {n}"} for n in range(1, 5_000)),
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReviewRoom]:
    """A cohort in which reviews are under way."""
    with running_fake_hub() as hub, running_service(tmp_path_factory.mktemp("service"), hub) as service:
        yield _opened(service)


def _opened(service: RunningService) -> ReviewRoom:
    room = ReviewRoom(service)
    room.apply_review()
    for account in ("ada", "ben", "cleo", "dora", "emil"):
        room.hand_in(account, files={"ps1.ipynb": work(account), "notes.txt": b"Plain."})
    room.hand_in("fay", files={"ps1.ipynb": b'{"cells": [', "notes.txt": b"Plain."})
    room.open_round()
    return room


@pytest.fixture(scope="module")
def ada(room: ReviewRoom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    assert is_extension_there(), "the extension is not built: `make install` does it"
    with running_server(tmp_path_factory.mktemp("ada") / "home", room.service.environment("ada")) as server:
        yield server


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-GB")
    context.set_default_timeout(180_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def open_today(page: Page, server: Server) -> Locator:
    page.goto(server.lab)
    page.locator(".lm-TabBar-tab[data-id='nbcohort-today']").click()
    panel = page.locator("#nbcohort-today")
    expect(panel).to_be_visible()
    return panel


def open_review(page: Page, server: Server, number: int) -> Locator:
    """Open one of ada's reviews from Today; return its form."""
    panel = open_today(page, server)
    panel.get_by_role("button", name=re.compile("Review work")).nth(number).click()
    return form_of(page)


def form_of(page: Page) -> Locator:
    form = page.locator(".jp-nbcohort-Review:visible form")
    expect(form.get_by_role("heading", name=re.compile("Review of work"))).to_be_visible()
    return form


def frame_of(page: Page) -> FrameLocator:
    return page.frame_locator(".jp-nbcohort-Review:visible iframe")


def status(form: Locator) -> Locator:
    return form.locator(".jp-nbcohort-standing")


def overall(form: Locator) -> Locator:
    return form.get_by_label("Overall comment")


def has_pages(page: Page) -> bool:
    """Whether the work is the long notebook, not the damaged one, which reviewers do not get."""
    files = page.locator(".jp-nbcohort-Review:visible").get_by_label("File")
    expect(files).to_be_visible()
    return files.input_value() == "ps1.ipynb"


def test_a_review_is_written_reloaded_and_submitted(page: Page, ada: Server, room: ReviewRoom) -> None:
    form = open_review(page, ada, 0)
    form.get_by_role("button", name="Submit review").click()
    expect(form.get_by_text("Choose a level.")).to_have_count(2)
    expect(form.get_by_role("status")).to_contain_text("not complete")
    expect(form.get_by_role("radio", name=re.compile("Wrong"))).to_be_focused()

    overall(form).press_sequentially(WORKS)
    page.reload()  # before anything has been sent
    form = form_of(page)
    expect(overall(form)).to_have_value(WORKS)
    overall(form).press("Control+End")
    overall(form).press_sequentially(NEXT)
    form.get_by_role("radio", name=re.compile("Right")).check()
    form.get_by_role("radio", name=re.compile("Yes")).check()
    form.get_by_label("Comment on Clarity").fill("I could follow it.")
    expect(status(form)).to_contain_text("Draft saved")
    form.get_by_role("button", name="Submit review").click()
    expect(status(form)).to_contain_text("Submitted. You can change it until")

    expect(page.locator("#nbcohort-today").get_by_role("heading", name=re.compile("Done"))).to_be_visible()
    saved = [room.get("ada", f"tasks/{task['id']}/review").json() for task in room.tasks("ada")]
    (submitted,) = [one for one in saved if one["submitted"]]
    assert submitted["overall"] == WORKS + NEXT
    assert submitted["scores"] == {"correct": 2, "clear": 1}


def test_what_is_typed_while_the_server_is_away_gets_there_later(page: Page, ada: Server, room: ReviewRoom) -> None:
    form = open_review(page, ada, 0)
    expect(overall(form)).to_be_editable()
    before = overall(form).input_value()

    def away(route: Route) -> None:
        route.abort("connectionrefused")

    page.route("**/nbcohort/api/**", away)
    overall(form).fill(f"{before} Typed while the server was away.")
    expect(status(form)).to_contain_text("kept in this browser")
    page.reload()
    form = form_of(page)
    expect(overall(form)).to_have_value(f"{before} Typed while the server was away.")
    page.unroute("**/nbcohort/api/**", away)
    expect(status(form)).to_contain_text(re.compile("saved", re.IGNORECASE))
    assert any(
        "while the server was away" in room.get("ada", f"tasks/{task['id']}/review").json()["overall"]
        for task in room.tasks("ada")
    )


def test_two_windows_keep_both_texts(context: BrowserContext, ada: Server) -> None:
    one, other = context.new_page(), context.new_page()
    first, second = open_review(one, ada, 0), open_review(other, ada, 0)
    expect(overall(second)).to_be_editable()
    overall(first).fill("Written in the first window.")
    expect(status(first)).to_contain_text("saved")
    overall(second).fill("Written in the second window.")
    expect(second.get_by_role("status")).to_contain_text("another window")
    expect(overall(second)).to_have_value(re.compile("second window.*first window", re.DOTALL))


def test_a_peers_work_is_shown_in_pages_and_does_nothing(page: Page, ada: Server) -> None:
    for number in range(2):
        open_review(page, ada, number)
        if has_pages(page):
            break
    frame = frame_of(page)
    expect(frame.get_by_role("heading", name="Cleaning")).to_be_visible()
    expect(frame.get_by_text("42")).to_be_visible()
    bar = page.locator(".jp-nbcohort-Review:visible .jp-nbcohort-bar")
    expect(bar).to_contain_text("Cells 1 to 40 of 5001")
    bar.get_by_role("button", name="Next").click()
    expect(bar).to_contain_text("Cells 41 to 80 of 5001")
    expect(frame.get_by_text("Step 40", exact=True)).to_be_attached()
    bar.get_by_role("button", name="Back").click()
    expect(frame.get_by_role("heading", name="Cleaning")).to_be_visible()
    frame.get_by_text("link", exact=True).first.click()

    assert page.evaluate("window.ran") is None
    assert len(page.context.pages) == 1
    assert frame.locator("body").evaluate("document.scripts.length") == 0


def test_the_frame_stops_what_would_slip_through_the_cleaning(page: Page, ada: Server) -> None:
    part = {
        "number": 1,
        "kind": "markdown",
        "html": f"<p>seen</p>{HOSTILE}<form action='/logout'><button>go</button></form>",
    }
    answer = {"kind": "notebook", "parts": [part], "count": 1, "next": None}
    page.route("**/nbcohort/api/**/shown*", lambda route: route.fulfill(json=answer))
    open_review(page, ada, 0)
    frame = frame_of(page)
    expect(frame.get_by_text("seen")).to_be_visible()
    frame.get_by_text("link", exact=True).click()
    frame.get_by_role("button", name="go").click()
    expect(frame.get_by_text("seen")).to_be_visible()

    assert page.evaluate("window.ran") is None


def test_today_says_what_is_wrong_when_the_service_is_away(page: Page, ada: Server) -> None:
    problem = {"status": 503, "detail": "The course service cannot be reached."}
    page.route("**/nbcohort/api/today*", lambda route: route.fulfill(status=503, json=problem))
    expect(open_today(page, ada).get_by_role("status")).to_contain_text("cannot be reached")


def test_it_works_from_the_keyboard(page: Page, ada: Server) -> None:
    panel = open_today(page, ada)
    task = panel.get_by_role("button", name=re.compile("Review work")).last
    task.focus()
    page.keyboard.press("Enter")
    form = form_of(page)
    level = form.get_by_role("radio").first
    level.focus()
    page.keyboard.press("ArrowDown")
    expect(form.get_by_role("radio").nth(1)).to_be_checked()
    page.keyboard.press("Tab")
    expect(form.get_by_label("Comment on Correctness")).to_be_focused()
