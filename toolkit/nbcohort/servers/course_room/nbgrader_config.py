"""nbgrader in a course room: the folder is the course, and nbgrader's course is the cohort."""

import os
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.CourseDirectory.course_id = os.environ["NBCOHORT_COHORT"]
c.CourseDirectory.root = str(Path.home() / "course")
