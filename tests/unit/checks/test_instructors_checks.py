"""An instructor's check notebooks run a learner's with other parameters, and keep to themselves what they are."""

from pathlib import Path

import pytest
from nbformat import NotebookNode

from nbcohort.checks.instructors import read_checks
from nbcohort.checks.results import Finding, Result
from nbcohort.checks.runner import Settings
from nbcohort.checks.submission import Checks, check_notebooks
from nbcohort.errors import Invalid
from nbcohort.grading.run import How
from tests.unit.checks.notebooks import checks_folder, handed_in, learners, notebook, other_data, tagged, write
from tests.unit.grading.course import code, prose

pytestmark = pytest.mark.slow


def checked(folder: Path, made: NotebookNode, check: NotebookNode | None = None, timeout: int = 20) -> Result:
    checks = Checks.read(checks_folder(folder / "checks", check), ["ps1.ipynb"])
    settings = Settings(how=How(timeout=timeout))
    return check_notebooks([handed_in(folder / "ps1", made)], settings, checks)


def of_check(result: Result) -> list[Finding]:
    return [finding for finding in result.findings if finding.where.check == "other-data"]


def test_a_notebook_that_uses_its_parameters_passes_with_others(tmp_path: Path) -> None:
    result = checked(tmp_path, learners())

    assert result.passed, result
    assert [(one.what, one.where.cell) for one in of_check(result)] == [
        ("Doubles what is in another file", 4),
        ("Draws from the seed it is given", 6),
    ]


def test_a_notebook_that_ignores_them_is_told_in_the_instructors_words(tmp_path: Path) -> None:
    made = learners()
    made.cells[1].source = "import random\nnumbers = [1, 1, 1]\ndrawn = random.Random(1).random()"

    first, second = of_check(checked(tmp_path, made))

    assert not first.passed
    assert first.message == "Got …."
    assert first.hint == "Look at the numbers, not at how many there are."
    assert second.message == "Take the seed from the parameters."


def test_the_learners_visible_tests_are_not_held_against_other_parameters(tmp_path: Path) -> None:
    result = checked(tmp_path, learners())

    assert [one.what for one in result.findings if one.where.check is None] == ["double_test"]


def test_a_cell_that_other_data_stop_is_a_finding_and_one_that_stops_anyway_is_one_only_once(tmp_path: Path) -> None:
    made = learners("def double(x):\n    return 2 * x", code("1 / (2 - max(numbers))"), code("1 / 0"))

    result = checked(tmp_path, made)

    ends = [(one.where.check, one.where.cell, one.message) for one in result.findings if one.what.startswith("cell")]
    assert ends == [
        (None, 6, "ZeroDivisionError: division by zero"),
        ("other-data", 5, "It ended with ZeroDivisionError."),
    ]


def test_a_learners_code_can_read_a_check_but_its_words_reach_nobody(tmp_path: Path) -> None:
    spy = """
import sys
class Named(Exception): pass
def double(x):
    caller = sys._getframe(1)
    while caller.f_back and '_ih' not in caller.f_globals:
        caller = caller.f_back
    said = ' '.join(caller.f_globals.get('In', []))
    if 'secret_' + 'total' in said:
        print(said)
        Named.__name__ = 'E' + said
        raise (Named if x > 1 else AssertionError)(said)
    return 2 * x
"""
    result = checked(tmp_path, learners(spy))

    first = of_check(result)[0]
    assert (first.passed, first.message) == (False, None)
    assert "secret_total" not in result.model_dump_json()
    assert "twos" not in result.model_dump_json()


def test_other_data_cannot_be_sent_home_as_an_error(tmp_path: Path) -> None:
    made = learners(
        "def double(x):\n    return 2 * x", code("if 2 in numbers:\n    raise KeyError(open(data).read() * 9)")
    )

    (finding,) = [one for one in of_check(checked(tmp_path, made)) if one.where.cell == 5]

    assert finding.message == "It ended with KeyError."


