"""Notebooks that run in forks of a process which has imported everything already: milliseconds instead of seconds.

`inside/` runs in the sandbox, with nothing but the standard library, IPython and ipykernel; the rest is the starter's
side. Between them is a socket for each notebook (`inside/wire.py`).
"""
