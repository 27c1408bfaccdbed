"""Hang submissions into the house."""
