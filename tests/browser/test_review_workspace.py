"""A learner reviews a peer's work in JupyterLab, and loses nothing that was typed."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, Route, expect

from nbcohort.checks.results import Finding, Where, result
from nbcohort.testing import RunningService, running_fake_hub, running_service
from tests.service.classroom import ok
from tests.service.lab_server import Server, is_extension_there, running_server
from tests.service.review_room import FULL, ReviewRoom, notebook

RUN = "parent.ran = 1"
HOSTILE = (
    f"<script>{RUN}</script><img src=x onerror='{RUN}'><a href='javascript:{RUN}'>link</a>"
    f"<svg onload='{RUN}'><script>{RUN}</script><a xlink:href='javascript:{RUN}'><text>svg</text></a></svg>"
    f"<iframe srcdoc='<script>{RUN}</script>'></iframe><details open ontoggle='{RUN}'>more</details>"
)
TEX = rf"$$\href{{javascript:{RUN}}}{{x}} \unicode{{<img src=x onerror={RUN}>}}$$"
OUTPUTS: list[dict[str, str]] = [
    {"text/html": f"<b>Table</b>{HOSTILE}"},
    {"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg' onload='{RUN}'><script>{RUN}</script></svg>"},
    {"text/markdown": f"**Note** [click](javascript:{RUN}) {HOSTILE}"},
    {"text/latex": TEX},
    {"text/latex": r"$\bar x_{1}$"},
    {"application/javascript": RUN, "text/plain": "no script"},
]
A_REVIEW = "nbcohort-reviews:nbcohort-review-"
"""How the Lab notes a review that is open."""
HUGE = 1_500_000
"""Characters that a cell has printed."""
WORKS, NEXT = "The loop is easy to follow. ", "Next, name the units, since a reader cannot guess them."
CODE = "def mean(values):\n    # the units are grams\n    return sum(values) / len(values)"
CHECKED = result(
    [
        Finding(what="mean_test", where=Where(notebook="ps1.ipynb", cell=2), passed=True, score=1, points=1),
        Finding(
            what="empty_test", where=Where(notebook="ps1.ipynb", cell=2), passed=False, message="ZeroDivisionError"
        ),
    ]
)


def work(account: str) -> bytes:
    """A notebook with something to see, and much that should do nothing."""
    shown = [{"output_type": "display_data", "metadata": {}, "data": data} for data in OUTPUTS]
    cells = [
        markdown(f"# Cleaning\n\nMy answer has *{len(account)}* parts.\n\n{HOSTILE}\n\n{TEX}"),
        code(CODE, *shown, printed("42\n")),
        code("print('x' * 1_500_000)", printed("x " * (HUGE // 2))),
        code("from IPython.display import HTML\nHTML(f'<i>ran to {6 * 7}</i><script>parent.ran = 1</script>')"),
        *(markdown(f"Step {n}") for n in range(1, 5_000)),
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": source, "outputs": list(outputs)}


def printed(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReviewRoom]:
    """A cohort in which reviews are under way, and another one in which ada has a sample to score."""
    with running_fake_hub() as hub, running_service(tmp_path_factory.mktemp("service"), hub) as service:
        yield _opened(service)


def _opened(service: RunningService) -> ReviewRoom:
    _add_sample(ReviewRoom(service))
    room = ReviewRoom(service)
    room.apply_review()
    files = {"notes.txt": b"Plain words.", "broken.ipynb": b'{"cells": ['}
    for account in ("ada", "ben", "cleo", "dora"):
        handed_in = room.hand_in(account, files={"ps1.ipynb": work(account), **files})
        checked = {"submission": handed_in["id"], "result": CHECKED.model_dump(mode="json")}
        ok(room.room.post(f"{room.root}/checks", json=checked))
    room.open_round()
    for account in ("ben", "cleo", "dora"):
        for task in room.tasks(account):
            copy = room.get(account, f"tasks/{task['id']}/files/ps1.ipynb").json()
            at_cell = {"file": "ps1.ipynb", "cell": copy["cells"][1]["id"], "quote": "units", "text": "Of what?"}
            ok(room.put_review(account, task["id"], {**FULL, "inline": [at_cell]}))
    return room


def _add_sample(room: ReviewRoom) -> None:
    room.apply_review(calibrates="week 1 sat 12:00", opens="week 2 wed 09:00")
    sample = room.hand_in("ines", files={"ps1.ipynb": notebook("The mean is 7.")})
    scores = {
        "scores": {"correct": 0, "clear": 1},
        "comments": {"correct": "It is the mean of the wrong column."},
        "overall": "Readable, and wrong.",
    }
    ok(
        room.client("ines").post(
            f"{room.root}/review/samples", json={"assignment": "ps1", "submission": sample["id"], **scores}
        )
    )


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
    expect(page.locator(".jp-Launcher")).to_be_visible()  # it takes the focus when it comes
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


def announced(form: Locator) -> Locator:
    """What is read aloud."""
    return form.locator("footer").get_by_role("status")


def overall(form: Locator) -> Locator:
    return form.get_by_label("Overall comment")


def comment_on(form: Locator, what: str) -> Locator:
    """The field of the comment on `what`."""
    return form.get_by_role("textbox", name=re.compile(f"^Comment on {re.escape(what)} "))


SELECT = """element => {
  const text = [...element.querySelectorAll('span')].find(one => one.textContent.includes('units')).firstChild;
  const range = element.ownerDocument.createRange();
  range.setStart(text, text.data.indexOf('units'));
  range.setEnd(text, text.data.indexOf('units') + 5);
  element.ownerDocument.getSelection().removeAllRanges();
  element.ownerDocument.getSelection().addRange(range);
}"""
"""Selects the word "units", as the mouse would."""


def test_a_review_is_written_reloaded_and_submitted(page: Page, ada: Server, room: ReviewRoom) -> None:
    form = open_review(page, ada, 0)
    form.get_by_role("button", name="Submit review").click()
    expect(form.get_by_text("Choose a level.")).to_have_count(2)
    expect(announced(form)).to_contain_text("not complete")
    expect(form.get_by_role("radio", name=re.compile("Wrong"))).to_be_focused()

    ada.wait_until_noted(A_REVIEW)
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
    expect(form.get_by_text("Submit your own review first")).to_have_count(0)
    form.get_by_text("Check results: 1 of 2 passed").click()
    expect(form.get_by_text("ZeroDivisionError")).to_be_visible()
    form.get_by_role("button", name="Submit review").click()
    expect(status(form)).to_contain_text("Submitted. You can change it until")
    others = form.get_by_role("region", name="What others wrote on this work")
    expect(others).to_contain_text("Works; next, name the units")
    others.get_by_role("button", name="cell 2 of ps1.ipynb").click()
    expect(frame_of(page).locator("#cell-2")).to_be_focused()

    expect(page.locator("#nbcohort-today").get_by_role("heading", name=re.compile("Done"))).to_be_visible()
    saved = [room.get("ada", f"tasks/{task['id']}/review").json() for task in room.tasks("ada")]
    (submitted,) = [one for one in saved if one["submitted"]]
    assert submitted["overall"] == WORKS + NEXT
    assert submitted["scores"] == {"correct": 2, "clear": 1}


def test_comments_are_made_at_cells_and_at_selected_text_and_are_not_lost(
    page: Page, ada: Server, room: ReviewRoom
) -> None:
    form, frame = open_review(page, ada, 0), frame_of(page)
    ada.wait_until_noted(A_REVIEW)
    button = frame.get_by_role("button", name="Comment on cell 2", exact=True)
    button.press("Enter")
    expect(comment_on(form, "cell 2")).to_be_focused()
    page.keyboard.type("A good name.")
    expect(frame.locator("#cell-2 .said")).to_contain_text("A good name.")
    frame.locator("#cell-2 .source").evaluate(SELECT)
    form.locator("..").get_by_role("button", name="Comment on selected text").click()
    expect(comment_on(form, "“units” in cell 2")).to_be_focused()
    page.keyboard.type("Of what?")
    page.reload()  # before they have been sent

    form, frame = form_of(page), frame_of(page)
    expect(comment_on(form, "cell 2")).to_have_value("A good name.")
    expect(comment_on(form, "“units” in cell 2")).to_have_value("Of what?")
    expect(frame.locator("#cell-2 .said q")).to_have_text("units")
    highlighted = "document => [...document.defaultView.CSS.highlights.get('quoted')].map(String)"
    assert frame.locator("body").evaluate(f"body => ({highlighted})(body.ownerDocument)") == ["units"]
    bar = page.locator(".jp-nbcohort-Review:visible .jp-nbcohort-bar").first
    bar.get_by_role("button", name="Next").click()
    expect(bar).to_contain_text("Cells 41")
    form.get_by_role("button", name="cell 2 of ps1.ipynb").first.press("Enter")
    expect(frame.locator("#cell-2")).to_be_focused()
    expect(status(form)).to_contain_text(re.compile("saved", re.IGNORECASE))
    reviews = [room.get("ada", f"tasks/{task['id']}/review").json() for task in room.tasks("ada")]
    (inline,) = [one["inline"] for one in reviews if one["inline"]]
    assert [(one["quote"], one["text"]) for one in inline] == [("", "A good name."), ("units", "Of what?")]

    form.get_by_role("button", name="Remove: Comment on cell 2 of ps1.ipynb").press("Enter")
    expect(comment_on(form, "cell 2")).to_have_count(0)
    form.get_by_role("button", name="Put it back").press("Enter")
    expect(comment_on(form, "cell 2")).to_have_value("A good name.")


def test_what_is_typed_while_the_server_is_away_gets_there_later(page: Page, ada: Server, room: ReviewRoom) -> None:
    form = open_review(page, ada, 0)
    expect(overall(form)).to_be_editable()
    before = overall(form).input_value()
    ada.wait_until_noted(A_REVIEW)

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
    expect(announced(second)).to_contain_text("another window")
    expect(overall(second)).to_have_value(re.compile("second window.*first window", re.DOTALL))


def test_a_hostile_work_is_shown_and_run_and_does_nothing_but_be_read(page: Page, ada: Server) -> None:
    form, frame = open_review(page, ada, 0), frame_of(page)
    for seen in ("42", "Table", "Note"):
        expect(frame.locator("#cell-2").get_by_text(seen, exact=True)).to_be_visible()
    expect(frame.locator("#cell-3")).to_contain_text("x x x")
    expect(frame.locator("#cell-2 math msub")).to_be_visible()
    bar = page.locator(".jp-nbcohort-Review:visible .jp-nbcohort-bar").first
    expect(bar.get_by_label("File").locator("option", has_text="broken.ipynb (")).to_be_disabled()
    expect(bar).to_contain_text("of 5003")
    first = bar.inner_text()
    bar.get_by_role("button", name="Next").click()
    expect(frame.get_by_text("Step 37", exact=True)).to_be_attached()
    bar.get_by_role("button", name="Back").click()
    expect(frame.get_by_role("heading", name="Cleaning")).to_be_visible()
    assert bar.inner_text() == first
    for link in frame.get_by_text("link", exact=True).all():
        link.click()

    run = page.locator(".jp-nbcohort-Review:visible .jp-nbcohort-run")
    run.get_by_role("button", name="Run it").click()
    expect(run.get_by_role("status")).to_contain_text("It ran from top to bottom")
    expect(frame.locator("#cell-4")).to_contain_text("ran to 42")
    overall(form).press_sequentially("Still usable.")
    expect(overall(form)).to_have_value(re.compile("Still usable."))
    form.get_by_label("Comment on Clarity").fill("long" * 100)
    assert form.evaluate("form => form.scrollWidth <= form.clientWidth")
    run.get_by_role("button", name="As handed in").click()
    expect(frame.locator("#cell-2").get_by_text("Table")).to_be_visible()

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


def test_a_sample_is_scored_and_compared(page: Page, ada: Server) -> None:
    open_today(page, ada).get_by_role("button", name=re.compile("Score sample")).click()
    form = page.locator(".jp-nbcohort-Review:visible form")
    expect(frame_of(page).get_by_text("The mean is 7.")).to_be_visible()
    form.get_by_role("radio", name=re.compile("Right")).check()
    overall(form).fill("Typed before the reload.")
    open_today(page, ada).get_by_role("button", name=re.compile("Score sample")).click()
    expect(overall(form)).to_have_value("Typed before the reload.")
    form.get_by_role("button", name="Score, and compare").click()
    expect(announced(form)).to_contain_text("not complete")
    form.get_by_role("radio", name=re.compile("Yes")).check()
    form.get_by_role("button", name="Score, and compare").click()
    compared = page.get_by_role("region", name="Correctness")
    expect(compared).to_contain_text(re.compile("You.*Right.*Instructor.*Wrong", re.DOTALL))
    expect(compared).to_contain_text("the mean of the wrong column")
    done = page.locator("#nbcohort-today").get_by_role("heading", name=re.compile("Done"))
    expect(done.locator("..")).to_contain_text("Score sample")


def test_a_server_that_is_killed_while_somebody_writes_takes_no_word_away(
    page: Page, ada: Server, room: ReviewRoom
) -> None:
    form, frame = open_review(page, ada, 1), frame_of(page)
    expect(overall(form)).to_be_editable()
    ada.wait_until_noted(A_REVIEW)
    frame.get_by_role("button", name="Comment on cell 1", exact=True).click()
    comment_on(form, "cell 1").press_sequentially("Before, ")
    overall(form).fill("Before, ")
    ada.kill()
    for field in (overall(form), comment_on(form, "cell 1")):
        field.fill("Before, and while it was gone.")
    expect(status(form)).to_contain_text("kept in this browser")
    ada.come_back()
    page.reload()
    form = form_of(page)
    expect(overall(form)).to_have_value("Before, and while it was gone.")
    expect(status(form)).to_contain_text(re.compile("saved", re.IGNORECASE))

    saved = [room.get("ada", f"tasks/{task['id']}/review").json() for task in room.tasks("ada")]
    (whole,) = [one for one in saved if one["overall"] == "Before, and while it was gone."]
    assert whole["inline"][0]["text"] == "Before, and while it was gone."


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
