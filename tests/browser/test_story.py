"""From the first click on Fetch to the comment that the learner reads, all of it in two browsers."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from nbcohort.demo.story import FIRST, IRIS
from nbcohort.demo.world import ROOM
from nbcohort.testing import wait_until
from tests.browser.people import SECONDS, Demo, Guest, Guests

ANSWER = "def tidy_name(text):\nreturn text"
"""Typed as a person types it: JupyterLab indents by itself."""
EXPLANATION = "A comma was lost: it should be 18,5 degrees."
COMMENT = "Well seen. Which value would you keep?"
RECEIPT = f"{FIRST}.receipt-1.txt"


def test_a_learner_hands_in_and_reads_what_the_instructor_wrote(guests: Guests, demo: Demo) -> None:
    from_fetch_to_feedback(guests, demo)


def from_fetch_to_feedback(guests: Guests, demo: Demo) -> tuple[Guest, Guest, Page]:
    """Play the story; return the learner and the instructor where it has brought them, and formgrader's page."""
    ada = guests.enter("ada")
    ada.open_lab()
    fetch_and_open(ada)
    edit_and_run(ada)
    assert "FAILED" in said(demo, ada, f"nbcohort check {FIRST}")
    hand_in(ada)

    iris = guests.enter(IRIS.account)
    iris.enter_course_room()
    graded = said(demo, iris, f"nbcohort grade {FIRST} --no-release")
    assert re.search(r"ada\s+graded\s+\d", graded), graded
    formgrader = open_formgrader(iris)
    grade_by_hand(formgrader)
    release_feedback(formgrader)

    read_feedback(ada)
    return ada, iris, formgrader


def fetch_and_open(guest: Guest) -> None:
    guest.assignment_list()
    lists = guest.page
    lists.locator("#released_assignments_list").get_by_role("button", name="Fetch", exact=True).click()
    fetched = lists.locator("#fetched_assignments_list")
    fetched.get_by_text(FIRST).first.click()
    fetched.locator(".assignment-notebook-link, a").get_by_text(FIRST, exact=True).last.click()
    expect(notebook(guest).locator(".jp-Notebook-cell").first).to_be_visible()


def notebook(guest: Guest):  # type: ignore[no-untyped-def]
    return guest.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")


def edit_and_run(guest: Guest) -> None:
    page = guest.page
    cell = notebook(guest).locator(".jp-CodeCell").filter(has_text="def tidy_name").first
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type(ANSWER)
    page.keyboard.press("Shift+Enter")
    expect(cell.locator(".jp-InputPrompt")).to_have_text("[1]:")
    text = notebook(guest).locator(".jp-MarkdownCell:not(:has(h1))").filter(has_text="YOUR ANSWER HERE").first
    text.scroll_into_view_if_needed()
    text.dblclick()
    text.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type(EXPLANATION)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Control+S")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)


def said(demo: Demo, guest: Guest, command: str) -> str:
    """Run a command in a new terminal; return what it said."""
    course_room = ROOM in guest.page.url
    home = demo.world.desks.home(ROOM if course_room else guest.account)
    file: Path = home / ("course" if course_room else ".") / "said.txt"
    guest.terminal().type(f"{command} > said.txt 2>&1; echo over >> said.txt")
    wait_until(lambda: file.exists() and file.read_text().endswith("over\n"), SECONDS, command)
    return file.read_text()


def hand_in(guest: Guest) -> None:
    guest.assignment_list()
    page = guest.page
    mine = page.locator("#fetched_assignments_list > div").filter(has_text=FIRST)
    mine.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator("#submitted_assignments_list")).to_contain_text(FIRST)
    guest.refresh_files()
    page.locator(".jp-DirListing-item").get_by_text(RECEIPT).dblclick()
    receipt = page.locator(".jp-FileEditor .cm-content").last
    expect(receipt).to_contain_text(f"Receipt: {FIRST}, attempt 1")
    expect(receipt).to_contain_text("in time")
    expect(receipt).to_contain_text(f"nbcohort verify-receipt {RECEIPT} {FIRST}")


def open_formgrader(guest: Guest) -> Page:
    guest.menu("Nbgrader", "Formgrader")
    framed = guest.page.frame_locator("iframe")
    return guest.open_tab(framed.get_by_role("button", name="Open Formgrader"))


def grade_by_hand(page: Page) -> None:
    expect(page.get_by_role("row").filter(has_text=FIRST)).to_contain_text("2026-01-18")
    page.get_by_role("row").filter(has_text=FIRST).get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="ada")).to_contain_text("Ada Okafor")
    page.get_by_role("link", name="Manual Grading").click()
    page.get_by_role("link", name=FIRST).click()
    page.get_by_role("link", name=FIRST).last.click()
    page.get_by_role("link", name=re.compile("Submission #1")).click()
    wait_until(lambda: page.evaluate("window.formgrader?.grades?.loaded && formgrader.comments?.loaded"))
    answer = page.locator(".nbgrader_cell").filter(has_text=EXPLANATION)
    answer.locator("input.score").fill("2")
    answer.locator("input.score").press("Tab")
    answer.locator("textarea.comment").fill(COMMENT)
    with page.expect_response(lambda response: response.request.method == "PUT" and "comment" in response.url):
        answer.locator("textarea.comment").press("Tab")
    expect(answer.locator("input.score")).to_have_value("2")


def release_feedback(page: Page) -> None:
    page.goto(re.sub(r"/formgrader/.*", "/formgrader/manage_assignments", page.url))
    row = page.get_by_role("row").filter(has_text=FIRST)
    for column, done in (("generate-feedback", "generated"), ("release-feedback", "released")):
        row.locator(f"td.{column} a").click()
        expect(page.locator(".modal.in, .modal.show")).to_contain_text(re.compile(done, re.IGNORECASE))
        page.keyboard.press("Escape")
        page.reload()


def read_feedback(guest: Guest) -> None:
    page = guest.page
    guest.assignment_list()
    page.locator("#refresh_assignments_list").click()
    submitted = page.locator("#submitted_assignments_list")
    expect(submitted).to_contain_text("feedback available to fetch")
    submitted.get_by_role("button", name="Fetch Feedback").click()
    submitted.get_by_text("(view feedback)").click()
    page.locator(".jp-DirListing-item").get_by_text(f"{FIRST}.html").dblclick()
    feedback = page.locator(".jp-HTMLViewer iframe").content_frame
    expect(feedback.get_by_text(COMMENT)).to_be_visible()
    expect(feedback.locator("body")).to_contain_text(re.compile(r"Score:\s*2(\.0)?\s*/\s*2"))


def test_our_own_page_works_by_keyboard_and_on_a_dark_and_narrow_screen(guests: Guests) -> None:
    iris = guests.enter(IRIS.account, color_scheme="dark")
    iris.enter_course_room()
    iris.menu("Nbgrader", "Formgrader")
    page = iris.page
    frame = page.frame_locator("iframe")
    button = frame.get_by_role("button", name="Open Formgrader")
    expect(button).to_be_visible()
    page.set_viewport_size({"width": 400, "height": 700})
    page.keyboard.press("Control+B")  # JupyterLab's side bar takes most of so narrow a window
    assert frame.locator("body").evaluate("body => document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=guests.folder / "narrow.png")
    button.focus()
    with iris.context.expect_page() as opened:
        page.keyboard.press("Enter")
    expect(opened.value.get_by_role("heading", name="Manage Assignments")).to_be_visible()
