"""Peer review: swap submissions among the members of a cohort."""
