"""A Jupyter server extension of everyone's servers: the Assignment List says what went wrong in our exchange's words.

nbgrader's part shows a Python traceback when handing in fails, and a sentence about a missing exchange folder whenever
a list cannot be had. It is loaded first, and then gets a manager that says what the exchange said.
"""

from collections.abc import Callable
from typing import Any

from nbgrader.server_extensions.assignment_list import handlers

from nbcohort.exchange.base import heard

Answer = dict[str, Any]


class Assignments(handlers.AssignmentList):  # type: ignore[misc]
    """nbgrader's manager of the lists, with our sentences."""

    def list_released_assignments(self, course_id: str | None = None) -> Answer:
        """Return what is released."""
        return _in_our_words(lambda: super(Assignments, self).list_released_assignments(course_id))

    def list_submitted_assignments(self, course_id: str | None = None) -> Answer:
        """Return what was handed in."""
        return _in_our_words(lambda: super(Assignments, self).list_submitted_assignments(course_id))

    def submit_assignment(self, course_id: str, assignment_id: str) -> Answer:
        """Hand in."""
        return _in_our_words(lambda: super(Assignments, self).submit_assignment(course_id, assignment_id))


def _in_our_words(act: Callable[[], Answer]) -> Answer:
    """Return what `act` does; if it fails with a sentence of the exchange, that one alone."""
    sentences: list[str] = []
    before = heard.set(sentences)
    try:
        answer = act()
    finally:
        heard.reset(before)
    return answer if answer["success"] or not sentences else {**answer, "value": sentences[-1]}


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nbcohort.assignment_list"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Load nbgrader's extension, and put our manager into its place."""
    handlers.load_jupyter_server_extension(app)
    manager = Assignments(parent=app)
    manager.root_dir = app.root_dir
    app.web_app.settings["assignment_list_manager"] = manager
