"""One realistic assignment, and what learners make of it.

26 cells: numpy and pandas, six functions with visible and hidden tests, one of them with partial credit, a plot and a
text that are graded by hand. No two submissions have the same code. Loops that do not end are left out: they measure
the time limit, not the grader.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NAME = "ps1"
VARIABLE = "VALUE"
"""Stands in answers for a variable that each learner names differently."""


@dataclass(frozen=True)
class Question:
    """A function to be written.

    Args:
        name: of the solution's cell; the test's is the same with `_test`.
        title: for people.
        points: of the test.
        right: ways to write it.
        wrong: one that runs and gives no points.
        visible, hidden: the tests' sources.
        half: one that gives some of the points, where the test gives partial credit.
        half_points: how many.
    """

    name: str
    title: str
    points: float
    right: tuple[str, ...]
    wrong: str
    visible: str
    hidden: str
    half: str = ""
    half_points: float = 0.0

    @property
    def head(self) -> str:
        """Return the line with the function's name."""
        return self.wrong.partition("\n")[0]


QUESTIONS = (
    Question(
        "stations",
        "Rides of each station",
        2,
        (
            """def rides_per_station(rides):
    VALUE = rides.groupby("station").size()
    return VALUE.sort_index()""",
            """def rides_per_station(rides):
    VALUE = rides["station"].value_counts()
    return VALUE.sort_index()""",
        ),
        """def rides_per_station(rides):
    VALUE = rides.groupby("station")["minutes"].nunique()
    return VALUE + 1""",
        """per_station = rides_per_station(rides)
assert len(per_station) == rides["station"].nunique()""",
        """assert per_station["harbour"] == (rides["station"] == "harbour").sum()
assert per_station.sum() == len(rides)""",
    ),
    Question(
        "standard",
        "Standard scores",
        2,
        (
            """def standard_scores(values):
    VALUE = np.asarray(values, dtype=float)
    spread = VALUE.std()
    return (VALUE - VALUE.mean()) / spread if spread else np.zeros_like(VALUE)""",
            """def standard_scores(values):
    VALUE = np.array(values, dtype=float)
    VALUE -= VALUE.mean()
    if np.allclose(VALUE, 0):
        return np.zeros(len(VALUE))
    return VALUE / np.sqrt((VALUE ** 2).mean())""",
        ),
        """def standard_scores(values):
    VALUE = np.asarray(values, dtype=float)
    return VALUE - VALUE.mean()""",
        """assert abs(standard_scores([1, 2, 3]).mean()) < 1e-9
assert len(standard_scores(rides["minutes"])) == len(rides)""",
        """assert abs(standard_scores([2, 4, 4, 5, 9]).std() - 1) < 1e-9
assert (standard_scores([7, 7, 7]) == 0).all()""",
    ),
    Question(
        "longest",
        "The longest rides",
        1,
        (
            """def longest(rides, count):
    VALUE = rides.nlargest(count, "minutes")
    return VALUE""",
            """def longest(rides, count):
    VALUE = rides.sort_values("minutes", ascending=False)
    return VALUE.head(count)""",
        ),
        """def longest(rides, count):
    VALUE = rides.sort_values("minutes")
    return VALUE.head(count)""",
        """assert len(longest(rides, 4)) == 4""",
        """assert longest(rides, 3)["minutes"].max() == rides["minutes"].max()
assert longest(rides, 3)["minutes"].is_monotonic_decreasing""",
    ),
    Question(
        "trend",
        "A straight line",
        3,
        (
            """def trend(x, y):
    VALUE = np.polyfit(x, y, 1)
    return VALUE[0], VALUE[1]""",
            """def trend(x, y):
    VALUE = np.column_stack([x, np.ones(len(x))])
    solved = np.linalg.lstsq(VALUE, np.asarray(y, dtype=float), rcond=None)[0]
    return solved[0], solved[1]""",
        ),
        """def trend(x, y):
    VALUE = (y[-1] - y[0]) / (x[-1] - x[0])
    return VALUE, y[0]""",
        """slope, intercept = trend(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]))
assert abs(slope - 2) < 1e-6 and abs(intercept - 1) < 1e-6""",
        """noise = np.random.default_rng(8)
x = noise.normal(size=400)
y = 3 * x - 1 + noise.normal(size=400)
assert np.allclose(trend(x, y), np.linalg.lstsq(np.c_[x, np.ones(400)], y, rcond=None)[0])""",
    ),
    Question(
        "summary",
        "A summary",
        3,
        (
            """def summary(rides):
    VALUE = rides["minutes"]
    return {"rides": len(rides), "mean": VALUE.mean(), "median": VALUE.median()}""",
            """def summary(rides):
    VALUE = {"rides": rides.shape[0]}
    VALUE["mean"] = np.mean(rides["minutes"])
    VALUE["median"] = np.median(rides["minutes"])
    return VALUE""",
        ),
        """def summary(rides):
    VALUE = rides["minutes"]
    return {"rides": len(rides) - 1, "mean": VALUE.min(), "median": VALUE.max()}""",
        """found = summary(rides)
asked = {"rides": len(rides), "mean": rides["minutes"].mean()}""",
        """asked["median"] = rides["minutes"].median()""",
        """def summary(rides):
    VALUE = rides["minutes"]
    return {"rides": len(rides), "mean": VALUE.mean(), "median": VALUE.mean()}""",
        2.0,
    ),
    Question(
        "weekly",
        "Minutes of each week",
        2,
        (
            """def weekly(rides):
    VALUE = rides.set_index("start")["minutes"]
    return VALUE.resample("W").sum()""",
            """def weekly(rides):
    VALUE = rides.groupby(pd.Grouper(key="start", freq="W"))
    return VALUE["minutes"].sum()""",
        ),
        """def weekly(rides):
    VALUE = rides.groupby("station")["minutes"]
    return VALUE.sum()""",
        """assert len(weekly(rides)) > 20""",
        """assert abs(weekly(rides).sum() - rides["minutes"].sum()) < 1e-6""",
    ),
)

