"""Nbcohort turns a JupyterHub into a course where a cohort learns together."""

__version__ = "0.1.0"
