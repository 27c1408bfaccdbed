"""Fixtures for all tests: the ones that plugin authors use, too."""

pytest_plugins = ["nbcohort.testing"]
