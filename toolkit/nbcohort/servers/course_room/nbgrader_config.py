"""nbgrader in a course room: the folder is the course, its name the cohort's, and submissions run in a sandbox."""

import os
from pathlib import Path

from nbcohort.grading.executor import configure

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.CourseDirectory.course_id = os.environ["NBCOHORT_COHORT"]
c.CourseDirectory.root = str(Path.home() / "course")
configure(c)
