"""Checks: does a notebook run clean, do its visible tests pass, does it hold for other parameters?"""
