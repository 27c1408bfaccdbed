"""Nothing that a learner writes acts in nbgrader's pages, and what learners show, shows.

That attacks do nothing in a browser, and do something in stock's pages, is tested in `tests/browser`. Here each page is
read, and everything in a cell must be on a list of what is harmless.
"""

import base64
import logging
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nh3
import pytest
from bs4 import BeautifulSoup, Tag
from IPython.display import YouTubeVideo
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from traitlets.config import Config

from nbcohort.grading.executor import configure
from nbcohort.grading.feedback.outputs import Outputs
from nbcohort.grading.feedback.sanitise import PREFIX
from tests.unit.grading.honest_cells import WIDGETS, honest
from tests.unit.grading.hostile_cells import ATTACKS, Attack, Page, notebook_with, shown
from tests.unit.grading.nbgrader_pages import PAGES, exporter, render

OF_LEARNERS = ".output_subarea, .text_cell_render, .input_area"
HARMLESS = """
    a abbr audio b bdi blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption
    figure font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small source span strike strong
    style sub summary sup table tbody td tfoot th thead time tr tt u ul var video wbr
"""
SAFE_URL = re.compile(
    r"https?://[^\s]+|mailto:[^\s]+|#.*|data:(?:image|audio|video)/[^\s]*|(?!.*:)[\w ./()-]+\.\w+", re.I
)
OF_THE_PAGE = {"btn", "comment", "extra-credit", "full-credit", "hidden", "modal", "nbgrader_cell", "score", "tabbable"}


def parsed(html: str) -> BeautifulSoup:
    """Read a page as browsers do: through html5ever, which allows everything here and writes it as it has read it."""
    found = BeautifulSoup(html, "html.parser").find_all(True)
    tags = {str(tag.name) for tag in found} - {"script", "style"}
    names = {name for tag in found for name in tag.attrs}
    everything = nh3.Cleaner(
        tags={*tags, "script", "style"},
        clean_content_tags=set(),
        attributes={"*": {*names, "onerror", "onload", "onclick", "src", "href"} - {"rel"}},
        url_schemes={"data", "http", "https", "javascript", "mailto", "vbscript", "file"},
        strip_comments=False,
    )
    return BeautifulSoup(everything.clean(html), "html.parser")


def in_cells(page: BeautifulSoup) -> Iterator[Tag]:
    for place in page.select(OF_LEARNERS):
        yield from place.find_all(True)


FORBIDDEN = ("action", "background", "data", "form", "formaction", "name", "poster", "srcdoc", "srcset", "target")


def complaints(page: BeautifulSoup) -> Iterator[str]:
    """Yield what is not harmless in a page's cells."""
    for tag in in_cells(page):
        if tag.name not in HARMLESS.split():
            yield f"<{tag.name}>"
        if tag.name == "style" and re.search(r"[@\\<]|url|^[^#\s]*\{|position", tag.get_text(), re.MULTILINE):
            yield f"style sheet {tag.get_text()!r}"
        for name, value in tag.attrs.items():
            text = " ".join(value) if isinstance(value, list) else str(value)
            if not is_harmless(name, text):
                yield f"{name}={text!r}"


def is_harmless(name: str, value: str) -> bool:
    match name:
        case "href" | "xlink:href":
            return SAFE_URL.fullmatch(value) is not None
        case "src":
            return SAFE_URL.fullmatch(value) is not None and not value.startswith("http")
        case "id":
            return value.startswith(PREFIX)
        case "class":
            return not set(value.split()) & OF_THE_PAGE
        case "style":
            return not re.search(r"url|position|[@\\]|margin|content", value)
    return not name.startswith(("on", "data-")) and name not in FORBIDDEN


def scripts(page: BeautifulSoup) -> list[str]:
    return [f"{tag.get('src')} {tag.get_text()}" for tag in page.find_all("script")]


def handlers(page: BeautifulSoup) -> int:
    return sum(name.startswith("on") for tag in page.find_all(True) for name in tag.attrs)


@cache
def calm_page(page: Page) -> BeautifulSoup:
    return parsed(render(page, notebook_with(new_markdown_cell("calm"))))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_leaves_nothing_in_the_page(attack: Attack, page: Page) -> None:
    html = parsed(render(page, notebook_with(attack.cell, widgets=attack.widgets)))
    calm = calm_page(page)

    assert len(html.select(OF_LEARNERS)) >= (0 if attack.cell.cell_type == "raw" else 1)
    assert list(complaints(html)) == []
    assert scripts(html) == scripts(calm)
    assert handlers(html) == handlers(calm)


