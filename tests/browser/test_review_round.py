"""A whole round of peer review in the browser: eight members, from the opening to released grades.

Ada, ben and the instructor ines sit at JupyterLab on servers of their own; the others act through the service. Fay
drops out, hana comes late, ada appeals, ben flags a review, and ines overrides a score. Pictures of it are kept in the
folder that NBCOHORT_SCREENSHOTS names, if it names one.
"""

import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from nbcohort.testing import running_fake_hub, running_service, wait_until
from tests.service.classroom import ok
from tests.service.lab_server import Server, is_extension_there, running_server
from tests.service.review_room import CLOSES, FULL, OPENS, REVIEW, RUBRIC, ReviewRoom

LEARNERS = ("ada", "ben", "cleo", "dora", "emil", "fay", "gus", "hana")
AT_LAB = ("ada", "ben", "ines")
AFTERWARDS = {"replies_due": "week 3 wed 23:59", "revisions_until": "week 3 wed 23:59", "release": "staff"}
POOR = {**FULL, "scores": {"correct": 0, "clear": 0}, "comments": {}, "overall": "Bad. Whoever wrote this should stop."}
SECONDS = 60
SCREEN: ViewportSize = {"width": 1280, "height": 800}


class Round(ReviewRoom):
    """The cohort, and those who sit at JupyterLab: their pages, and the home of one of them."""

    pages: dict[str, Page]
    home: Path

    def apply(self, **course: Any) -> None:
        """Apply a round with replies, whose scores staff release, and an assignment that can be late."""
        assignment = {
            "name": "ps1",
            "title": "Cleaning",
            "release": "week 1 mon 08:00",
            "due": "week 1 fri 23:59",
            "late": {"policy": "accept", "until": "week 2 wed 23:59"},
            "rubric": RUBRIC,
            "activities": {"review": {**REVIEW, **AFTERWARDS}},
        }
        super().apply(assignments=[assignment])

    def in_time(self) -> None:
        """Everybody but ada and hana hands in; ivo leaves."""
        ok(self.admin.patch(f"{self.root}/members/{self.members['ivo']}", json={"ends_at": "now"}))
        for account in LEARNERS[1:-1]:
            self.hand_in(account, files={"ps1.ipynb": work(account)})

    def reviewed(self, account: str) -> None:
        """`account` submits what is left of the own tasks."""
        for task in self.tasks(account):
            if task["state"] != "submitted":
                self.review(account, task["id"])

    def review(self, account: str, task: str) -> None:
        """Submit a review with a comment at a cell."""
        copy = json.loads(self.get(account, f"tasks/{task}/files/ps1.ipynb").content)
        at_cell = {
            "file": "ps1.ipynb",
            "cell": copy["cells"][1]["id"],
            "quote": "grams",
            "text": "Say so in the title.",
        }
        ok(self.put_review(account, task, {**FULL, "inline": [at_cell]}))

    def revise(self, account: str) -> None:
        """Hand in once more, after the reviews."""
        self.hand_in(account, files={"ps1.ipynb": work(account).replace(b"are grams", b"are kilograms")})

    def take_what_is_left(self) -> None:
        """Whoever has handed in and is still there takes what is needed most, as long as there is something."""
        for account in ("gus", "hana", "emil", "dora", "cleo"):
            taken = self.client(account).post(f"{self.root}/review/next", json={"assignment": "ps1"})
            if taken.status_code == 201:
                self.review(account, taken.json()["id"])

    def panel(self, account: str, css: str) -> Locator:
        return self.pages[account].locator(f".jp-nbcohort-{css}:visible")

    def today(self, account: str) -> Locator:
        return self.pages[account].locator("#nbcohort-today")


