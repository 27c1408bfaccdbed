"""What a browser does with nbgrader's pages about hostile work: in stock's pages each attack succeeds, in ours none."""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbgrader
import pytest
from playwright.sync_api import Browser, Dialog, Error, Page, Request, Route
from traitlets.config import Config

from nbcohort.grading.executor import configure
from nbcohort.grading.feedback.notebook import SafeNotebook
from tests.unit.grading.honest_cells import honest
from tests.unit.grading.hostile_cells import ATTACKS, EVIL, Attack, all_attacks, notebook_with
from tests.unit.grading.hostile_cells import Page as Kind
from tests.unit.grading.nbgrader_pages import PAGES, render

ADDRESS = "https://grading.example/user/iris/formgrader/submissions/0123/"
STATIC = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "static"
MATHJAX = Path("/usr/share/javascript/mathjax")
CDN = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/2.7.7/"
POLICY = re.compile(r'<meta [^>]*http-equiv="Content-Security-Policy"[^>]*>')
LISTEN = """
window.ran = Object.assign(name => window.ran.names.push(name), {
  names: [], includes(name) { return this.names.includes(name) }
})
"""
TYPESET = "window.MathJax?.isReady && MathJax.Hub?.queue.pending === 0 && !!document.querySelector('.mjx-chtml')"


class Visit:
    """A page of nbgrader's in a browser, with what nbgrader's server and MathJax's would give it, and what it did."""

    def __init__(self, page: Page, *, online: bool) -> None:
        self.page = page
        self.asked: list[str] = []
        """What it asked for from others."""
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        self._online = online
        page.add_init_script(LISTEN)
        page.on("dialog", self._dismiss)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._notice)
        page.route("**/*", self._answer)

    def go(self, html: str) -> "Visit":
        self._html = html
        self.page.goto(ADDRESS)
        return self

    def _notice(self, request: Request) -> None:
        if request.url.startswith(EVIL):
            self.asked.append(request.url)

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _answer(self, route: Route) -> None:
        url = route.request.url.partition("?")[0]
        if url == ADDRESS:
            route.fulfill(body=self._html, content_type="text/html")
        elif "/formgrader/static/" in url:
            route.fulfill(path=STATIC / url.partition("/static/")[2])
        elif "/formgrader/api/" in url:
            route.fulfill(body="[]", content_type="application/json")
        elif url == f"{CDN}latest.js" and self._online:
            route.fulfill(path=MATHJAX / "unpacked" / "latest.js")
        elif url.startswith(CDN) and self._online:
            route.fulfill(path=MATHJAX / url.removeprefix(CDN))
        else:
            if not url.startswith(("https://grading.example/", CDN)):
                self.asked.append(url)
            route.abort()

    @property
    def ran(self) -> list[str]:
        return list(self.page.evaluate("ran.names"))

    def until(self, javascript: str, *, tries: int = 200) -> bool:
        """Wait until an expression is true; `wait_for_function` needs `eval` in the page, which our policy forbids."""
        for _try in range(tries):
            if self.page.evaluate(javascript):
                return True
            self.page.wait_for_timeout(50)
        return False


Visitor = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visitor]:
    """Return a function that opens a page's HTML."""
    assert MATHJAX.is_dir(), "there is no MathJax: scripts/system-packages test installs it"
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(180_000)  # a page that a busy machine is slow to load is no failure
    yield lambda html, *, online=True: Visit(context.new_page(), online=online).go(html)
    context.close()


def succeeds(attack: Attack, visited: Visit) -> bool:
    """Return whether it does, within ten seconds."""
    for _try in range(200):
        with contextlib.suppress(Error):  # it has led the browser elsewhere
            if visited.page.evaluate(attack.harm):
                return True
        if visited.asked or visited.dialogs:
            return True
        visited.page.wait_for_timeout(50)
    return False


LIVE = [(attack, attack.pages[0]) for attack in ATTACKS if attack.pages]


@pytest.mark.parametrize(("attack", "kind"), LIVE, ids=[str(attack) for attack, _kind in LIVE])
def test_the_attack_succeeds_in_the_stock_page(attack: Attack, kind: Kind, visit: Visitor) -> None:
    visited = visit(render(kind, notebook_with(attack.cell), Config()), online="MathJax" in attack.name)

    assert succeeds(attack, visited)


