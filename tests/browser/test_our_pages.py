"""Pages of our own, for those who use the keyboard alone, a dark screen or a narrow one."""

from playwright.sync_api import Page, expect

from nbcohort.demo.story import IRIS
from tests.browser.people import Guest, Guests


def framed_button(guest: Guest) -> Page:
    guest.enter_course_room()
    guest.menu("Nbgrader", "Formgrader")
    expect(guest.page.frame_locator("iframe").get_by_role("button", name="Open Formgrader")).to_be_visible()
    return guest.page


def test_formgrader_opens_by_keyboard_on_a_dark_and_narrow_screen(guests: Guests) -> None:
    iris = guests.enter(IRIS.account, viewport={"width": 400, "height": 700}, color_scheme="dark")
    page = framed_button(iris)
    frame = page.frame_locator("iframe")
    button = frame.get_by_role("button", name="Open Formgrader")
    body = frame.locator("body")
    assert body.evaluate("body => body.scrollWidth <= innerWidth"), "it scrolls sideways"
    button.focus()
    with iris.context.expect_page() as opened:
        page.keyboard.press("Enter")
    expect(opened.value).to_have_title("Formgrader")
