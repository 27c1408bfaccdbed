"""A cohort to look at: a Hub on this machine, and two weeks of a course played on it."""
