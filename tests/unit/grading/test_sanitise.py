"""What stays of learners' HTML, CSS and drawings, and that looking at them takes no time."""

import re
import time
from typing import Any

import pytest
from IPython.display import YouTubeVideo

from nbcohort.grading.feedback.css import declarations, stylesheet
from nbcohort.grading.feedback.pictures import image_of, tidy
from nbcohort.grading.feedback.sanitise import PREFIX, clean
from tests.unit.grading.honest_cells import plot, styled, table
from tests.unit.grading.hostile_cells import ATTACKS


def test_colours_and_bars_of_a_styled_table_stay() -> None:
    html = clean(styled().to_html())

    (table_id,) = re.findall(r'<table id="([^"]+)"', html)
    assert table_id.startswith(f"{PREFIX}T_")
    assert f"#{table_id}_row0_col1" in html
    assert "background: linear-gradient(" in html
    assert "background-color: #" in html
    assert re.search(rf'<td id="{table_id}_row0_col1" class="data row0 col1"', html)


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("color: red; POSITION: fixed", "color: red"),
        ("color: red; color: url(x); color: expression(1)", "color: red"),
        ("background: linear-gradient(90deg, #d65f5f 50.0%, transparent)", None),
        ("background: linear-gradient(90deg, url(x))", ""),
        ("background: -webkit-image-set(x)", ""),
        ("width: calc(1px)", ""),
        ("color: var(--x)", ""),
        ("color: r\\65 d; font-family: 'x'; color: /**/red", ""),
        ("color: red } body { color: blue", ""),
        ("margin-top: -10px; top: 0; transform: scale(9); opacity: 0; display: none; z-index: 9; float: left", ""),
        ("border: 1px solid rgb(1, 2, 3); padding-left: 2em", None),
    ],
)
def test_only_css_that_stays_in_its_place_is_kept(css: str, kept: str | None) -> None:
    assert declarations(css) == (css if kept is None else kept)


def test_only_rules_about_one_styled_table_are_kept() -> None:
    css = """
        #T_a_row0_col0, #T_a_row1_col0 { color: red }
        #T_a th.col_heading:hover { color: blue; position: fixed }
        #T_a td:nth-child(2) > b { color: green }
        #T_a, body { color: red } body #T_a { color: red } #T_a:has(b) { color: red } .score { color: red }
        #T_a[style] { color: red } * { color: red } @import "x"; #T_a {} @media all { body { color: red } }
        #double_test { color: red } /* #T_a { */ body { color: red } <b>#T_a { color: red }
    """

    assert stylesheet(css, "p-").splitlines() == [
        "#p-T_a_row0_col0, #p-T_a_row1_col0 { color: red }",
        "#p-T_a th.col_heading:hover { color: blue }",
        "#p-T_a td:nth-child(2) > b { color: green }",
    ]


@pytest.mark.parametrize(
    "html",
    [
        *(attack.html for attack in ATTACKS if attack.html),
        table().to_html(),
        styled().to_html(),
        "<h1 id=a>x</h1><a href=#a>y</a>",
        plot("svg").decode(),
    ],
)
def test_cleaning_twice_is_cleaning_once(html: str) -> None:
    once = clean(html)

    assert clean(once) == once


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/x.png",
        "//evil.example/x.png",
        "/hub/logout.png",
        "../x.png",
        "a/../../x.png",
        "%2e%2e/x.png",
        "x.png?a",
        "\\\\evil.example\\x.png",
        "javascript:x.png",
        "data:text/html,x.png",
        "evil.html",
        "x",
        ".png/../y.png",
    ],
)
def test_pictures_are_in_the_page_or_beside_it(address: str) -> None:
    assert "src" not in clean(f'<img src="{address}">')


@pytest.mark.parametrize("address", ["plot.png", "./plot.png", "figures/my plot (1).svg", "figures/my%20plot.jpeg"])
def test_pictures_beside_the_notebook_stay(address: str) -> None:
    assert f'src="{address}"' in clean(f'<img src="{address}">')


def bomb(times: int, depth: int) -> str:
    groups = "".join(
        f'<g id="g{level}">{f"""<use xlink:href="#g{level - 1}"/>""" * times}</g>' for level in range(1, depth + 1)
    )
    return f'<svg width="9"><defs><rect id="g0"/>{groups}</defs><use href="#g{depth}"/></svg>'


@pytest.mark.parametrize(
    "svg",
    [
        bomb(10, 5),
        bomb(2, 60),
        "<svg>" + "<g>" * 300 + "</g>" * 300 + "</svg>",
        "<svg><g></svg>",
        "<svg",
        "</svg><svg>",
    ],
    ids=["10^5", "2^60", "deep", "broken", "cut off", "reversed"],
)
def test_a_drawing_that_would_stop_the_browser_is_not_shown(svg: str) -> None:
    assert image_of(svg) == ""


def test_drawings_that_use_a_marker_ten_thousand_times_or_themselves_are_shown() -> None:
    marker = '<defs><path id="m" d="M0 0"/></defs>'
    points = '<g clip-path="url(#c)"><use xlink:href="#m" x="1"/></g>' * 10_000

    assert tidy(f"<svg>{marker}{points}</svg>")
    assert tidy('<svg><g id="a"><use href="#a"/></g></svg>')
    assert tidy(bomb(3, 3))


def test_a_drawing_loses_its_document_type_and_gets_its_names() -> None:
    svg = (
        '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "&b;&b;">]><svg viewBox="0 0 1 1"><text>&nbsp;&lt;</text></svg>'
    )

    assert tidy(svg) == (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 1 1">'
        "<text>\xa0&lt;</text></svg>"
    )


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 200_000,
        "<b>" * 100_000,
        "<div><table><td></div></table>" * 50_000,
        "<p " + "a " * 400_000 + ">",
        "<svg>" * 100_000,
        "<style>" * 100_000,
        "<style>" + "/*" * 200_000 + "</style>",
        "<a href='" + "a/" * 200_000 + "'>",
        "<p style='" + "color:" * 80_000 + "'>",
        "<p class='" + "row1 " * 90_000 + "'>",
    ],
    ids=["divs", "bs", "hidden depth", "attributes", "svgs", "styles", "comments", "path", "css", "classes"],
)
def test_html_that_would_take_long_is_not_read(html: str) -> None:
    before = time.process_time()
    shown_instead = clean(html)

    assert time.process_time() - before < 5  # without a limit, minutes
    assert len(shown_instead) < 1_000_000


def test_a_frame_becomes_a_link_to_the_web() -> None:
    film: Any = YouTubeVideo
    frame = film("x&y")._repr_html_()

    assert clean(frame).count("<a ") == 1
    assert 'href="https://www.youtube.com/embed/x&amp;y"' in clean(frame)
    assert "iframe" not in clean(frame)
    assert clean(clean(frame)) == clean(frame)


@pytest.mark.parametrize(
    "frame",
    [
        "<iframe src='javascript:alert(1)'></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<iframe src='beside.html'>",
        "<iframe></iframe>",
        "<iframe src='https://a.b/&quot;&gt;&lt;script&gt;'></iframe>",
    ],
)
def test_other_frames_leave_nothing(frame: str) -> None:
    assert clean(frame) == ""
