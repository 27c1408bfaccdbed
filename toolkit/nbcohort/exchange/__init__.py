"""nbgrader's exchange classes, over HTTP."""
