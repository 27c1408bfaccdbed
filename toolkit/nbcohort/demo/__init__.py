"""The demo: a real Hub on this machine, and a cohort that lives through its first two weeks on it."""
