"""Output over the limit is thrown away, but never what a score is read off; what is no output is none."""

from collections.abc import Callable
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbformat.v4.nbbase import output_from_msg
from nbgrader.utils import determine_grade

from nbcohort.grading.forked.run import run_forked
from nbcohort.grading.job import How, Job
from nbcohort.grading.kernel_runner import run_in_own_kernel
from nbcohort.grading.output import Room, is_whole
from nbcohort.grading.scores import is_left_to_a_person
from nbcohort.sandbox import Limits
from tests.unit.grading.course import test_cell

ODD: tuple[Any, ...] = (
    *(0, -1, 5, 1.5, True, None, "", "x", [], ["x"], ["x", 5], [["x"]], {}, {"a": 5}),
    *({"text/plain": one} for one in (5, None, "x", ["x"], ["x", 5], {"a": 1}, True)),
    *({kind: {"a": [None]}} for kind in ("application/json", "application/x+json", "application/xjson", "x/json")),
)
FIELDS = {
    "stream": ("name", "text"),
    "error": ("ename", "evalue", "traceback"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
}
USUAL = {
    "name": "stdout",
    "text": "x",
    "ename": "x",
    "evalue": "x",
    "traceback": ["x"],
    "data": {"text/plain": "x"},
    "metadata": {},
    "execution_count": 3,
}


def stream(name: str, text: str) -> dict[str, str]:
    return {"name": name, "text": text}


def test_output_within_the_limit_is_kept_as_it_is() -> None:
    room = Room(1000)

    assert room.admit("stream", stream("stdout", "hello"), 0) == stream("stdout", "hello")


def test_too_much_output_leaves_one_note_in_a_cell() -> None:
    room = Room(1000)

    first = room.admit("stream", stream("stdout", "x" * 2000), 0)
    second = room.admit("stream", stream("stdout", "x"), 0)

    assert first is not None
    assert "over the limit" in first["text"]
    assert "xx" not in first["text"]
    assert second is None


def test_what_costs_points_is_kept_shortened_in_every_cell() -> None:
    room = Room(10)
    error = {"ename": "ValueError", "evalue": "v" * 9000, "traceback": ["t" * 9000] * 50}

    for cell in (1, 2):
        kept = room.admit("error", error, cell)
        warned = room.admit("stream", stream("stderr", "w" * 9000), cell)
        assert kept is not None
        assert (kept["ename"], len(kept["evalue"]), len(kept["traceback"])) == ("ValueError", 2000, 5)
        assert warned is not None
        assert warned["name"] == "stderr"


def test_partial_credit_is_read_off_a_result_that_comes_after_the_limit() -> None:
    result = {"data": {"text/plain": "1.5", "text/html": "<b>" * 9000}, "metadata": {}, "execution_count": 3}

    kept = Room(10).admit("execute_result", result, 0)

    assert kept is not None
    assert kept["data"] == {"text/plain": "1.5"}


def test_pictures_over_the_limit_are_dropped() -> None:
    assert Room(10).admit("display_data", {"data": {"image/png": "x" * 99}, "metadata": {}}, 0) is None


def is_valid(kind: str, content: dict[str, Any]) -> bool:
    """Return whether nbformat takes a notebook with this output."""
    with suppress(KeyError, TypeError, ValueError, AttributeError, nbformat.ValidationError):
        notebook = new_notebook(cells=[new_code_cell()])
        notebook.cells[0].outputs = [output_from_msg({"header": {"msg_type": kind}, "content": content})]
        nbformat.validate(notebook)
        return True
    return False


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, fields in FIELDS.items() for field in fields])
def test_a_message_is_whole_if_nbformat_would_say_so(kind: str, field: str) -> None:
    usual = {name: USUAL[name] for name in FIELDS[kind]}
    taken = [odd for odd in ODD if is_whole(kind, usual | {field: odd})]

    assert is_whole(kind, usual)
    assert not is_whole(kind, {name: value for name, value in usual.items() if name != field})
    assert all(is_valid(kind, usual | {field: odd}) for odd in taken)
    left_out = [odd for odd in ODD if is_valid(kind, usual | {field: odd}) and odd not in taken]
    assert left_out == {"text": [[], ["x"]], "data": [None]}.get(field, [])  # which no kernel sends