def test_most_attacks_are_complained_of_in_stock_pages() -> None:
    complained = [
        attack.name
        for attack in ATTACKS
        if "feedback" in attack.pages
        and any(complaints(parsed(render("feedback", notebook_with(attack.cell, widgets=attack.widgets), Config()))))
    ]

    assert len(complained) > 60


@pytest.mark.parametrize("page", PAGES)
def test_what_learners_show_shows(page: Page) -> None:
    html = BeautifulSoup(render(page, honest()), "html.parser")
    text = html.get_text()
    pictures = [str(image["src"]) for image in html.select(f":is({OF_LEARNERS}) img")]

    assert sum(one.startswith("data:image/png;base64,iVBOR") for one in pictures) == 4
    drawings = [base64.b64decode(one.split(",")[1]) for one in pictures if one.startswith("data:image/svg+xml;base64,")]
    assert len(drawings) == 2
    assert all(b"<path" in one and one.endswith(b"</svg>") for one in drawings)
    assert [cell.get_text() for cell in html.select("table.dataframe td")] == ["a", "1.50", "b<c", "-2.25"]
    assert "means" in text
    assert "$\\displaystyle \\frac{1}{2}$" in text
    assert "\\int_0^1 x\\,dx" in text
    assert {"n 3", "colour blue", "grid ☑"} == {one.get_text() for one in html.select(".static-widget-row > div")}
    assert "three squared is 9" in text
    assert [one.get_text() for one in html.select(".input_area .k")] == ["for"]
    assert "<IPython.core.display.Javascript object>" in text
    assert "☑ done" in text
    assert "☐ open" in text
    assert list(complaints(html)) == []
    assert [(image["width"], image["height"]) for image in html.select(".output_png img[width]")] == [("300", "200")]


def test_links_in_a_cell_lead_to_its_headings_to_the_web_and_to_files_beside_it() -> None:
    page = BeautifulSoup(render("feedback", honest()), "html.parser")

    heading = page.find("h1")
    assert isinstance(heading, Tag)
    links = [str(link["href"]) for link in page.select(".text_cell_render a")]
    assert links == [f"#{heading['id']}", "https://example.org/", "data.csv", f"#{heading['id']}"]


def test_markdown_that_cannot_be_rendered_shows_as_it_is_written() -> None:
    exporter_ = exporter("feedback")
    exporter_.log = logging.Logger("silent")
    missing = new_markdown_cell("see ![x](attachment:gone.png) <b>")

    html, _resources = exporter_.from_notebook_node(
        notebook_with(missing, new_markdown_cell("*next*")),
        {"nbgrader": {"notebook": "ps1", "score": 1, "max_score": 1, "late_penalty": 0}},
    )

    (first, second) = BeautifulSoup(html, "html.parser").select(".text_cell_render")
    assert "see ![x](attachment:gone.png) <b>" in first.get_text()
    assert second.em


def odd(change: Callable[[NotebookNode], None]) -> NotebookNode:
    cell = new_code_cell("1", outputs=[new_output("execute_result", data={"text/plain": "1"}, execution_count=1)])
    notebook = notebook_with(cell, new_markdown_cell("text"))
    change(notebook)
    return notebook


@pytest.mark.parametrize(
    "change",
    [
        lambda nb: nb.metadata.update(widgets={"a": 1}),
        lambda nb: nb.metadata.update(widgets={WIDGETS: {"state": [1, {"x": 2}]}}),
        lambda nb: (
            nb.cells[0].outputs[0].data.update({"application/vnd.jupyter.widget-view+json": {"model_id": ["x"]}})
        ),
        lambda nb: nb.cells[0].outputs[0].metadata.update({"image/png": {"width": [1]}}),
        lambda nb: nb.cells[0].metadata.update(tags=["a b"], collapsed=True, nbgrader={"grade_id": '"><script>'}),
        lambda nb: nb.cells[1].metadata.update(nbgrader={"grade_id": "x y", "grade": True, "points": "<b>"}),
    ],
    ids=["widgets", "state", "model", "size", "metadata", "points"],
)
def test_odd_notebooks_show_what_is_sound_in_them(change: Callable[[NotebookNode], None]) -> None:
    page = BeautifulSoup(render("feedback", odd(change)), "html.parser")

    assert [one.get_text().strip() for one in page.select(".output_text, .text_cell_render")] == ["1", "text"]
    assert "script" not in " ".join(str(tag) for tag in in_cells(page))


