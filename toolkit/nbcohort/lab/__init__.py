"""A Jupyter server extension of everyone's servers: the Lab's way to the course service.

The Lab's panels ask the learner's own server below `nbcohort/api/`, and it asks the service with the server's token of
the Hub, which the browser never sees. What peers have written is made harmless here, before it leaves for the browser.
"""

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nbcohort.lab"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Add the handlers."""
    from nbcohort.lab import after_handlers, round_handlers
    from nbcohort.lab.handlers import handlers
    from nbcohort.lab.service import Service

    app.web_app.settings["nbcohort_service"] = Service()
    base = app.web_app.settings["base_url"]
    for some in (handlers(base), after_handlers.handlers(base), round_handlers.handlers(base)):
        app.web_app.add_handlers(".*$", some)
