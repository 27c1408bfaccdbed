"""Output over the limit is thrown away, but never what a score is read off."""

from nbcohort.grading.output import Room


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
