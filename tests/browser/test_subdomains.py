"""With a host for each server, as production should have it, everything works across hosts."""

from urllib.parse import urlsplit

from nbcohort.demo.story import IRIS
from nbcohort.demo.world import ROOM
from tests.browser.people import Demo, Guests
from tests.browser.test_story import from_fetch_to_feedback

SUBDOMAINS = True


def test_the_whole_story_works_with_a_host_for_each_server(guests: Guests, demo: Demo) -> None:
    ada, iris, formgrader = from_fetch_to_feedback(guests, demo)
    assert urlsplit(ada.page.url).hostname == "ada.hub.localhost"
    assert {urlsplit(page.url).hostname for page in (iris.page, formgrader)} == {f"{ROOM}.hub.localhost"}


def test_a_page_on_one_persons_server_cannot_read_another_persons(guests: Guests) -> None:
    iris = guests.enter(IRIS.account)
    iris.open_lab()
    address = guests.demo.where.server(ROOM)
    read = """async address => {
        try { return (await fetch(address + "/api/contents", { credentials: "include" })).status }
        catch (error) { return "refused" }
    }"""
    assert iris.page.evaluate(read, address) == "refused"