@pytest.mark.parametrize("page", PAGES)
def test_pages_allow_only_their_own_scripts(page: Page) -> None:
    html = BeautifulSoup(render(page, notebook_with()), "html.parser")
    (meta,) = html.select('head > meta[http-equiv="Content-Security-Policy"]')
    policy = {directive: " ".join(sources) for directive, *sources in map(str.split, str(meta["content"]).split(";"))}

    assert policy["default-src"] == "'none'"
    assert "unsafe-inline" not in policy["script-src"]
    assert "unsafe-eval" not in policy["script-src"]
    assert "'self'" not in policy["script-src"]
    (nonce,) = re.findall(r"'nonce-([^']+)'", policy["script-src"])
    of_the_head = html.head.find_all("script") if html.head else []
    assert of_the_head
    assert {tag.get("nonce") for tag in of_the_head} == {nonce}
    assert nonce not in render(page, notebook_with())


def test_the_name_of_the_language_is_a_name() -> None:
    notebook = notebook_with(new_code_cell("x <- 1"))
    highlighted = {}
    for name in ("r", "r navbar-fixed-top"):
        notebook.metadata["language_info"] = {"name": "R", "pygments_lexer": name}
        page = BeautifulSoup(render("formgrade", notebook), "html.parser")
        highlighted[name] = [tag["class"] for tag in page.select(".input_area > div")]

    assert highlighted == {"r": [["highlight", "hl-r"]], "r navbar-fixed-top": [["highlight", "hl-R"]]}


def test_a_course_keeps_its_own_filters_and_steps() -> None:
    config = Config()
    config.HTMLExporter.filters.update({"mine": "mine.filter"})
    config.HTMLExporter.preprocessors.append("mine.Step")
    config.GenerateFeedback.preprocessors = ["mine.Feedback"]

    configure(config)
    configure(config)

    assert config.HTMLExporter.filters["mine"] == "mine.filter"
    assert "clean_html" in config.HTMLExporter.filters
    assert config.HTMLExporter.preprocessors == ["mine.Step", "nbcohort.grading.feedback.notebook.SafeNotebook"]
    assert config.GenerateFeedback.preprocessors == [
        "nbcohort.grading.feedback.hidden_tests.HiddenTests",
        "nbcohort.grading.feedback.files.OnlyHandedIn",
        "mine.Feedback",
    ]


def test_a_course_keeps_its_own_template_and_what_is_in_it_is_clean(tmp_path: Path) -> None:
    template = "{% extends 'classic/index.html.j2' %}{% block header %}mine{% endblock %}"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "conf.json").write_text('{"base_template": "classic", "mimetypes": {"text/html": true}}')
    (tmp_path / "mine" / "index.html.j2").write_text(template)
    config = Config({"HTMLExporter": {"template_name": "mine", "extra_template_basedirs": [str(tmp_path)]}})
    configure(config)

    html = render("feedback", notebook_with(shown({"text/html": "<b onclick=ran()>bold</b>"})), config)

    assert html.startswith("mine")
    assert "<b>bold</b>" in html


def test_graders_are_told_what_is_odd_and_learners_are_not() -> None:
    flag = {
        "cell": "<b>t",
        "kind": "replaced",
        "sentence": "<script>was</script> replaced",
        "evidence": ["builtins.<i>"],
    }
    notebook = new_notebook(cells=[new_code_cell("1")])
    notebook.metadata["nbcohort"] = {"flags": [flag]}

    formgrade, feedback = render("formgrade", notebook), render("feedback", notebook)

    assert "&lt;script&gt;was&lt;/script&gt; replaced (builtins.&lt;i&gt;)" in formgrade
    assert "<code>&lt;b&gt;t</code>" in formgrade
    assert "replaced" not in feedback
    assert "nbcohort-flags" not in render("formgrade", new_notebook())


def test_an_estimator_shows_as_text() -> None:
    estimator = make_pipeline(StandardScaler(), LogisticRegression(C=3))
    data = {"text/html": estimator._repr_html_(), "text/plain": repr(estimator)}
    [shown] = Outputs({}).harmless([new_output("display_data", data)])

    assert shown.data == {"text/plain": repr(estimator)}
    [shown] = Outputs({}).harmless([new_output("display_data", {"text/html": data["text/html"]})])
    assert "LogisticRegression(C=3)" in shown.data["text/html"]


def test_a_film_from_elsewhere_shows_as_a_link() -> None:
    film: Any = YouTubeVideo
    [shown] = Outputs({}).harmless(
        [new_output("display_data", {"text/html": film("abc")._repr_html_(), "text/plain": "<x>"})]
    )

    assert BeautifulSoup(shown.data["text/html"], "html.parser").get_text().strip() == (
        "[not loaded: https://www.youtube.com/embed/abc]"
    )