def work(account: str) -> bytes:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "markdown",
            "id": "title",
            "metadata": {},
            "source": f"# Cleaning\n\nMy answer has {len(account)} parts.",
        },
        {
            "cell_type": "code",
            "id": "mean",
            "metadata": {},
            "execution_count": 1,
            "source": "def mean(values):\n    # the units are grams\n    return sum(values) / len(values)",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "4.2\n"}],
        },
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture
def room(tmp_path: Path, browser: Browser) -> Iterator[Round]:
    """Everything is handed in but ada's and hana's, and nothing is swapped; three people have JupyterLab open."""
    assert is_extension_there(), "the extension is not built: `make install` does it"
    with ExitStack() as stack:
        hub = stack.enter_context(running_fake_hub())
        room = Round(stack.enter_context(running_service(tmp_path / "service", hub)))
        room.apply()
        room.release(files={"ps1.ipynb": work("")})
        room.in_time()
        room.pages, room.home = {}, tmp_path / "ada" / "home"
        for account, server in zip(AT_LAB, _servers(stack, room, tmp_path), strict=True):
            context = browser.new_context(viewport=SCREEN, locale="en-GB", timezone_id="Europe/Berlin")
            context.set_default_timeout(SECONDS * 1000)
            stack.callback(context.close)
            room.pages[account] = context.new_page()
            open_today(room.pages[account], server)
        yield room


def _servers(stack: ExitStack, room: Round, folder: Path) -> list[Server]:
    """Start a server for each of `AT_LAB`, at the same time."""

    def start(account: str) -> Server:
        return stack.enter_context(running_server(folder / account / "home", room.service.environment(account)))

    with ThreadPoolExecutor() as pool:
        return list(pool.map(start, AT_LAB))