_GRADED = {"summary": "float(sum(abs(found[key] - value) < 1e-9 for key, value in asked.items()))"}
"""Last lines of tests that give partial credit."""

_IMPORTS = "%matplotlib inline\nimport matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd"

_DATA = """rng = np.random.default_rng(2026)
count = 5000
rides = pd.DataFrame(
    {
        "start": pd.date_range("2026-01-05", periods=count, freq="53min"),
        "station": rng.choice(["harbour", "market", "museum", "park", "school"], count),
        "minutes": rng.gamma(2, 9, count).round(1),
    }
)
rides.head()"""

_PLOT = """fig, ax = plt.subplots()
weekly(rides).plot(ax=ax)
ax.set_ylabel("minutes");"""


def test_source(question: Question) -> str:
    """Return the source of a question's test, hidden tests included."""
    parts = [question.visible, "### BEGIN HIDDEN TESTS", question.hidden, "### END HIDDEN TESTS"]
    return "\n".join([*parts, *([_GRADED[question.name]] if question.name in _GRADED else [])])


def _cell(cell: NotebookNode, **nbgrader: Any) -> NotebookNode:
    if nbgrader:
        kind = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
        cell.metadata["nbgrader"] = kind | nbgrader
    return cell


def _code(source: str, **nbgrader: Any) -> NotebookNode:
    return _cell(new_code_cell(source), **nbgrader)


def _prose(source: str, **nbgrader: Any) -> NotebookNode:
    return _cell(new_markdown_cell(source), **nbgrader)


def _solution(source: str) -> str:
    return f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"