def test_a_widgets_state_has_names() -> None:
    assert is_whole("comm_open", {"comm_id": "a", "data": {"state": {"value": 1}}})
    nameless: tuple[Any, ...] = (5, None, [])
    for name in nameless:
        assert not is_whole("comm_msg", {"comm_id": name, "data": {"state": {}}})
    for odd in (5, None, "state", {"state": [["a", 1]]}, {"state": "x"}):
        assert not is_whole("comm_open", {"comm_id": "a", "data": odd})


def test_no_message_of_any_kind_gives_a_cell_an_odd_number() -> None:
    for kind, odd in product(("execute_input", "status", "nonsense"), ("x", [], -1, True, 1.5)):
        assert not is_whole(kind, {"execution_count": odd})
    assert is_whole("execute_input", {"execution_count": 3, "code": "1"})


@pytest.mark.parametrize("run", [run_forked, run_in_own_kernel])
def test_where_there_is_no_room_scores_are_those_that_there_would_be(run: Callable[[Job], Any], tmp_path: Path) -> None:
    tests = (("parts", "3 / 2"), ("nothing", "0.0"), ("wrong", "assert False"), ("right", "print('fine')"))
    cells = [new_code_cell("print('x' * 5000)"), *(test_cell(name, source, 2) for name, source in tests)]
    notebook = new_notebook(cells=cells)

    run(Job(notebook, tmp_path, Limits(output=1000), How(preload=()), None))

    assert [determine_grade(cell)[0] for cell in notebook.cells[1:]] == [1.5, 0, 0, 2]
    assert "over the limit" in notebook.cells[0].outputs[0].text


def test_a_test_whose_result_a_kernel_may_have_lost_is_left_to_a_person(tmp_path: Path) -> None:
    silent = new_code_cell("get_ipython().kernel._publish_status = lambda *_status, **_more: None")
    tests = [test_cell("lost", "print('shown')", 2), test_cell("kept", "1.5", 2), test_cell("wrong", "1 / 0", 2)]
    notebook = new_notebook(cells=[silent, *tests])

    run_in_own_kernel(Job(notebook, tmp_path, Limits(), How(client={"patience": 3}, preload=()), None))

    assert "some of the output was lost" in notebook.cells[1].outputs[1].text
    assert is_left_to_a_person(notebook.cells[1])
    assert [determine_grade(cell)[0] for cell in notebook.cells[2:]] == [1.5, 0]
    assert not any(map(is_left_to_a_person, notebook.cells[2:]))


def test_an_update_that_reaches_an_output_of_another_type_leaves_it_one(tmp_path: Path) -> None:
    shifts = "get_ipython().displayhook(1)\nshown = display('a', display_id=True)\n1 / 0"
    forges = (
        "kernel = get_ipython().kernel\nparent = kernel.get_parent('shell')\n"
        "content = {'name': 'stdout', 'text': 'x', 'transient': {'display_id': 'same'}}\n"
        "sent = kernel.session.send(kernel.iopub_socket, 'stream', content, parent)"
    )
    updates = "shown.update('b')\nupdate_display('c', display_id='same')"
    imports = "from IPython.display import display, update_display"
    notebook = new_notebook(cells=list(map(new_code_cell, (imports, shifts, forges, updates))))

    run_forked(Job(notebook, tmp_path, Limits(), How(preload=()), None))

    nbformat.validate(notebook)
    assert [output.output_type for output in notebook.cells[1].outputs] == ["display_data", "error"]
    assert [output.output_type for output in notebook.cells[2].outputs] == ["stream"]
