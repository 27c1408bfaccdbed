"""With a host for each server, as production should have it, everything works across hosts."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from nbcohort.demo.story import FIRST, IRIS
from nbcohort.demo.world import ROOM
from tests.browser.people import Guests
from tests.browser.test_story import fetch_and_open, hand_in, open_formgrader

SUBDOMAINS = True


def test_each_server_has_its_host_and_hand_in_and_course_room_work_across_them(guests: Guests) -> None:
    bo = guests.enter("bo")
    bo.open_lab()
    assert urlsplit(bo.page.url).hostname == "bo.hub.localhost"
    fetch_and_open(bo)
    hand_in(bo)

    iris = guests.enter(IRIS.account)
    iris.enter_course_room()
    assert urlsplit(iris.page.url).hostname == f"{ROOM}.hub.localhost"
    formgrader = open_formgrader(iris)
    assert urlsplit(formgrader.url).hostname == f"{ROOM}.hub.localhost"
    formgrader.get_by_role("row").filter(has_text=FIRST).locator("td.collect a").click()
    expect(formgrader.locator(".modal.in, .modal.show")).to_contain_text("bo")


def test_a_page_on_one_persons_server_cannot_read_another_persons(guests: Guests) -> None:
    iris = guests.enter(IRIS.account)
    iris.open_lab()
    address = guests.demo.where.server(ROOM)
    read = """async address => {
        try { return (await fetch(address + "/api/contents", { credentials: "include" })).status }
        catch (error) { return "refused" }
    }"""
    assert iris.page.evaluate(read, address) == "refused"
