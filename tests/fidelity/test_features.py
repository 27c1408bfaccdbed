"""The list of features is read and compared as it says; docs/fidelity.md says what it says."""

import base64
import io

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.fidelity.compared import comparable, says
from tests.fidelity.features import Feature, all_features, read, together
from tests.fidelity.table import PAGE, page

FEATURES = all_features()


def test_there_are_enough_features_with_names_of_their_own() -> None:
    assert len(FEATURES) >= 75
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)
    assert len({feature.anchor for feature in FEATURES}) == len(FEATURES)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.anchor)
def test_a_feature_has_cells_and_says_what_it_shows(feature: Feature) -> None:
    assert feature.cells
    assert feature.shows
    assert bool(feature.differs) == bool(feature.ours)
    assert feature.differs == "" or feature.differs.endswith(".")


def test_a_feature_is_read_with_all_it_says() -> None:
    (topic,) = read(
        "# Topic\n\n## A name\n\nShows: `one`\nShows: `two`\nRaises: A, B\nAlone: why\nDiffers: So.\nOurs: `three`\n\n"
        "A remark.\n\n```python\nShows = 1\n\n```\n```python\n```\n"
    )
    assert topic == Feature(
        "Topic", "A name", ("Shows = 1\n", ""), ("one", "two"), ("A", "B"), alone="why", differs="So.", ours=("three",)
    )


def test_features_of_a_topic_run_together_but_for_those_that_are_alone() -> None:
    one, two, alone, other = (
        Feature(topic, name, ("1",), ("1",), alone=why)
        for topic, name, why in (("t", "one", ""), ("t", "two", ""), ("t", "a", "it must"), ("u", "other", ""))
    )
    assert sorted(together([one, alone, other, two]), key=len) == [[alone], [other], [one, two]]


def cell(*outputs: nbformat.NotebookNode, count: int = 1) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell("", outputs=list(outputs), execution_count=count)


def printed(words: str, stream: str = "stdout") -> nbformat.NotebookNode:
    return nbformat.v4.new_output("stream", name=stream, text=words)


def record(*cells: nbformat.NotebookNode) -> object:
    return comparable(nbformat.v4.new_notebook(cells=list(cells)), "/tmp/home")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("at 0x7f3a5c0d1e20>", "at 0x7fffffffff10>"),
        ("File /tmp/ipykernel_12/345.py", "File /tmp/ipykernel_9876/345.py"),
        ("/tmp/tmpab12cd3_", "/tmp/tmpzzzzzzzz"),
        (
            "CPU times: user 3 µs, sys: 0 ns, total: 3 µs\nWall time: 5.01 µs",
            "CPU times: user 1.2 ms, sys: 1 µs, total: 2 s\nWall time: 2 s",
        ),
        ("Ran 2 tests in 0.001s", "Ran 2 tests in 1.234s"),
        ("IPY_MODEL_" + "ab" * 16, "IPY_MODEL_" + "01" * 16),
        ("/tmp/home/work", "/home/learner/work"),
    ],
)
def test_what_differs_from_run_to_run_is_not_compared(one: str, other: str) -> None:
    assert record(cell(printed(one))) == record(cell(printed(other)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (cell(printed("a")), cell(printed("b"))),
        (cell(printed("a")), cell(printed("a", "stderr"))),
        (cell(printed("a")), cell(printed("a"), count=2)),
        (cell(printed("a"), printed("b", "stderr")), cell(printed("b", "stderr"), printed("a"))),
        (cell(printed("a")), cell()),
        (cell(printed("ab" * 16 + " " + "ab" * 16)), cell(printed("ab" * 16 + " " + "cd" * 16))),
        (cell(printed("Ran 2 tests in 0.1s")), cell(printed("Ran tests in 0.1s"))),
        (cell(printed("5 ms")), cell(printed("6 ms"))),
        (
            cell(nbformat.v4.new_output("display_data", data={"text/plain": "x"})),
            cell(nbformat.v4.new_output("display_data", data={"text/plain": "x", "text/html": "x"})),
        ),
    ],
)
def test_what_a_reader_would_see_is_compared(one: nbformat.NotebookNode, other: nbformat.NotebookNode) -> None:
    assert record(one) != record(other)


def test_pieces_of_a_stream_are_compared_as_one() -> None:
    assert record(cell(printed("a"), printed("b"))) == record(cell(printed("ab")))
    assert says(comparable(nbformat.v4.new_notebook(cells=[cell(printed("a\n"), printed("b"))]), "/tmp/home"), r"a\nb")


def test_the_page_is_what_the_features_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "run scripts/fidelity-table"


def picture(*, level: int, colour: str = "red", **more: str) -> NotebookNode:
    text = PngInfo()
    for name, value in more.items():
        text.add_text(name, value)
    file = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(file, "png", compress_level=level, pnginfo=text)
    data = {"image/png": base64.b64encode(file.getvalue()).decode()}
    return new_notebook(cells=[new_code_cell(outputs=[new_output("display_data", data)])])


def test_pictures_are_compared_by_what_they_hold() -> None:
    whole, *others = (
        comparable(one, "/home/learner")
        for one in (
            picture(level=0),
            picture(level=9),
            picture(level=9, colour="blue"),
            picture(level=9, Title="A plot"),
        )
    )
    assert [other == whole for other in others] == [True, False, False]
    assert says(whole, "image/png")
