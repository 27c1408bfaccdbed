"""What a late hand-in costs: the late policy of `course.toml` and `cohort.toml`, as nbgrader's own plugin."""

from datetime import timedelta
from pathlib import Path

from nbgrader.plugins import LateSubmissionPlugin

from nbcohort.courses.schedule import Calendar, late_penalty
from nbcohort.courses.toml import read_cohort, read_course
from nbcohort.grading.executor import course_roots
from nbcohort.loading import load_plugins, settings_sections


class CourseLatePenalty(LateSubmissionPlugin):
    """Takes the fraction of a notebook's score that the cohort's late policy says.

    How late a submission is, nbgrader works out from the due time, the extension and the server's time, all of which
    `collect` writes. A folder without `course.toml`, and an assignment that is not in it, fall back to nbgrader's
    `penalty_method`.
    """

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Return the points that are taken of `score`; None for nothing. Raises `SettingsError`."""
        roots = course_roots(self)
        fraction = _fraction(roots[0], str(self.parent.assignment_id), total_seconds_late) if roots else None
        if fraction is None:
            points: float | None = super().late_submission_penalty(student_id, score, total_seconds_late)
            return points
        return fraction * score if fraction else None


def _fraction(course_folder: Path, assignment: str, seconds_late: float) -> float | None:
    """Return the fraction of the score that is lost (0 to 1); None where the course says nothing."""
    file = course_folder / "course.toml"
    if not file.is_file():
        return None
    course = read_course(file, settings_sections(load_plugins()))
    calendar = Calendar.of(course, read_cohort(course_folder / "cohort.toml"))
    times = calendar.assignments.get(assignment)
    return None if times is None else late_penalty(times.late, timedelta(seconds=seconds_late))
