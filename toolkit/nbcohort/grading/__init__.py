"""Papermill runs the checks, nbgrader keeps the grades."""
