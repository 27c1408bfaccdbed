"""nbgrader's own converters, for one submission at a time: for feedback, and for courses that changed their steps."""

from collections.abc import Callable
from typing import Any

from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import chdir
from traitlets.config import Config

from nbcohort.grading.course_room import CourseRoom, about, known_warnings


class _Recording:
    """Mixed into a converter: remembers why it failed and whether it had anything to do; nbgrader only logs it."""

    failure: Exception | None = None
    processed = False

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        self.processed = super().init_destination(assignment_id, student_id)  # type: ignore[misc]
        return bool(self.processed)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        self._remember(super().init_assignment, assignment_id, student_id)  # type: ignore[misc]

    def convert_single_notebook(self, notebook_filename: str) -> None:
        self._remember(super().convert_single_notebook, notebook_filename)  # type: ignore[misc]

    def _remember(self, function: Callable[..., None], *arguments: Any) -> None:
        try:
            function(*arguments)
        except Exception as error:
            self.failure = error
            raise

    def attempt(self) -> Exception | None:
        """Do it; return why it failed, None if it did not."""
        self.failure = None
        try:
            self.start()  # type: ignore[attr-defined]
        except NbGraderException as error:
            remembered: Exception | None = self.failure
            return remembered or error
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this submission's and not the class's
            return error
        return None


class _Autograde(_Recording, Autograde):
    pass


class _GenerateFeedback(_Recording, GenerateFeedback):
    """Keeps its exporter: half of the time goes into making ready the exporter's templates."""

    def start(self) -> None:
        if not self.trait_has_value("exporter"):
            super().start()
            return
        self.init_notebooks()
        with chdir(self.coursedir.root):
            self.convert_notebooks()


def autograde(room: CourseRoom, assignment: str, account: str, *, force: bool) -> tuple[bool, Exception | None]:
    """Grade one submission with nbgrader's converter; return whether there was anything to do, and why it failed."""
    with about(room.courses, assignment, account), known_warnings():
        converter = _Autograde(coursedir=room.courses, parent=room.api)
        converter.force = force
        failure = converter.attempt()
        return converter.processed, failure


class FeedbackWriter:
    """Writes the feedback on submissions, one at a time."""

    def __init__(self, room: CourseRoom) -> None:
        self._courses = room.courses
        self._converter = _GenerateFeedback(coursedir=room.courses, parent=room.api)
        self._converter.update_config(Config({"HTMLExporter": {"template_name": "feedback"}}))
        self._converter.force = True  # grades given by hand since then belong into it

    def write(self, assignment: str, account: str) -> Exception | None:
        """Write the feedback on one submission; return why it failed, None if it did not."""
        with about(self._courses, assignment, account), known_warnings():
            return self._converter.attempt()
