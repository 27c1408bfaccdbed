"""Making it visible when a notebook does something to its tests.

Tests share a process with the answers, so cheating cannot be made impossible there; what must be certain is tested in
another process (`isolated`). What is odd becomes a flag with evidence, for a person to judge; no score changes by it.
"""