def source_notebook() -> NotebookNode:
    """Return the instructor's notebook."""
    notebook = new_notebook(cells=list(_cells()))
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def _cells() -> Iterator[NotebookNode]:
    yield _prose("# Problem set 1\n\nHalf a year of rides on shared bicycles.")
    yield _code(_IMPORTS, grade_id="imports", locked=True)
    yield _code(_DATA, grade_id="data", locked=True)
    for number, question in enumerate(QUESTIONS, start=1):
        yield _prose(f"## {number}. {question.title}\n\nWrite the function.")
        yield _code(_solution(question.right[0]), grade_id=question.name, solution=True)
        yield _code(
            test_source(question),
            grade_id=f"{question.name}_test",
            grade=True,
            locked=True,
            points=question.points,
        )
    yield _prose("## 7. A plot\n\nPlot the minutes of each week.")
    yield _code(_solution(_PLOT), grade_id="plot", grade=True, solution=True, points=3)
    yield _prose("## 8. In words\n\nWhat do you see?")
    yield _prose(_solution("They are about the same."), grade_id="words", grade=True, solution=True, points=4)
    yield _code("rides.describe()")


def grade_id(cell: NotebookNode) -> str:
    """Return the name by which nbgrader knows a cell; empty if it does not."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


KINDS = ("right", "partly right", "broken", "right", "unfinished", "wrong")
"""What submissions are, in turn."""


@dataclass(frozen=True)
class Submission:
    """What one learner wrote: the sources of cells by grade id, and the automatic scores they should get.

    None stands for a cell that a person has to grade. A cell that is not in `sources` is left as it was released.
    """

    account: str
    kind: str
    sources: dict[str, str]
    scores: dict[str, float | None]


def submission(number: int, seed: int) -> Submission:
    """Return the submission of learner `number`, from 0; the same for the same seed."""
    rng = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
    kind = KINDS[number % len(KINDS)]
    sources: dict[str, str] = {}
    scores: dict[str, float | None] = {"plot": None, "words": None}
    amiss = {
        question.name
        for question in rng.sample(
            QUESTIONS, {"right": 0, "partly right": 2, "broken": 1, "unfinished": 3, "wrong": 6}[kind]
        )
    }
    for question in QUESTIONS:
        variable = f"{rng.choice(('values', 'result', 'found', 'table', 'tmp'))}_{number}_{rng.randrange(10_000)}"
        answer, score = _answer(question, kind if question.name in amiss else "right", rng)
        sources[question.name] = answer.replace(VARIABLE, variable)
        scores[f"{question.name}_test"] = score
    if kind == "unfinished":
        scores["words"] = 0.0  # nbgrader: nothing was written, so there is nothing to grade
    else:
        sources["words"] = f"Week {rng.randrange(1, 26)} stands out. ({number}: {rng.random()})"
    sources["plot"] = _plot(number, rng)
    return Submission(f"learner{number:04d}", kind, sources, scores)


def _answer(question: Question, kind: str, rng: random.Random) -> tuple[str, float]:
    """Return an answer of one kind, and its points."""
    if kind == "right":
        return f"{rng.choice(question.right)}\n# {rng.randrange(10**6)}", question.points
    if kind == "broken":
        what = rng.choice([f"{question.head[:-1]}\n    return {VARIABLE}", f"raise RuntimeError('{VARIABLE}')"])
        return what, 0.0
    if kind == "unfinished":
        return f"{question.head}\n    {VARIABLE} = 0\n    raise NotImplementedError('{VARIABLE}')", 0.0
    if kind == "partly right" and question.half:
        return question.half, question.half_points
    return question.wrong, 0.0


def _plot(number: int, rng: random.Random) -> str:
    step = rng.randrange(100, 200)
    return (
        "fig, ax = plt.subplots()\n"
        f"minutes_{number} = rides['minutes'].rolling({step}).mean()\n"
        f"ax.plot(rides['start'], minutes_{number}, label='mean of {step}')\n"
        f"ax.set_title('Learner {number}')\n"
        "ax.set_ylabel('minutes')\n"
        "ax.legend();"
    )


def filled(notebook: NotebookNode, sources: dict[str, str]) -> NotebookNode:
    """Put `sources` into the cells of `notebook`; return it."""
    for cell in notebook.cells:
        cell.source = sources.get(grade_id(cell), cell.source)
    return notebook
