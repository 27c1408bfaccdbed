"""Courses and cohorts: their settings, schedules, members and roles."""
