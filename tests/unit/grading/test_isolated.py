"""Tests that run where nothing of the notebook has run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbcohort.errors import Invalid
from nbcohort.grading.forked.inside.values import CannotTravel, packed, unpacked
from nbcohort.grading.run import KernelFailed
from nbcohort.grading.tamper.isolated import isolation
from tests.unit.grading.test_guard import a_test, folder, kinds, run

__all__ = ["folder"]

HEAD = '#| isolated = true\n#| values = {small = "double(2)", rows = "rows"}\n'
ANSWER = "import pandas as pd\nrows = pd.DataFrame({'a': [1, 2], 'b': ['x', None]})\ndef double(x):\n    return 2 * x"


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        2.5,
        "text",
        [1, (2, "x"), {"a": {1.5: None}}],
        {1, 2},
        3 + 4j,
        np.float64(1.5),
        np.arange(6).reshape(2, 3),
        np.array([], dtype="float32"),
        pd.Series([1.0, None], name="s"),
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=["i", "j"]),
    ],
)
def test_values_arrive_as_they_were(value: Any) -> None:
    arrived = unpacked(json.loads(json.dumps(packed(value))))

    assert type(arrived) is type(value)
    if isinstance(value, pd.DataFrame):
        pd.testing.assert_frame_equal(arrived, value)
    elif isinstance(value, pd.Series):
        pd.testing.assert_series_equal(arrived, value)
    elif isinstance(value, np.ndarray):
        np.testing.assert_array_equal(arrived, value)
        assert arrived.dtype == value.dtype
    else:
        assert arrived == value


class Number(int):
    """A number with a class of its own."""


@pytest.mark.parametrize("value", [Number(3), object(), len, [Number(1)], {"a": lambda: 1}, b"bytes"])
def test_what_would_bring_code_along_does_not_travel(value: Any) -> None:
    with pytest.raises(CannotTravel, match="does not travel"):
        packed(value)


def test_what_contains_itself_does_not_travel() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(CannotTravel, match="deeply"):
        packed(endless)


def test_the_head_of_a_test_says_what_it_is_given() -> None:
    found = isolation(HEAD + "#| notebook = true\nassert small == 4")

    assert found
    assert found.values == {"small": "double(2)", "rows": "rows"}
    assert found.notebook
    assert isolation("assert 1 == 1\n#| isolated = true") is None
    assert isolation("#| isolated = false\nassert 1") is None
    assert isolation("#| echo: false\nassert 1") is None
    listed = isolation('#| isolated = true\n#| values = ["rows"]')
    assert listed
    assert listed.values == {"rows": "rows"}


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ("#| isolated = true\n#| values = [", "no TOML"),
        ("#| isolated = true\n#| value = []", "no setting value"),
        ('#| isolated = true\n#| values = "rows"', "list of names"),
        ('#| isolated = true\n#| values = {"a b" = "x"}', "list of names"),
        ('#| isolated = true\n#| values = {a = "b ="}', "of a is no expression: b ="),
    ],
)
def test_a_head_that_is_wrong_gets_a_sentence(head: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        isolation(head)


@pytest.mark.slow
class TestRunning:
    def test_an_isolated_test_knows_what_it_asks_for_and_nothing_else(self, folder: Path) -> None:
        test = HEAD + "assert small == 4 and rows.a.sum() == 3 and rows.b[0] == 'x'\n"
        test += "import os\nprint(sorted(name for name in dir() if not name.startswith('_')), os.listdir())"
        (folder / "data.csv").write_text("1")
        done = run(folder, ANSWER, a_test(test), "print(double(3))")

        assert done.statuses == ("ok",) * 3
        shown = done.notebook.cells[1].outputs[0].text
        assert "'rows', 'small'" in shown
        assert "double" not in shown
        assert shown.endswith("[]\n")
        assert done.notebook.cells[2].outputs[0].text == "6\n"

    def test_a_wrong_answer_fails_it(self, folder: Path) -> None:
        wrong = ANSWER.replace("2 * x", "3 * x")

        assert run(folder, wrong, a_test(HEAD + "assert small == 4")).statuses == ("ok", "error")

    def test_no_hook_reaches_it(self, folder: Path) -> None:
        hook = "import ast\nclass Drop(ast.NodeTransformer):\n    visit_Assert = lambda self, node: ast.Pass()\n"
        hook += "get_ipython().ast_transformers.append(Drop())\nimport builtins\nbuiltins.sum = lambda xs: 3"
        done = run(folder, ANSWER, hook, a_test(HEAD + "assert sum([small]) == 3"))

        assert done.statuses == ("ok", "ok", "error")

    def test_an_object_that_equals_everything_does_not_get_there(self, folder: Path) -> None:
        same = "class Same(int):\n    __eq__ = lambda self, other: True\nrows = 1\ndouble = lambda x: Same(5)"
        done = run(folder, same, a_test(HEAD + "assert small == 4"))

        assert done.statuses == ("ok", "error")
        assert "does not travel" in done.notebook.cells[1].outputs[0].evalue

    def test_an_error_in_the_notebook_is_the_tests(self, folder: Path) -> None:
        done = run(folder, "rows = 1", a_test(HEAD + "assert small == 4"))

        assert done.notebook.cells[1].outputs[0].ename == "NameError"

    def test_it_may_look_at_the_notebook_as_it_was_run(self, folder: Path) -> None:
        test = "#| isolated = true\n#| notebook = true\nassert notebook.cells[0].outputs[0].text == 'hello\\n'"

        assert run(folder, "print('hello')", a_test(test)).statuses == ("ok", "ok")
        assert kinds(run(folder, "print('hello')", a_test(test))) == set()


def test_an_isolated_test_is_refused_where_it_would_not_be_isolated(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbcohort.grading.run.is_our_python", lambda _name: False)
    with pytest.raises(KernelFailed, match=r"isolated tests, which take forks\."):
        run(folder, "two = 4", a_test('#| isolated = true\n#| values = {two = "double(2)"}\nassert two == 4'))