def test_where_checks_lie_is_not_there_for_a_learners_code(tmp_path: Path) -> None:
    places = [str(tmp_path / "checks" / name) for name in ("other-data.ipynb", "twos.txt")]
    spy = f"""
def double(x):
    for place in {places}:
        try:
            open(place).read()
        except OSError:
            continue
        raise RuntimeError("found " + place)
    return 2 * x
"""
    assert checked(tmp_path, learners(spy)).passed


def test_data_beside_a_check_may_be_a_link(tmp_path: Path) -> None:
    checks_folder(tmp_path / "checks")
    (tmp_path / "checks" / "twos.txt").rename(tmp_path / "elsewhere.txt")
    (tmp_path / "checks" / "twos.txt").symlink_to(tmp_path / "elsewhere.txt")
    path = handed_in(tmp_path / "ps1", learners())

    assert check_notebooks([path], Settings(), Checks.read(tmp_path / "checks", ["ps1.ipynb"])).passed


def test_a_check_that_takes_too_long_fails_and_says_so(tmp_path: Path) -> None:
    made = learners("def double(x):\n    while x == 2 and len(numbers) == 2: pass\n    return 2 * x")

    first = of_check(checked(tmp_path, made, timeout=3))[0]

    assert (first.passed, first.message) == (False, "It took too long.")


def test_a_notebook_without_parameters_is_told_which_cell_it_lacks(tmp_path: Path) -> None:
    made = learners()
    del made.cells[0].metadata["tags"]

    (finding,) = of_check(checked(tmp_path, made))

    assert not finding.passed
    assert "no cell with the tag `parameters`" in (finding.message or "")


def test_what_a_notebook_says_of_itself_is_not_believed(tmp_path: Path) -> None:
    made = learners()
    made.metadata.update(papermill=3, kernelspec=["python3"], language_info=None)
    for cell in made.cells[1:]:
        cell.metadata.update(tags=5, papermill="x", nbcohort={"checks": 0})

    assert checked(tmp_path, made).passed


def test_the_checks_own_notebook_does_not_lie_beside_the_learners(tmp_path: Path) -> None:
    made = learners(
        "import os\ndef double(x):\n    assert not [n for n in os.listdir() if 'other' in n]\n    return 2 * x"
    )

    assert checked(tmp_path, made).passed


@pytest.mark.parametrize(
    "parameters", ["seed = len('a')", "import os", "seed += 1", "a = b = 2", "seed = (1, 2)", "seed = {1: 2}", "seed ="]
)
def test_parameters_are_plain_values_or_the_instructor_is_told(tmp_path: Path, parameters: str) -> None:
    write(tmp_path, notebook(tagged(code(parameters)), code("assert True")), "c.ipynb")

    with pytest.raises(Invalid, match=r"c\.ipynb: the cell tagged `parameters` may only assign plain values"):
        read_checks(tmp_path)


def test_values_travel_as_they_are(tmp_path: Path) -> None:
    source = "# What is different\nseed: int = -7\nname = 'ä\"'\nsizes = [1, 2.5, None]\noptions = {'deep': [True, {}]}"
    write(tmp_path, notebook(tagged(code(source)), prose("# T"), code("assert True")), "c.ipynb")

    (check,) = read_checks(tmp_path)

    assert check.parameters == {
        "seed": -7, "name": 'ä"', "sizes": [1, 2.5, None], "options": {"deep": [True, {}]}
    }  # fmt: skip
    assert check.cells[0].title == "T"


def test_with_several_notebooks_a_checks_name_says_which_it_is_for(tmp_path: Path) -> None:
    write(tmp_path, other_data(), "second.other-data.ipynb")
    checks = Checks.read(tmp_path, ["first.ipynb", "second.ipynb"])
    assert [check.name for check in checks.of("second.ipynb", ["first.ipynb", "second.ipynb"])] == ["second.other-data"]
    assert checks.of("first.ipynb", ["first.ipynb", "second.ipynb"]) == []

    with pytest.raises(Invalid, match=r"begin with a notebook's and a dot, such as first\.second\.other-data\.ipynb"):
        Checks.read(tmp_path, ["first.ipynb", "third.ipynb"])


def test_an_assignment_without_checks_has_none(tmp_path: Path) -> None:
    assert Checks.read(tmp_path / "nowhere", ["ps1.ipynb"]) == Checks()
