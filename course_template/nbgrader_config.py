"""nbgrader in this folder: the cohort of cohort.toml, nbcohort's exchange, submissions run in a sandbox."""

import tomllib
from pathlib import Path

from nbcohort.exchange import configure as use_exchange
from nbcohort.grading.executor import configure as use_sandbox

course_folder = Path(__file__).absolute().parent

c = get_config()  # noqa: F821 - traitlets puts it here

c.CourseDirectory.root = str(course_folder)
c.CourseDirectory.course_id = tomllib.loads((course_folder / "cohort.toml").read_text(encoding="utf-8"))["id"]

# Learners see these two lines where a solution was taken out.
c.ClearSolutions.code_stub = {"python": "# Write your code here.\nraise NotImplementedError()"}
c.ClearSolutions.text_stub = "*YOUR ANSWER HERE*"

use_exchange(c)
use_sandbox(c)