@pytest.mark.parametrize("policy", [True, False], ids=["policy", "no policy"])
@pytest.mark.parametrize("kind", PAGES)
def test_no_attack_succeeds_in_our_page(kind: Kind, policy: bool, visit: Visitor, tmp_path: Path) -> None:
    html = render(kind, all_attacks())
    visited = visit(html if policy else POLICY.sub("", html))
    assert visited.until(TYPESET)
    visited.page.screenshot(path=tmp_path / f"{kind}.png", full_page=True)

    assert bool(POLICY.search(html))
    assert [attack.name for attack in ATTACKS if visited.page.evaluate(attack.harm)] == []
    assert (visited.ran, visited.asked, visited.dialogs, visited.errors) == ([], [], [], [])
    assert visited.page.url.partition("?")[0] == ADDRESS
    # all are there, each with a heading; a raw cell is no `.cell`
    assert visited.page.evaluate("document.querySelectorAll('.cell').length") == 2 * len(ATTACKS) - 1
    assert (
        visited.page.evaluate(
            """[...document.querySelectorAll('.cell *')].filter(one =>
             !['mjx', 'MathJax'].some(word => one.className?.includes?.(word) || one.id.startsWith(word))
             && !one.closest('.mjx-chtml, .MathJax_Preview') && one.tagName !== 'SCRIPT')
           .flatMap(one => [...one.attributes].map(a => a.name).filter(name => name.startsWith('on')))"""
        )
        == []
    )
    assert visited.page.evaluate("document.querySelectorAll('iframe, object, embed, form, base, svg').length") == 0


@pytest.mark.parametrize("kind", PAGES)
def test_the_policy_alone_stops_scripts(kind: Kind, visit: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SafeNotebook, "preprocess", lambda _self, notebook, resources: (notebook, resources))
    config = Config()
    configure(config)
    config.HTMLExporter.sanitize_html = False
    config.HTMLExporter.filters = {"only_own_scripts": config.HTMLExporter.filters["only_own_scripts"]}
    acting = [attack for attack in ATTACKS if kind in attack.pages and attack.harm.startswith("ran.")]

    for attack in acting:
        html = render(kind, notebook_with(attack.cell), config)
        assert POLICY.search(html)
        visited = visit(html, online="MathJax" in attack.name)
        assert not visited.until(attack.harm, tries=5), attack.name
        visited.page.close()
    assert len(acting) > 30


@pytest.mark.parametrize("kind", PAGES)
def test_plots_tables_and_formulas_are_visible(kind: Kind, visit: Visitor, tmp_path: Path) -> None:
    visited = visit(render(kind, honest()))
    assert visited.until(TYPESET)
    visited.page.screenshot(path=tmp_path / f"{kind}.png", full_page=True)
    pictures = visited.page.locator(":is(.output_subarea, .text_cell_render) img")
    sizes = pictures.evaluate_all("all => all.map(one => [one.naturalWidth, one.clientWidth, one.clientHeight])")

    assert len(sizes) == 6
    assert all(min(size) > 100 for size in sizes)
    assert visited.page.locator("table.dataframe td >> text=b<c").is_visible()
    coloured = visited.page.locator("td[id$=_row1_col1]").evaluate("one => getComputedStyle(one).backgroundImage")
    assert coloured.startswith("linear-gradient")
    assert visited.page.locator(".mjx-math").count() == 3
    assert visited.page.locator(".MJXc-display").is_visible()
    assert visited.page.locator(".static-widget-row").inner_text().split() == ["n", "3", "colour", "blue", "grid", "☑"]
    assert (visited.ran, visited.asked, visited.dialogs, visited.errors) == ([], [], [], [])
    if kind == "formgrade":
        assert visited.page.evaluate("formgrader.loaded")


def test_without_a_network_formulas_show_as_they_are_written(visit: Visitor) -> None:
    visited = visit(render("feedback", honest()), online=False)

    assert visited.page.get_by_text("$\\displaystyle \\frac{1}{2}$").is_visible()
    assert visited.page.locator("table.dataframe").is_visible()