def open_today(page: Page, server: Server) -> None:
    page.goto(server.lab)
    page.locator(".lm-TabBar-tab[data-id='nbcohort-today']").click()
    expect(page.locator("#nbcohort-today")).to_be_visible()


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("NBCOHORT_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_round_of_eight_from_its_opening_to_released_grades(room: Round) -> None:
    ada_is_told_what_shows_her(room)
    it_opens(room)
    hana_comes_late(room)
    two_review_at_lab(room)
    fay_drops_out(room)
    the_others_review(room)
    it_closes(room)
    ada_answers_and_appeals(room)
    ben_flags(room)
    ines_decides(room)
    scores_are_read(room)


def ada_is_told_what_shows_her(room: Round) -> None:
    """Her notebook has a picture, which cannot be made anonymous, and then she hands in another one."""
    today = room.today("ada")
    expect(today).to_contain_text("Hand in Cleaning")
    notices = today.locator(".jp-nbcohort-Notices")
    expect(notices).to_have_count(0)
    (room.home / "ps1").mkdir()
    (room.home / "ps1" / "ps1.ipynb").write_bytes(with_picture(work("ada")))
    (room.home / "ps1" / "a recording of what I mean by all this.mp3").write_bytes(b"ID3\x03\x00\xff\xfe")
    today.get_by_role("button", name="Look again").click()
    expect(notices).to_contain_text("Before you hand in: 2 notices")
    expect(notices).to_contain_text("ps1.ipynb: reviewers see this picture as it is")
    picture(room.pages["ada"], "before-hand-in")
    room.hand_in("ada", files={"ps1.ipynb": work("ada")})
    today.get_by_role("button", name="Look again").click()
    expect(notices).to_have_count(0)


def with_picture(notebook: bytes) -> bytes:
    whole = json.loads(notebook)
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    shown = {"output_type": "display_data", "data": {"image/png": pixel}, "metadata": {}}
    whole["cells"][1]["outputs"].append(shown)
    return json.dumps(whole).encode()


def it_opens(room: Round) -> None:
    room.open_round()
    room.today("ines").get_by_role("button", name="Look again").click()
    room.today("ines").get_by_role("button", name="Rounds of reviews").click()
    panel = room.panel("ines", "Round")
    expect(panel.get_by_role("heading", name=re.compile("^Reviewing"))).to_be_visible()
    expect(panel.get_by_role("region", name="Works").get_by_text("0 of 2")).to_have_count(7)
    expect(panel).to_contain_text("It keeps all it promises.")
    panel.get_by_text("Certificate", exact=True).click()
    expect(panel).to_contain_text("7 submissions, 7 reviewers, 2 reviews each as asked for.")


def hana_comes_late(room: Round) -> None:
    room.service.set_clock(OPENS + timedelta(days=1))
    room.hand_in("hana", files={"ps1.ipynb": work("hana")})
    look_again(room)
    works = room.panel("ines", "Round").get_by_role("region", name="Works")
    expect(works.get_by_role("cell", name="Hana Suzuki", exact=True)).to_be_visible()


def two_review_at_lab(room: Round) -> None:
    bens = room.work_of("ben")["pseudonym"]
    for account in ("ada", "ben"):
        today = room.today(account)
        today.get_by_role("button", name="Look again").click()
        pseudonym = next(one["pseudonym"] for one in room.tasks(account) if one["pseudonym"] != bens)
        today.get_by_role("button", name=re.compile(f"Review work {pseudonym}")).click()
        form = room.panel(account, "Review").locator("form")
        form.get_by_role("radio", name=re.compile("Right")).check()
        form.get_by_role("radio", name=re.compile("Yes")).check()
        form.get_by_label("Overall comment").fill(str(FULL["overall"]))
        if account == "ada":
            picture(room.pages["ada"], "reviewing")
        form.get_by_role("button", name="Submit review").click()
        expect(form.locator(".jp-nbcohort-standing")).to_contain_text("Submitted")


def fay_drops_out(room: Round) -> None:
    """What fay has not begun goes to others, and ines gives everybody more time."""
    for account in LEARNERS:
        if account != "fay":
            for task in room.tasks(account):
                ok(room.client(account).post(f"{room.root}/review/tasks/{task['id']}/start"))
    room.service.set_clock(OPENS + timedelta(days=3))
    wait_until(lambda: any(task["lapsed_at"] for one in room.round()["works"] for task in one["tasks"]), what="lapsing")
    look_again(room)
    panel = room.panel("ines", "Round")
    fay = panel.get_by_role("region", name="Members").get_by_role("row", name=re.compile("^Fay Okonkwo"))
    expect(fay.get_by_role("cell").nth(3)).to_have_text("2")
    picture(room.pages["ines"], "round")
    panel.get_by_role("button", name="Move the times of the round of Cleaning").click()
    form = panel.get_by_role("form", name="Move the times of the round of Cleaning")
    form.get_by_label("Reviews due").fill("2026-01-10T20:00")
    form.get_by_label("Reason").fill("One of us is ill.")
    form.get_by_role("button", name="Move the times").click()
    expect(form.get_by_role("alert")).to_contain_text("should be in the future")
    form.get_by_label("Reviews due").fill("2026-01-24T20:00")
    form.get_by_role("button", name="Move the times").click()
    expect(panel.get_by_text("The times are moved.")).to_be_visible()
    assert room.round()["due_at"].startswith("2026-01-24T19:00")


def the_others_review(room: Round) -> None:
    """One of the reviewers of ben's work is rude; hana takes two reviews, and what fay left is taken."""
    rude = next(task for task in room.work_of("ben")["tasks"] if task["reviewer"]["account"] != "fay")
    ok(room.put_review(rude["reviewer"]["account"], rude["id"], POOR))
    for account in LEARNERS:
        if account != "fay":
            room.reviewed(account)
    room.take_what_is_left()
    room.take_what_is_left()
    missing = [one["pseudonym"] for one in room.round()["works"] if one["score"]["count"] < 2]
    assert not missing


def it_closes(room: Round) -> None:
    room.service.set_clock(CLOSES + timedelta(days=2))
    room.wait_for_phase("replying")
    wait_until(lambda: room.round()["closed_at"], what="closing")
    room.service.set_clock(CLOSES + timedelta(days=2, hours=1))
    room.revise("ada")
    author = next(one["authors"][0]["account"] for one in room.round()["works"] if reviewed_well(one))
    (received,) = room.items(author, "review/received")
    for review in received["reviews"]:  # one of them is ada's
        path = f"{room.root}/review/received/{review['id']}/answer"
        ok(room.client(author).put(path, json={"helpful": 5, "reason": "It says where to look."}))


def reviewed_well(work: dict[str, Any]) -> bool:
    """Whether ada reviewed it, and was not rude."""
    return any(task["reviewer"]["account"] == "ada" and task["overall"] == FULL["overall"] for task in work["tasks"])


def ada_answers_and_appeals(room: Round) -> None:
    page = room.pages["ada"]
    room.today("ada").get_by_role("button", name="Reviews of my work").click()
    panel = room.panel("ada", "Received")
    expect(panel).to_contain_text("Your score is shown when it is released.")
    review = panel.get_by_role("article", name=re.compile("^Review by")).filter(has_text="Say so in the title.").first
    review.get_by_role("button", name="ps1.ipynb, cell 2").click()
    expect(page.frame_locator(".jp-nbcohort-OwnWork iframe").locator("#cell-2")).to_contain_text("Say so in the title.")

    review.get_by_role("button", name=re.compile("^My answer")).click()
    form = review.get_by_role("form")
    expect(form.get_by_label("1, not at all")).to_be_focused()
    page.keyboard.press("ArrowRight")  # from here on with the keyboard alone
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Thank you.")
    form.get_by_role("button", name="Send").press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("the reviewer learns from it")
    page.keyboard.press("Escape")
    expect(review.get_by_role("button", name=re.compile("^My answer"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.get_by_label("Your reply")).to_have_value("Thank you.")
    form.get_by_label("Why?").fill("It names the place.")
    form.get_by_label("What will you change?").fill("The title.")
    picture(page, "received")
    form.get_by_role("button", name="Send").click()
    expect(review).to_contain_text("You said: helpful 3 of 5. It names the place.")
    expect(panel).to_contain_text("The reviewer can read your answer now.")

    expect(panel).to_contain_text("You can hand in a revision until")
    panel.get_by_role("button", name="Show what changed, Cleaning").click()
    changes = page.frame_locator("iframe[title='What changed, Cleaning']")
    expect(changes.locator("ins")).to_have_text(re.compile("the units are kilograms"))
    expect(changes.locator("del")).to_have_text(re.compile("the units are grams"))
    picture(page, "changes")
    panel.get_by_role("button", name="Show what changed, work").first.click()
    expect(panel.get_by_text("There is no revision to show")).to_be_visible()

    panel.get_by_role("button", name="Appeal about Cleaning").click()
    form = panel.get_by_role("form", name="Appeal about Cleaning")
    form.get_by_label("What should staff look at").fill("The comment on the units overlooks line 2.")
    form.get_by_role("button", name="Send to staff").click()
    expect(panel.get_by_role("article", name="Appeal")).to_contain_text("It waits for its answer.")
    expect(panel).to_contain_text(re.compile("Rated 5 of 5 for helpfulness"))


def ben_flags(room: Round) -> None:
    room.today("ben").get_by_role("button", name="Reviews of my work").click()
    review = room.panel("ben", "Received").get_by_role("article").filter(has_text="should stop")
    review.get_by_role("button", name=re.compile("^Flag")).click()
    form = review.get_by_role("form")
    form.get_by_label("What should staff know?").fill("It is rude, and says nothing.")
    form.get_by_role("button", name="Send to staff").click()
    expect(review).to_contain_text("staff will decide")


def ines_decides(room: Round) -> None:
    look_again(room)
    panel = room.panel("ines", "Round")
    expect(panel.get_by_role("heading", name="Appeals, 1 waits")).to_be_visible()
    picture(room.pages["ines"], "round-deciding")
    appeal = panel.get_by_role("article", name="Appeal by ada")
    appeal.get_by_role("button", name="Answer the appeal by ada").click()
    form = appeal.get_by_role("form")
    form.get_by_role("radio", name="Uphold it").check()
    form.get_by_label("New score").fill("90")
    form.get_by_label("Your answer").fill("Line 2 names the units, indeed.")
    form.get_by_role("button", name="Send the answer").click()
    expect(panel.get_by_role("heading", name="Appeals, 0 wait")).to_be_visible()

    where_to_look(panel)
    flag = panel.get_by_role("article", name=re.compile("^Flag on"))
    flag.get_by_role("button", name=re.compile("^Decide")).click()
    flag.get_by_role("radio", name=re.compile("Set it aside")).check()
    flag.get_by_label("Reason").fill("It attacks a person.")
    flag.get_by_role("form").get_by_role("button", name="Decide").click()
    expect(flag).to_contain_text("Set aside: It attacks a person.")

    dora = room.work_of("dora")["pseudonym"]
    panel.get_by_role("button", name=f"Work {dora}", exact=True).click()
    panel.get_by_role("button", name=f"Override the score of work {dora}").click()
    form = panel.get_by_role("form", name=f"Override the score of work {dora}")
    form.get_by_label("Score in percent").fill("85")
    form.get_by_label("Reason").fill("Half of it was never read.")
    form.get_by_role("button", name="Let it count").click()
    works = panel.get_by_role("region", name="Works")
    expect(works.get_by_role("row", name=re.compile(dora)).first).to_contain_text("85 %, by staff")

    panel.get_by_role("button", name="Release the scores of Cleaning").click()
    panel.get_by_role("button", name="Show authors their scores now").click()
    expect(panel.get_by_role("heading", name=re.compile("^Released"))).to_be_visible()
    picture(room.pages["ines"], "round-released")


def where_to_look(panel: Locator) -> None:
    """Ines has time for three works, opens the first of them, and reads what is known of reviewers."""
    looks = panel.get_by_role("region", name="Where to look first").last
    panel.get_by_label("How many works is there time for?").fill("3")
    expect(looks.get_by_role("button", name=re.compile("^Look at work"))).to_have_count(3)
    looks.get_by_role("button", name=re.compile("^Look at work")).first.press("Enter")
    expect(looks.get_by_text("How this score came about")).to_be_visible()
    looks.get_by_role("button", name=re.compile("^Look at work")).first.press("Enter")
    known = panel.get_by_role("region", name="Kind, strict, reliable")
    expect(known).to_contain_text("Reviews tell nothing of their reviewers here")


def scores_are_read(room: Round) -> None:
    room.service.set_clock(CLOSES + timedelta(days=10))  # replies are over: how good reviews were is told, too
    for account in ("ada", "ben"):
        room.today(account).get_by_role("button", name="Reviews of my work").click()
    ada, ben = room.panel("ada", "Received"), room.panel("ben", "Received")
    expect(ada).to_contain_text("90 %")
    expect(ada).to_contain_text("Decided by staff: Line 2 names the units, indeed.")
    expect(ada.get_by_role("article", name="Appeal")).to_contain_text("Staff uphold it:")
    how_it_came(ada)
    picture(room.pages["ada"], "score")
    expect(ben).to_contain_text("100 %")
    expect(ben).not_to_contain_text("should stop")

    results = {
        one["member"]["account"]: one for one in room.items("ines", f"review/rounds/{room.round()['id']}/results")
    }
    assert sorted(results) == sorted(LEARNERS)
    assert {name: results[name]["submission"] for name in ("ada", "ben", "dora")} == {"ada": 90, "ben": 100, "dora": 85}
    assert results["fay"]["done"] == 0
    assert results["hana"]["done"] >= 1


def how_it_came(ada: Locator) -> None:
    """Ada reads how her score came about, and how good her own reviews were."""
    score = ada.locator("details").filter(has_text="How this score came about")
    expect(score.get_by_role("listitem").first).not_to_be_visible()
    score.locator("summary").press("Enter")
    expect(score).to_contain_text("Staff gave 90.0 %, and that is the score.")
    expect(score).to_contain_text(re.compile(r"reviews: \"Right\" × \d"))
    mine = ada.locator("details").filter(has_text=re.compile("How good my reviews were, Cleaning: [0-9.]+ %"))
    expect(mine).to_contain_text(re.compile("Agreement [0-9]+ %: your scores were"))


def look_again(room: Round) -> None:
    room.panel("ines", "Round").get_by_role("button", name="Look again").click()
